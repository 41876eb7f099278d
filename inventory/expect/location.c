/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The floor plan: rack units and the switch ports that belong to them. Input: words
 * from callers.
 */
#include <inventory/expect.h>

#include <base/json.h>
#include <base/str.h>
#include <inventory/event.h>

#include "../hosts/history.h"
#include "differences.h"

static const char *or_empty(const char *text)
{
	return text ? text : "";
}

static int write_place(struct db *db, const struct location_draft *p, int64_t num,
		       const struct moment *m, struct err *err)
{
	if (num) {
		TRY(history_keep(db, "location", num, m, err));
		return db_exec(db, err,
			       "UPDATE location SET switch_name = $2, switch_port = $3, note = $4, "
			       "changed_us = $5, revision = revision + 1 WHERE num = $1",
			       p_int(num), p_text(p->switch_name), p_text(p->port), p_text(p->note),
			       p_int(m->at_us));
	}
	return db_exec(
		db, err,
		"INSERT INTO location (num, site, rack_row, rack, rack_unit, switch_name, "
		"switch_port, note, created_us, changed_us, revision) VALUES ($1, $2, $3, $4, "
		"$5, $6, $7, $8, $9, $9, 1)",
		p_int(m->id), p_text(p->site), p_text(p->rack_row), p_text(p->rack), p_int(p->unit),
		p_text(p->switch_name), p_text(p->port), p_text(p->note), p_int(m->at_us));
}

static int put(struct db *db, const struct location_draft *p, const char *actor, int64_t now_us,
	       int64_t *ret_id, struct err *err)
{
	struct moment m;

	TRY(moment_next(db, now_us, &m, err));
	TRY(db_query_int(db, err, ret_id, 0,
			 "SELECT num FROM location WHERE site = $1 AND rack_row = $2 AND rack = $3 "
			 "AND rack_unit = $4",
			 p_text(p->site), p_text(p->rack_row), p_text(p->rack), p_int(p->unit)));
	TRY(write_place(db, p, *ret_id, &m, err));
	TRY(differences_refresh_place(db, p->site, p->rack_row, p->rack, p->unit, err));
	*ret_id = *ret_id ? *ret_id : m.id;
	autofree char *summary = xasprintf("location %s/%s/%s/%lld", p->site, p->rack_row, p->rack,
					   (long long)p->unit);
	struct event_draft e = {0, "location.written", actor, summary, NULL};
	return event_append_at(db, &e, &m, err);
}

int location_put(struct db *db, const struct location_draft *d, const char *actor, int64_t now_us,
		 int64_t *ret_id, struct err *err)
{
	const struct location_draft p = {.site = or_empty(d->site),
					 .rack_row = or_empty(d->rack_row),
					 .rack = d->rack,
					 .unit = d->unit,
					 .switch_name = or_empty(d->switch_name),
					 .port = or_empty(d->port),
					 .note = or_empty(d->note)};

	TRY(db_begin(db, err));
	return db_end(db, put(db, &p, actor, now_us, ret_id, err), err);
}
