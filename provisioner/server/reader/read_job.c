/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Questions as JSON and back, and their answers as text. Input: our own daemon, with strings that
 * came from URLs; they are checked where they are used.
 */
#include "read_job.h"

#include <string.h>

#include <base/clock.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>
#include <burnin/report_page.h>
#include <inventory/burn_report.h>
#include <inventory/difference.h>
#include <inventory/forecast.h>
#include <inventory/host_search.h>
#include <inventory/token.h>
#include <inventory/space.h>
#include "checkpoint_files.h"
#include "password.h"

#define PAGE_MAX_BYTES (64 * MIB)

/* Which states of the lifecycle are capacity (NVIDIA's CAP01-01). */
static const struct capacity_words capacity_words = {
	.absent = "expected,retired",
	.healthy = "ready,in-service",
	.active = "in-service",
};

/* ---- pages ----------------------------------------------------------------------------------- */

static void add_progress(void *arg, int64_t num, struct str *out)
{
	char key[24];

	snprintf(key, sizeof(key), "%lld", (long long)num);
	const char *text = json_string_value(json_object_get(arg, key));
	if (text)
		str_add(out, text);
}

static int page_text(struct db *db, const struct read_job *j, const struct query_extra *extra,
		     struct str *out, struct err *err)
{
	struct query_extra told = {add_progress, (void *)(uintptr_t)j->progress};
	struct query_page page;
	char time[TIME_TEXT_BYTES];

	TRY(query_run(db, j->of, &j->q, j->progress ? &told : extra, &page, err));
	str_init(out, page.items.n_bytes + QUERY_CURSOR_MAX_BYTES + 256);
	str_add(out, "{\"items\":");
	str_addn(out, page.items.p, page.items.n_bytes);
	str_addf(out, page.next[0] ? ",\n\"next\":\"%s\"" : ",\n\"next\":null%s", page.next);
	if (page.total >= 0)
		str_addf(out, ",\"total\":%lld", (long long)page.total);
	time_rfc3339(page.as_of_us, time);
	str_addf(out, READ_AS_OF "\"%s\"}\n", time);
	query_page_done(&page);
	return 0;
}

static int answer_page(struct db *db, const struct read_job *j, const struct query_extra *extra,
		       char **ret, size_t *ret_n_bytes, struct err *err)
{
	autostr struct str out;

	str_init(&out, 1);
	TRY(page_text(db, j, extra, &out, err));
	*ret_n_bytes = out.n_bytes;
	*ret = str_take(&out);
	return 0;
}

/* ---- documents ------------------------------------------------------------------------------- */

static int answer_summary(struct db *db, const struct read_job *j, char **ret, struct err *err)
{
	const struct summary_request what = {.group_by = j->group_by,
					     .sum = j->sum,
					     .capacity = j->capacity ? &capacity_words : NULL,
					     .more = &j->more};

	return query_summary(db, j->of, &j->q, &what, ret, err);
}

/* What speaks against the log is an answer; what kept us from looking is an error. */
static int answer_audit_check(struct db *db, const struct read_job *j, json_t **ret,
			      struct err *err)
{
	int64_t rows = 0, signed_rows = 0;
	size_t n = 0;
	struct err found = ERR_INIT;
	autofree struct audit_mark *marks = NULL;
	int status = checkpoints_read(j->path, j->key_path, &marks, &n, &found);

	if (status >= 0)
		status = audit_check(db, marks, n, &rows, &found);
	if (status < 0 && status != -ERR_AUDIT_BROKEN && status != -ERR_CHECKPOINT) {
		*err = found;
		return status;
	}
	for (size_t i = 0; i < n; i++)
		signed_rows = marks[i].rows > signed_rows ? marks[i].rows : signed_rows;
	*ret = json_pack("{s:b, s:I, s:s, s:I, s:I}", "whole", status == 0, "rows",
			 (json_int_t)rows, "finding", found.msg, "checkpoints", (json_int_t)n,
			 "signed_rows", (json_int_t)signed_rows);
	return 0;
}

/* {"hash": "..."}; with what is stored {"right": bool}, and then the hash of the next one, too, where
 * one is asked for and the first was right. */
