/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Appending to the event log. Ids and times come from the fleet's clock, so they are in commit
 * order. Input: summaries and details may hold text from hosts; they are bound, and escaped where
 * shown.
 */
#include <inventory/event.h>

#include <string.h>

#include <base/clock.h>
#include <base/json.h>
#include <base/str.h>
#include <base/text.h>

#include "event_columns.h"

int moment_next(struct db *db, int64_t now_us, struct moment *ret, struct err *err)
{
	return db_tick(db, now_us, &ret->id, &ret->at_us, err);
}

int event_append_at(struct db *db, const struct event_draft *e, const struct moment *m,
		    struct err *err)
{
	autofree char *detail = e->detail ? json_text(e->detail) : NULL;

	if (detail && strlen(detail) > EVENT_DETAIL_MAX_BYTES)
		return err_set(err, ERR_TOO_BIG, "the event's detail has %zu bytes, at most %d",
			       strlen(detail), EVENT_DETAIL_MAX_BYTES);
	struct event_columns c;

	event_columns_of(e->kind, e->detail, m->at_us, &c);
	TRY(db_notify(db, err));
	return db_exec(db, err,
		       "INSERT INTO event (id, at_us, host_num, kind, actor, summary, detail, "
		       "state_from, state_to, seconds, day) VALUES ($1, $2, $3, $4, $5, $6, $7, "
		       "$8, $9, $10, $11)",
		       p_int(m->id), p_int(m->at_us), e->host_num ? p_int(e->host_num) : p_null(),
		       p_text(e->kind), p_text(e->actor ? e->actor : "server"),
		       p_text(e->summary ? e->summary : ""), p_text(detail), p_text(c.from),
		       p_text(c.to), c.seconds, p_text(c.day));
}

static int append(struct db *db, const struct event_draft *e, int64_t now_us, struct moment *m,
		  struct err *err)
{
	TRY(moment_next(db, now_us, m, err));
	return event_append_at(db, e, m, err);
}

int event_append(struct db *db, const struct event_draft *e, int64_t now_us, int64_t *ret_id,
		 struct err *err)
{
	struct moment m = {0};

	TRY(db_begin(db, err));
	TRY(db_end(db, append(db, e, now_us, &m, err), err));
	if (ret_id)
		*ret_id = m.id;
	return 0;
}

int event_session_silent(struct db *db, int64_t host_num, bool *ret, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;

	*ret = false;
	TRY(db_query(db, err, &rows,
		     "SELECT kind FROM event WHERE host_num = $1 AND kind IN ('session.opened', "
		     "'session.silent', 'session.heard') ORDER BY id DESC LIMIT 1",
		     p_int(host_num)));
	int r = db_rows_next(rows, err);
	*ret = r == 1 && str_eq(db_text(rows, 0), "session.silent");
	return r < 0 ? r : 0;
}

int event_first_since(struct db *db, const struct event_of *which, char *ret, size_t ret_bytes,
		      struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;

	ret[0] = '\0';
	TRY(db_query(db, err, &rows,
		     "SELECT summary FROM event WHERE host_num = $1 AND kind = $2 AND at_us >= $3 "
		     "ORDER BY id LIMIT 1",
		     p_int(which->host_num), p_text(which->kind), p_int(which->since_us)));
	int r = db_rows_next(rows, err);
	if (r == 1)
		(void)text_fit(ret, ret_bytes, db_text(rows, 0));
	return r < 0 ? r : 0;
}

int event_latest(struct db *db, int64_t host_num, const char *kind, json_t **ret, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	char at[TIME_TEXT_BYTES];

	TRY(db_query(db, err, &rows,
		     "SELECT at_us, actor, detail FROM event WHERE host_num = $1 AND kind = $2 "
		     "ORDER BY id DESC LIMIT 1",
		     p_int(host_num), p_text(kind)));
	int r = db_rows_next(rows, err);
	if (r < 0)
		return r;
	*ret = r ? json_loads(db_text(rows, 2), 0, NULL) : NULL;
	if (!*ret) {
		*ret = json_null();
		return 0;
	}
	time_rfc3339(db_int(rows, 0), at);
	(void)json_object_set_new(*ret, "at", json_string(at));
	(void)json_object_set_new(*ret, "who", json_string_of(db_text(rows, 1)));
	return 0;
}
