/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Appending to the event log. Ids and times come from the fleet's clock, so they are in commit
 * order. Input: summaries and details may hold text from hosts; they are bound, and escaped where
 * shown.
 */
#include <inventory/event.h>

#include <string.h>

#include <base/json.h>
#include <base/str.h>

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
	TRY(db_notify(db, err));
	return db_exec(db, err,
		       "INSERT INTO event (id, at_us, host_num, kind, actor, summary, detail) "
		       "VALUES ($1, $2, $3, $4, $5, $6, $7)",
		       p_int(m->id), p_int(m->at_us), e->host_num ? p_int(e->host_num) : p_null(),
		       p_text(e->kind), p_text(e->actor ? e->actor : "server"),
		       p_text(e->summary ? e->summary : ""), p_text(detail));
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
