/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Faults: open repair orders of a host, and the count of them on the host's row. Input: texts that
 * diagnosis wrote from what a machine said; bound.
 */
#include <inventory/run.h>

#include <string.h>

#include <base/digest.h>
#include <base/json.h>
#include <base/str.h>
#include <inventory/collection.h>
#include <inventory/event.h>
#include <inventory/host.h>

#include "../hosts/history.h"
#include "../hosts/host_row.h"

static const char *or_empty(const char *text)
{
	return text ? text : "";
}

static int find_open(struct db *db, const struct fault_draft *d, char ret_id[static 37],
		     struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;

	TRY(db_query(db, err, &rows,
		     "SELECT id FROM fault WHERE host_num = $1 AND state = 'open' AND code = $2 "
		     "AND slot = $3 AND part_serial = $4",
		     p_int(d->host_num), p_text(d->code), p_text(or_empty(d->slot)),
		     p_text(or_empty(d->part_serial))));
	int r = db_rows_next(rows, err);
	if (r == 1)
		(void)str_copy(ret_id, 37, db_text(rows, 0));
	return r;
}

#define FAULT_DETAIL_MAX_BYTES 2000

static int read_detail(struct db *db, const char *id, int64_t *ret_num, char **ret, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;

	TRY(db_query(db, err, &rows, "SELECT num, detail FROM fault WHERE id = $1", p_text(id)));
	int r = db_rows_next(rows, err);
	if (r < 0)
		return r;
	*ret_num = r == 1 ? db_int(rows, 0) : 0;
	*ret = xstrdup(r == 1 ? db_text(rows, 1) : "");
	return 0;
}

static int count_on_host(struct db *db, int64_t host_num, const struct moment *m, struct err *err)
{
	TRY(history_keep(db, "host", host_num, m, err));
	return db_exec(
		db, err,
		"UPDATE host SET faults = (SELECT count(*) FROM fault WHERE host_num = $1 AND "
		"state = 'open'), changed_us = $2, revision = revision + 1 WHERE num = $1",
		p_int(host_num), p_int(m->at_us));
}

static int insert(struct db *db, const struct fault_draft *d, const char *id,
		  const struct moment *m, struct err *err)
{
	int64_t num = 0;

	TRY(db_query_int(db, err, &num, 0, "SELECT COALESCE(max(num), 0) + 1 FROM fault"));
	return db_exec(
		db, err,
		"INSERT INTO fault (num, id, host_num, state, code, part_type, part_number, "
		"part_serial, slot, action, detail, turn, run_id, opened_us, closed_by, note, "
		"changed_us, revision, certainty) VALUES ($1, $2, $3, 'open', $4, $5, $6, $7, $8, $9, $10, "
		"$11, $12, $13, '', '', $13, 1, $14)",
		p_int(num), p_text(id), p_int(d->host_num), p_text(d->code),
		p_text(or_empty(d->part_type)), p_text(or_empty(d->part_number)),
		p_text(or_empty(d->part_serial)), p_text(or_empty(d->slot)),
		p_text(or_empty(d->action)), p_text(or_empty(d->detail)),
		p_text(d->turn ? d->turn : "technician"), p_text(or_empty(d->run_id)),
		p_int(m->at_us), p_text(or_empty(d->certainty)));
}

/* A run finds more of the same part: what is not in the order yet is added to it. */
static int add_finding(struct db *db, int64_t host_num, const char *id, const char *finding,
		       int64_t now_us, struct err *err)
{
	autofree char *known = NULL;
	struct moment m;
	int64_t num = 0;

	TRY(read_detail(db, id, &num, &known, err));
	if (!finding[0] || strstr(known, finding))
		return 0;
	autofree char *both = strstr(finding, known) ? xstrdup(finding)
						     : xasprintf("%s; %s", known, finding);
	if (strlen(both) > FAULT_DETAIL_MAX_BYTES)
		return 0;
	TRY(moment_next(db, now_us, &m, err));
	TRY(history_keep(db, "fault", num, &m, err));
	TRY(db_exec(db, err,
		    "UPDATE fault SET detail = $2, changed_us = $3, revision = revision + 1 WHERE "
		    "num = $1",
		    p_int(num), p_text(both), p_int(m.at_us)));
	return count_on_host(db, host_num, &m, err);
}

