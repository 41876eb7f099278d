/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See event_columns.h. Input: details of our own events.
 */
#include "event_columns.h"

#include <base/clock.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>
#include <base/vec.h>

#define FILL_ROWS 1000

static const char *text_of(const json_t *detail, const char *key)
{
	const char *text = json_string_value(json_object_get(detail, key));

	return text ? text : "";
}

void event_columns_of(const char *kind, const json_t *detail, int64_t at_us,
		      struct event_columns *ret)
{
	char time[TIME_TEXT_BYTES];
	bool moved = str_eq(kind, "host.state");
	const json_t *seconds = json_object_get(detail, "seconds");

	*ret = (struct event_columns){.from = moved ? text_of(detail, "from") : "",
				      .to = moved ? text_of(detail, "to") : "",
				      .seconds = moved && json_is_integer(seconds)
							 ? p_int(json_integer_value(seconds))
							 : p_null()};
	time_rfc3339(at_us, time);
	(void)text_fit(ret->day, sizeof(ret->day), time);
}

/* ---- the events of before -------------------------------------------------------------------- */

struct old_event {
	int64_t id, at_us;
	char *kind, *detail;
};
typedef VEC(struct old_event) old_events;

static int read_some(struct db *db, int64_t after, old_events *list, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int r;

	TRY(db_query(db, err, &rows,
		     "SELECT id, at_us, kind, detail FROM event WHERE id > $1 ORDER BY id LIMIT $2",
		     p_int(after), p_int(FILL_ROWS)));
	while ((r = db_rows_next(rows, err)) == 1) {
		struct old_event e = {db_int(rows, 0), db_int(rows, 1), xstrdup(db_text(rows, 2)),
				      xstrdup(db_text(rows, 3))};
		VEC_PUSH(list, e);
	}
	return r;
}

static int fill_one(struct db *db, const struct old_event *e, struct err *err)
{
	autojson json_t *detail = json_loads(e->detail, 0, NULL);
	struct event_columns c;

	event_columns_of(e->kind, detail, e->at_us, &c);
	struct db_param params[] = {p_int(e->id), p_text(c.from), p_text(c.to), c.seconds,
				    p_text(c.day)};
	return db_exec_n(db,
			 "UPDATE event SET state_from = $2, state_to = $3, seconds = $4, day = $5 "
			 "WHERE id = $1",
			 params, ARRAY_LEN(params), NULL, err);
}

int event_columns_fill(struct db *db, struct err *err)
{
	int64_t after = 0;
	size_t n = FILL_ROWS;

	while (n == FILL_ROWS) {
		old_events list = {0};
		int r = read_some(db, after, &list, err);
		for (size_t i = 0; i < list.n; i++) {
			if (r >= 0)
				r = fill_one(db, &list.items[i], err);
			after = list.items[i].id;
			free(list.items[i].kind);
			free(list.items[i].detail);
		}
		n = list.n;
		VEC_DONE(&list);
		if (r < 0)
			return r;
	}
	return 0;
}