static int answer_password(const json_t *ask, json_t **ret, struct err *err)
{
	const char *text = json_string_value(json_object_get(ask, "password"));
	const char *stored = json_string_value(json_object_get(ask, "stored"));
	char hash[PASSWORD_HASH_BYTES];
	bool right = false;

	if (!text || strlen(text) > PASSWORD_MAX_BYTES)
		return err_set(err, ERR_INVALID, "a password has at most %d bytes",
			       PASSWORD_MAX_BYTES);
	*ret = json_object();
	if (stored) {
		TRY(password_check(text, stored, &right, err));
		(void)json_object_set_new(*ret, "right", json_boolean(right));
		text = right ? json_string_value(json_object_get(ask, "next")) : NULL;
	}
	if (!text)
		return 0;
	TRY(password_hash(text, hash, err));
	return json_object_set_new(*ret, "hash", json_string(hash));
}

static int answer_document(struct db *db, const struct read_job *j, json_t **ret, struct err *err)
{
	const struct difference_span span = {j->from_us, j->to_us, j->after};

	switch (j->kind) {
	case READ_DIFFERENCE:
		return difference_of_hosts(db, &j->q, &span, ret, err);
	case READ_HOST_SEARCH:
		return host_search(db, j->ask, j->q.fields, ret, err);
	case READ_SPACE:
		return space_left(db, j->group_by, "retired", ret, err);
	case READ_PIPELINE:
		return pipeline_of(db, j->delivery, j->now_us, ret, err);
	case READ_AUDIT_CHECK:
		return answer_audit_check(db, j, ret, err);
	case READ_BACKUP:
		TRY(db_backup(db, j->path, err));
		*ret = json_pack("{s:s}", "path", j->path);
		return 0;
	case READ_BURN_REPORT:
		return burn_report_of(
			db, &(struct burn_report_ask){j->delivery, j->host, j->now_us}, ret, err);
	case READ_PASSWORD:
		return answer_password(j->ask, ret, err);
	case READ_ARCHIVE:
		return store_archive_write(db, j->archive, j->from_us, j->path, ret, err);
	case READ_ARCHIVE_CHECK:
		return store_archive_check(db, j->after, j->path, ret, err);
	case READ_PAGE:
	case READ_SUMMARY:
	case READ_EXPORT:
	case _READ_KIND_MAX:
		break;
	}
	return err_set(err, ERR_INVALID, "no such question");
}

static int answer_as_page(const json_t *doc, char **ret, size_t *ret_n_bytes, struct err *err)
{
	autostr struct str page = {0};

	str_init(&page, PAGE_MAX_BYTES);
	report_page(doc, &page);
	if (!str_ok(&page))
		return err_set(err, ERR_TOO_BIG, "the report is too long for a page");
	*ret_n_bytes = page.n_bytes;
	*ret = str_take(&page);
	return 0;
}

int read_job_run(struct db *db, const struct read_job *j, const struct query_extra *extra,
		 char **ret, size_t *ret_n_bytes, struct err *err)
{
	if (j->kind == READ_PAGE)
		return answer_page(db, j, extra, ret, ret_n_bytes, err);
	if (j->kind == READ_SUMMARY) {
		TRY(answer_summary(db, j, ret, err));
	} else {
		autojson json_t *doc = NULL;
		TRY(answer_document(db, j, &doc, err));
		if (j->page)
			return answer_as_page(doc, ret, ret_n_bytes, err);
		*ret = json_text(doc);
	}
	*ret_n_bytes = strlen(*ret);
	return 0;
}

/* ---- as JSON --------------------------------------------------------------------------------- */

static void set_text(json_t *doc, const char *name, const char *text)
{
	if (text)
		(void)json_object_set_new(doc, name, json_string(text));
}

static void set_int(json_t *doc, const char *name, int64_t n)
{
	if (n)
		(void)json_object_set_new(doc, name, json_integer(n));
}

json_t *read_job_to_json(const struct read_job *j)
{
	json_t *doc = json_object(), *filters = json_array();

	set_int(doc, "kind", j->kind);
	set_text(doc, "of", j->of ? j->of->name : NULL);
	for (size_t i = 0; i < j->q.n_filters; i++) {
		json_t *f = json_object();
		set_text(f, "key", j->q.filters[i].key);
		set_text(f, "value", j->q.filters[i].value);
		(void)json_array_append_new(filters, f);
	}
	(void)json_object_set_new(doc, "filters", filters);
	set_text(doc, "sort", j->q.sort);
	set_text(doc, "fields", j->q.fields);
	set_text(doc, "search", j->q.search);
	set_text(doc, "cursor", j->q.cursor);
	set_int(doc, "at_us", j->q.at_us);
	set_int(doc, "limit", j->q.limit);
	set_int(doc, "total", j->q.total);
	set_int(doc, "all_times", j->q.all_times);
	set_text(doc, "group_by", j->group_by);
	set_text(doc, "sum", j->sum);
	set_int(doc, "capacity", j->capacity);
	for (int m = 0; m < _MEASURE_MAX; m++)
		set_text(doc, summary_measure_str((enum summary_measure)m), j->more.fields[m]);
	set_int(doc, "min_count", j->more.min_count);
	set_int(doc, "reliability_us", j->more.reliability_us);
	if (j->ask)
		(void)json_object_set(doc, "ask", (json_t *)(uintptr_t)j->ask);
	set_int(doc, "from_us", j->from_us);
	set_int(doc, "to_us", j->to_us);
	set_int(doc, "after", j->after);
	set_text(doc, "delivery", j->delivery);
	set_text(doc, "host", j->host);
	set_int(doc, "page", j->page);
	set_int(doc, "archive", j->archive);
	set_int(doc, "now_us", j->now_us);
	set_text(doc, "path", j->path);
	set_text(doc, "key_path", j->key_path);
	set_int(doc, "format", j->format);
	set_int(doc, "gzip", j->gzip);
	if (j->progress)
		(void)json_object_set(doc, "progress", (json_t *)(uintptr_t)j->progress);
	return doc;
}