/* All that a ticket system needs to know: the fault as the API shows it. */
static int add_row(struct db *db, const char *id, json_t *detail, struct err *err)
{
	struct query_request q = {.limit = 1};
	struct query_page page;

	TRY(query_add_filter(&q, "id", id, err));
	TRY(query_run(db, &collection_faults, &q, NULL, &page, err));
	autojson json_t *list = json_loads(page.items.p, 0, NULL);
	query_page_done(&page);
	json_object_set(detail, "fault", json_array_get(list, 0));
	return 0;
}

static int open_one(struct db *db, const struct fault_draft *d, const char *actor, int64_t now_us,
		    char id[static 37], struct err *err)
{
	struct moment m;
	struct host h;

	TRY(host_get(db, d->host_num, &h, err));
	int r = find_open(db, d, id, err);
	if (r != 0)
		return r < 0 ? r
			     : add_finding(db, d->host_num, id, or_empty(d->detail), now_us, err);
	uuid_v4(id);
	TRY(moment_next(db, now_us, &m, err));
	TRY(insert(db, d, id, &m, err));
	TRY(count_on_host(db, d->host_num, &m, err));
	autofree char *summary = xasprintf("%s%s%s: %s", d->code,
					   d->slot && d->slot[0] ? " at " : "", or_empty(d->slot),
					   or_empty(d->action));
	autojson json_t *detail = json_pack("{s:s, s:s, s:s, s:s}", "fault_id", id, "code", d->code,
					    "slot", or_empty(d->slot), "serial",
					    or_empty(d->part_serial));
	TRY(add_row(db, id, detail, err));
	struct event_draft e = {d->host_num, "fault.opened", actor, summary, detail};
	return event_append_at(db, &e, &m, err);
}

int fault_open(struct db *db, const struct fault_draft *d, const char *actor, int64_t now_us,
	       char ret_id[static 37], struct err *err)
{
	TRY(db_begin(db, err));
	return db_end(db, open_one(db, d, actor, now_us, ret_id, err), err);
}

static int close_one(struct db *db, const char *id, const char *note, const char *actor,
		     int64_t now_us, struct err *err)
{
	int64_t num = 0, host_num = 0, closed = 0;
	struct moment m;

	TRY(db_query_int(db, err, &num, 0, "SELECT num FROM fault WHERE id = $1", p_text(id)));
	if (num == 0)
		return err_set(err, ERR_NOT_FOUND, "no fault is called '%s'", id);
	TRY(db_query_int(db, err, &closed, 0,
			 "SELECT count(*) FROM fault WHERE num = $1 AND state <> 'open'",
			 p_int(num)));
	if (closed)
		return 0;
	TRY(db_query_int(db, err, &host_num, 0, "SELECT host_num FROM fault WHERE num = $1",
			 p_int(num)));
	TRY(moment_next(db, now_us, &m, err));
	TRY(history_keep(db, "fault", num, &m, err));
	TRY(db_exec(
		db, err,
		"UPDATE fault SET state = 'closed', closed_us = $2, closed_by = $3, note = CASE "
		"WHEN note = '' OR $4 = '' THEN note || $4 ELSE note || '; ' || $4 END, "
		"changed_us = $2, revision = revision + 1 WHERE num = $1",
		p_int(num), p_int(m.at_us), p_text(actor ? actor : "server"),
		p_text(or_empty(note))));
	TRY(count_on_host(db, host_num, &m, err));
	autojson json_t *detail = json_pack("{s:s}", "fault_id", id);
	TRY(add_row(db, id, detail, err));
	struct event_draft e = {host_num, "fault.closed", actor, or_empty(note), detail};
	return event_append_at(db, &e, &m, err);
}

int fault_close(struct db *db, const char *fault_id, const char *note, const char *actor,
		int64_t now_us, struct err *err)
{
	TRY(db_begin(db, err));
	return db_end(db, close_one(db, fault_id, note, actor, now_us, err), err);
}

static int check_revision(const struct db_rows *rows, const struct fault_edit *e, struct err *err)
{
	if (e->revision < 0 || e->revision == db_int(rows, 2))
		return 0;
	return err_set(err, ERR_EXPECT_REVISION,
		       "the fault was changed meanwhile: it has revision %lld",
		       (long long)db_int(rows, 2));
}

