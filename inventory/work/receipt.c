/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Receipts: what an agent proved to have written and read back, or erased. Kept for good, with the
 * envelope that its session's key signed. Input: documents whose signature and plan the caller
 * checked.
 */
#include <inventory/run.h>

#include <string.h>

#include <base/clock.h>
#include <base/json.h>
#include <base/str.h>
#include <inventory/event.h>
#include <inventory/host.h>

#include "../parts/version.h"

#define RECEIPT_MAX_BYTES (256 * 1024)

static int put_row(struct db *db, const struct receipt_draft *r, const struct moment *m,
		   struct err *err)
{
	autofree char *body = json_text(r->report);
	autofree char *envelope = r->envelope ? json_text(r->envelope) : xstrdup("");

	if (strlen(body) > RECEIPT_MAX_BYTES || strlen(envelope) > 2 * RECEIPT_MAX_BYTES)
		return err_set(err, ERR_TOO_BIG, "a receipt has %zu bytes, at most %d",
			       strlen(body), RECEIPT_MAX_BYTES);
	TRY(version_note(db, r->version, err));
	return db_exec(
		db, err,
		"INSERT INTO receipt (num, host_num, at_us, image_digest, line, version, "
		"disk_serial, body, work, key_sha256, envelope, trust) VALUES ($1, $2, $3, $4, "
		"$5, $6, $7, $8, $9, $10, $11, $12)",
		p_int(m->id), p_int(r->host_num), p_int(m->at_us), p_text(r->image_digest),
		p_text(r->line), p_text(r->version), p_text(r->disk_serial), p_text(body),
		p_text(r->work), p_text(r->key_sha256), p_text(envelope),
		p_text(r->trust ? r->trust : ""));
}

static int add(struct db *db, const struct receipt_draft *r, int64_t now_us, struct err *err)
{
	bool image = str_eq(r->work, "image");
	struct moment m;

	TRY(moment_next(db, now_us, &m, err));
	TRY(put_row(db, r, &m, err));
	autofree char *summary = image ? xasprintf("image %s@%s written and read back", r->line,
						   r->version)
				       : xasprintf("disk %s erased and read back", r->disk_serial);
	autojson json_t *detail = json_pack("{s:s, s:s}", "disk_serial", r->disk_serial,
					    "key_sha256", r->key_sha256);
	if (image)
		json_object_set_new(detail, "digest", json_string(r->image_digest));
	struct event_draft e = {r->host_num, image ? "image.receipt" : "erase.receipt", "agent",
				summary, detail};
	TRY(event_append_at(db, &e, &m, err));
	/* After an erase no image is on the host. */
	const struct host_image image_now = {r->image_digest, r->line, r->version};
	return host_set_image(db, r->host_num, &image_now, now_us, err);
}

int receipt_add(struct db *db, const struct receipt_draft *r, int64_t now_us, struct err *err)
{
	TRY(db_begin(db, err));
	return db_end(db, add(db, r, now_us, err), err);
}

int receipt_since(struct db *db, const struct receipt_wanted *wanted, bool *ret, struct err *err)
{
	int64_t n = 0;

	TRY(db_query_int(db, err, &n, 0,
			 "SELECT count(*) FROM receipt WHERE host_num = $1 AND work = $2 AND "
			 "disk_serial = $3 AND at_us >= $4",
			 p_int(wanted->host_num), p_text(wanted->work), p_text(wanted->disk_serial),
			 p_int(wanted->since_us)));
	*ret = n > 0;
	return 0;
}

int receipt_latest(struct db *db, int64_t host_num, json_t **ret, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;

	*ret = NULL;
	TRY(db_query(db, err, &rows,
		     "SELECT body FROM receipt WHERE host_num = $1 AND work = 'image' ORDER BY num "
		     "DESC LIMIT 1",
		     p_int(host_num)));
	int r = db_rows_next(rows, err);
	if (r <= 0)
		return r;
	const char *text = db_text(rows, 0);
	return json_load_strict(text, strlen(text), RECEIPT_MAX_BYTES, ret, err);
}

/* ---- in brief -------------------------------------------------------------------------------- */

static void copy_member(json_t *to, const char *name, const json_t *from, const char *key)
{
	json_t *value = json_object_get(from, key);

	if (value)
		(void)json_object_set(to, name, value);
}

static json_t *read_back_of(const json_t *report)
{
	json_t *list = json_array();
	size_t i;
	json_t *p;

	json_array_foreach (json_object_get(report, "partitions"), i, p) {
		if (!json_object_get(p, "read_back_sha256"))
			continue;
		json_t *one = json_object();
		copy_member(one, "number", p, "number");
		copy_member(one, "mount", p, "mount");
		copy_member(one, "sha256", p, "read_back_sha256");
		(void)json_array_append_new(list, one);
	}
	return list;
}

static json_t *brief_json(const struct db_rows *rows, const json_t *report)
{
	char at[TIME_TEXT_BYTES];
	bool image = str_eq(db_text(rows, 2), "image");

	time_rfc3339(db_int(rows, 1), at);
	json_t *j = json_pack("{s:I, s:s, s:s, s:s, s:b}", "id", (json_int_t)db_int(rows, 0), "at",
			      at, "work", db_text(rows, 2), "disk_serial", db_text(rows, 6),
			      "signed", db_text(rows, 7)[0] != '\0');
	if (image)
		(void)json_object_set_new(j, "image",
					  json_pack("{s:s, s:s, s:s}", "digest", db_text(rows, 3),
						    "line", db_text(rows, 4), "version",
						    db_text(rows, 5)));
	if (image)
		(void)json_object_set_new(j, "read_back", read_back_of(report));
	copy_member(j, "written_bytes", report, "written_bytes");
	copy_member(j, "read_back_bytes", report, "read_back_bytes");
	return j;
}

int receipt_brief(struct db *db, int64_t host_num, json_t **ret, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	autojson json_t *report = NULL;

	*ret = json_null();
	TRY(db_query(db, err, &rows,
		     "SELECT num, at_us, work, image_digest, line, version, disk_serial, "
		     "key_sha256, body FROM receipt WHERE host_num = $1 ORDER BY num DESC LIMIT 1",
		     p_int(host_num)));
	int r = db_rows_next(rows, err);
	if (r <= 0)
		return r;
	const char *text = db_text(rows, 8);
	TRY(json_load_strict(text, strlen(text), RECEIPT_MAX_BYTES, &report, err));
	*ret = brief_json(rows, report);
	return 0;
}