static const char *text_of(struct json_reader *r, const char *name)
{
	return json_opt_str(r, name, LIMIT_URL_BYTES, NULL);
}

static bool flag_of(struct json_reader *r, const char *name)
{
	return json_opt_int(r, name, 0, 1, 0) != 0;
}

static int read_filters(struct json_reader *r, struct query_request *q, struct err *err)
{
	json_t *filters = json_opt_arr(r, "filters", QUERY_FILTERS_MAX), *one;
	size_t i;

	json_array_foreach (filters, i, one) {
		struct json_reader f = json_reader_item(r, one, "filters", i);
		const char *key = json_need_str(&f, "key", 0, LIMIT_URL_BYTES);
		const char *value = text_of(&f, "value");
		TRY(json_reader_end(&f));
		TRY(query_add_filter(q, key, value, err));
	}
	return 0;
}

int read_job_from_json(json_t *doc, struct read_job *ret, struct err *err)
{
	struct json_reader r = json_reader_root(doc, err);

	*ret = (struct read_job){0};
	ret->kind = (enum read_kind)json_opt_int(&r, "kind", 0, _READ_KIND_MAX - 1, 0);
	ret->of = collection_by_name(json_opt_str(&r, "of", LIMIT_NAME_BYTES, "hosts"));
	TRY(read_filters(&r, &ret->q, err));
	ret->q.sort = text_of(&r, "sort");
	ret->q.fields = text_of(&r, "fields");
	ret->q.search = text_of(&r, "search");
	ret->q.cursor = text_of(&r, "cursor");
	ret->q.at_us = json_opt_int(&r, "at_us", 0, INT64_MAX, 0);
	ret->q.limit = json_opt_int(&r, "limit", 0, INT64_MAX, 0);
	ret->q.total = flag_of(&r, "total");
	ret->q.all_times = flag_of(&r, "all_times");
	ret->group_by = text_of(&r, "group_by");
	ret->sum = text_of(&r, "sum");
	ret->capacity = flag_of(&r, "capacity");
	for (int m = 0; m < _MEASURE_MAX; m++)
		ret->more.fields[m] = text_of(&r, summary_measure_str((enum summary_measure)m));
	ret->more.min_count = json_opt_int(&r, "min_count", 0, INT64_MAX, 0);
	ret->more.reliability_us = json_opt_int(&r, "reliability_us", 0, INT64_MAX, 0);
	ret->ask = json_opt_obj(&r, "ask");
	ret->from_us = json_opt_int(&r, "from_us", 0, INT64_MAX, 0);
	ret->to_us = json_opt_int(&r, "to_us", 0, INT64_MAX, 0);
	ret->after = json_opt_int(&r, "after", 0, INT64_MAX, 0);
	ret->delivery = text_of(&r, "delivery");
	ret->host = text_of(&r, "host");
	ret->page = flag_of(&r, "page");
	ret->archive = (enum archive_kind)json_opt_int(&r, "archive", 0, _ARCHIVE_KIND_MAX - 1, 0);
	ret->now_us = json_opt_int(&r, "now_us", 0, INT64_MAX, 0);
	ret->path = text_of(&r, "path");
	ret->key_path = text_of(&r, "key_path");
	ret->format = (enum export_format)json_opt_int(&r, "format", 0, EXPORT_NETBOX, 0);
	ret->gzip = flag_of(&r, "gzip");
	ret->progress = json_opt_obj(&r, "progress");
	TRY(json_reader_end(&r));
	return ret->of ? 0 : err_set(err, ERR_INVALID, "no such collection");
}