static int edit_one(struct db *db, const char *id, const struct fault_edit *e, const char *actor,
		    int64_t now_us, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	struct moment m;

	TRY(db_query(db, err, &rows,
		     "SELECT num, host_num, revision, rma, note FROM fault WHERE id = $1",
		     p_text(id)));
	int r = db_rows_next(rows, err);
	if (r <= 0)
		return r < 0 ? r : err_set(err, ERR_NOT_FOUND, "no fault is called '%s'", id);
	TRY(check_revision(rows, e, err));
	const char *rma = e->rma ? e->rma : db_text(rows, 3);
	const char *note = e->note ? e->note : db_text(rows, 4);
	if (str_eq(rma, db_text(rows, 3)) && str_eq(note, db_text(rows, 4)))
		return 0;
	int64_t num = db_int(rows, 0), host_num = db_int(rows, 1);
	TRY(moment_next(db, now_us, &m, err));
	TRY(history_keep(db, "fault", num, &m, err));
	TRY(db_exec(
		db, err,
		"UPDATE fault SET rma = $2, note = $3, changed_us = $4, revision = revision + 1 "
		"WHERE num = $1",
		p_int(num), p_text(rma), p_text(note), p_int(m.at_us)));
	autojson json_t *detail = json_pack("{s:s}", "fault_id", id);
	TRY(add_row(db, id, detail, err));
	struct event_draft d = {host_num, "fault.changed", actor,
				"its RMA reference or note changed", detail};
	return event_append_at(db, &d, &m, err);
}

int fault_edit(struct db *db, const char *fault_id, const struct fault_edit *e, const char *actor,
	       int64_t now_us, struct err *err)
{
	TRY(db_begin(db, err));
	return db_end(db, edit_one(db, fault_id, e, actor, now_us, err), err);
}

int fault_list_open(struct db *db, int64_t host_num, fault_list *ret, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int r;

	TRY(db_query(db, err, &rows,
		     "SELECT id, code, part_serial, slot, run_id, part_type, action FROM fault "
		     "WHERE host_num = $1 AND state = 'open' ORDER BY num LIMIT $2",
		     p_int(host_num), p_int(FAULTS_OPEN_MAX)));
	while ((r = db_rows_next(rows, err)) == 1) {
		struct fault_row f = {0};

		(void)text_fit(f.id, sizeof(f.id), db_text(rows, 0));
		(void)text_fit(f.code, sizeof(f.code), db_text(rows, 1));
		(void)text_fit(f.serial, sizeof(f.serial), db_text(rows, 2));
		(void)text_fit(f.slot, sizeof(f.slot), db_text(rows, 3));
		(void)text_fit(f.run_id, sizeof(f.run_id), db_text(rows, 4));
		(void)text_fit(f.part_type, sizeof(f.part_type), db_text(rows, 5));
		(void)text_fit(f.action, sizeof(f.action), db_text(rows, 6));
		VEC_PUSH(ret, f);
	}
	return r;
}

int fault_latest_open(struct db *db, int64_t host_num, json_t **ret, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;

	TRY(db_query(
		db, err, &rows,
		"SELECT id, code, part_type, part_number, part_serial, slot, action, detail, turn "
		"FROM fault WHERE host_num = $1 AND state = 'open' ORDER BY opened_us DESC LIMIT 1",
		p_int(host_num)));
	int r = db_rows_next(rows, err);
	if (r < 0)
		return r;
	*ret = r == 0 ? json_null() : json_object();
	static const char *const names[] = {"id",   "code",   "part_type", "part_number", "serial",
					    "slot", "action", "detail",    "turn"};
	for (int i = 0; r == 1 && i < (int)ARRAY_LEN(names); i++)
		if (db_text(rows, i)[0])
			(void)json_object_set_new(*ret, names[i], json_string(db_text(rows, i)));
	return 0;
}

int fault_host(struct db *db, const char *fault_id, int64_t *ret_num, struct err *err)
{
	TRY(db_query_int(db, err, ret_num, 0, "SELECT host_num FROM fault WHERE id = $1",
			 p_text(fault_id)));
	return *ret_num ? 0 : err_set(err, ERR_NOT_FOUND, "no such fault");
}

int fault_count_codes(struct db *db, void (*visit)(void *arg, const char *code, int64_t n),
		      void *arg, struct err *err)
{
	return db_each_count(db,
			     "SELECT code, count(*) FROM fault WHERE state = 'open' GROUP BY code "
			     "ORDER BY code",
			     visit, arg, err);
}
