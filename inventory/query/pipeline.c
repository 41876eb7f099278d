/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A delivery's way to ready: how many hosts are in which stage, what past hosts took in each (from
 * the event log, which tells every change of state and how long the one before lasted), and the
 * forecast made from these. Input: our own events and rows.
 */
#include <inventory/forecast.h>

#include <stdlib.h>
#include <string.h>

#include <base/clock.h>
#include <base/json.h>
#include <base/str.h>

#define CHANGES_MAX 8000 /* newest changes of state that count as history */
#define OPEN_MAX    64   /* stages of one host between two times of being ready */
#define SEED        20261101U
#define US          1000000LL

enum role {
	WAITS,   /* not here yet: when it comes is not ours to say */
	MOVES,   /* on its way */
	DONE,    /* ready, and what comes after it */
	STOPPED, /* a person has to do something first */
	APART,   /* on its way elsewhere */
};

static const struct {
	const char *state;
	enum role role;
} stages[] = {
	{"expected", WAITS},      {"discovered", MOVES},    {"inspecting", MOVES},
	{"testing", MOVES},       {"imaging", MOVES},       {"verifying", MOVES},
	{"ready", DONE},          {"in-service", DONE},     {"failed", STOPPED},
	{"quarantined", STOPPED}, {"maintenance", STOPPED}, {"erasing", APART},
	{"retired", APART},
};
#define N_STAGES ARRAY_LEN(stages)
_Static_assert(N_STAGES <= FORECAST_STAGES_MAX, "the forecast knows every stage");

static unsigned stage_of(const char *state)
{
	unsigned i = 0;

	while (i < N_STAGES && !str_eq(stages[i].state, state ? state : ""))
		i++;
	return i; /* N_STAGES: unknown */
}

/* ---- history --------------------------------------------------------------------------------- */

struct change {
	int64_t host_num, at_us, took_us; /* it was `from` for took_us */
	unsigned from, to;
	size_t order;
};

struct history {
	struct change *changes; /* newest first, then by host and time */
	size_t n_changes;
	struct {
		int64_t at_us;
		struct forecast_past past;
	} * past;
	struct forecast_past *newest_first;
	size_t n_past;
	int64_t *whole_us; /* from discovered to ready */
	size_t n_whole;
};

static void history_done(struct history *h)
{
	free(h->changes);
	free(h->past);
	free(h->newest_first);
	free(h->whole_us);
}

static int read_changes(struct db *db, struct history *h, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int r;

	h->changes = xcalloc(CHANGES_MAX, sizeof(*h->changes));
	TRY(db_query(db, err, &rows,
		     "SELECT host_num, at_us, detail FROM event WHERE kind = 'host.state' ORDER BY "
		     "id DESC LIMIT $1",
		     p_int(CHANGES_MAX)));
	while ((r = db_rows_next(rows, err)) == 1) {
		autojson json_t *detail = json_loads(db_text(rows, 2), 0, NULL);
		struct change c = {
			.host_num = db_int(rows, 0),
			.at_us = db_int(rows, 1),
			.took_us = json_integer_value(json_object_get(detail, "seconds")) * US,
			.from = stage_of(json_string_value(json_object_get(detail, "from"))),
			.to = stage_of(json_string_value(json_object_get(detail, "to"))),
			.order = h->n_changes,
		};
		if (c.from < N_STAGES && c.to < N_STAGES && c.took_us >= 0)
			h->changes[h->n_changes++] = c;
	}
	return r;
}

static int by_host_and_time(const void *a, const void *b)
{
	const struct change *x = a, *y = b;

	if (x->host_num != y->host_num)
		return x->host_num < y->host_num ? -1 : 1;
	return (x->order < y->order) - (x->order > y->order); /* a higher order is older */
}

/* One host's stages since it was last done with them. */
struct walk {
	int64_t host_num;
	struct {
		unsigned stage;
		int64_t at_us;
	} open[OPEN_MAX];
	size_t n;
};

static void became_ready(struct history *h, const struct walk *w, int64_t at_us)
{
	for (size_t i = 0; i < w->n; i++) {
		h->past[h->n_past].at_us = at_us;
		h->past[h->n_past++].past = (struct forecast_past){w->open[i].stage,
								   at_us - w->open[i].at_us};
	}
	if (w->n && str_eq(stages[w->open[0].stage].state, "discovered"))
		h->whole_us[h->n_whole++] = at_us - w->open[0].at_us;
}

static void step(struct history *h, struct walk *w, const struct change *c)
{
	if (c->host_num != w->host_num)
		*w = (struct walk){.host_num = c->host_num};
	if (stages[c->from].role == MOVES && w->n < OPEN_MAX) {
		w->open[w->n].stage = c->from;
		w->open[w->n++].at_us = c->at_us - c->took_us;
	}
	if (str_eq(stages[c->to].state, "ready"))
		became_ready(h, w, c->at_us);
	if (stages[c->to].role == DONE || stages[c->to].role == APART)
		w->n = 0;
}

static int newest_past_first(const void *a, const void *b)
{
	const int64_t *x = a, *y = b; /* at_us is the first member */

	return (*x < *y) - (*x > *y);
}

static int compare(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static int read_history(struct db *db, struct history *h, struct err *err)
{
	struct walk w = {.host_num = -1};

	TRY(read_changes(db, h, err));
	qsort(h->changes, h->n_changes, sizeof(*h->changes), by_host_and_time);
	h->past = xcalloc(h->n_changes + 1, sizeof(*h->past));
	h->newest_first = xcalloc(h->n_changes + 1, sizeof(*h->newest_first));
	h->whole_us = xcalloc(h->n_changes + 1, sizeof(*h->whole_us));
	for (size_t i = 0; i < h->n_changes; i++)
		step(h, &w, &h->changes[i]);
	qsort(h->past, h->n_past, sizeof(*h->past), newest_past_first);
	for (size_t i = 0; i < h->n_past; i++)
		h->newest_first[i] = h->past[i].past;
	qsort(h->whole_us, h->n_whole, sizeof(*h->whole_us), compare);
	return 0;
}

/* ---- the present ----------------------------------------------------------------------------- */

struct present {
	int64_t counts[N_STAGES], all;
	struct forecast_host *moving;
	size_t n_moving;
};

static int read_counts(struct db *db, const char *delivery, struct present *p, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int r;

	if (delivery)
		TRY(db_query(db, err, &rows,
			     "SELECT state, count(*) FROM host WHERE delivery = $1 GROUP BY state",
			     p_text(delivery)));
	else
		TRY(db_query(db, err, &rows, "SELECT state, count(*) FROM host GROUP BY state"));
	while ((r = db_rows_next(rows, err)) == 1) {
		unsigned stage = stage_of(db_text(rows, 0));
		if (stage == N_STAGES)
			continue;
		p->counts[stage] = db_int(rows, 1);
		p->all += p->counts[stage];
		if (stages[stage].role == MOVES)
			p->n_moving += (size_t)p->counts[stage];
	}
	return r;
}

#define MOVING "state IN ('discovered', 'inspecting', 'testing', 'imaging', 'verifying')"

static int read_moving(struct db *db, const char *delivery, int64_t now_us, struct present *p,
		       struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	size_t n = 0;
	int r = 0;

	p->moving = xcalloc(p->n_moving + 1, sizeof(*p->moving));
	if (delivery)
		TRY(db_query(
			db, err, &rows,
			"SELECT state, state_since_us FROM host WHERE delivery = $1 AND " MOVING
			" ORDER BY num",
			p_text(delivery)));
	else
		TRY(db_query(db, err, &rows,
			     "SELECT state, state_since_us FROM host WHERE " MOVING
			     " ORDER BY num"));
	while (n < p->n_moving && (r = db_rows_next(rows, err)) == 1) {
		int64_t age_us = now_us - db_int(rows, 1);
		p->moving[n++] = (struct forecast_host){stage_of(db_text(rows, 0)),
							age_us > 0 ? age_us : 0};
	}
	p->n_moving = n;
	return r < 0 ? r : 0;
}

/* ---- as JSON --------------------------------------------------------------------------------- */

static json_t *quantiles_json(const int64_t *sorted_us, size_t n)
{
	return json_pack("{s:I, s:f, s:f, s:f}", "n", (json_int_t)n, "p10",
			 (double)forecast_quantile(sorted_us, n, 10) / 1e6, "p50",
			 (double)forecast_quantile(sorted_us, n, 50) / 1e6, "p90",
			 (double)forecast_quantile(sorted_us, n, 90) / 1e6);
}

static json_t *stages_json(const struct history *h, const struct present *p)
{
	json_t *list = json_array();
	autofree int64_t *took_us = xcalloc(h->n_changes + 1, sizeof(*took_us));

	for (unsigned s = 0; s < N_STAGES; s++) {
		json_t *j = json_pack("{s:s, s:I}", "state", stages[s].state, "hosts",
				      (json_int_t)p->counts[s]);
		size_t n = 0;
		for (size_t i = 0; i < h->n_changes; i++)
			if (h->changes[i].from == s)
				took_us[n++] = h->changes[i].took_us;
		qsort(took_us, n, sizeof(*took_us), compare);
		if (n)
			(void)json_object_set_new(j, "took_s", quantiles_json(took_us, n));
		(void)json_array_append_new(list, j);
	}
	return list;
}

static json_t *time_json(int64_t us)
{
	char text[TIME_TEXT_BYTES];

	time_rfc3339(us / US * US, text);
	return json_string(text);
}

static int64_t in_role(const struct present *p, enum role role)
{
	int64_t n = 0;

	for (unsigned s = 0; s < N_STAGES; s++)
		n += stages[s].role == role ? p->counts[s] : 0;
	return n;
}

static json_t *forecast_json(const struct history *h, const struct present *p, int64_t now_us)
{
	struct forecast_answer f;
	struct forecast_request q = {.past = h->newest_first,
				     .n_past = h->n_past,
				     .hosts = p->moving,
				     .n_hosts = p->n_moving,
				     .seed = SEED};

	forecast_of(&q, &f);
	json_t *j = json_pack("{s:b, s:I, s:I, s:{s:I, s:I, s:I, s:I}}", "known", f.known, "hosts",
			      (json_int_t)f.n_covered, "history", (json_int_t)h->n_past,
			      "not_covered", "expected", (json_int_t)in_role(p, WAITS), "stopped",
			      (json_int_t)in_role(p, STOPPED), "no_history",
			      (json_int_t)f.n_no_history, "beyond_history",
			      (json_int_t)f.n_beyond_history);
	if (!f.known) {
		(void)json_object_set_new(j, "why", json_string(f.why));
		return j;
	}
	(void)json_object_set_new(j, "ready_at", time_json(now_us + f.p50_us));
	(void)json_object_set_new(
		j, "band_50",
		json_pack("[o, o]", time_json(now_us + f.p25_us), time_json(now_us + f.p75_us)));
	(void)json_object_set_new(
		j, "band_90",
		json_pack("[o, o]", time_json(now_us + f.p5_us), time_json(now_us + f.p95_us)));
	(void)json_object_set_new(j, "rounds", json_integer(f.rounds));
	(void)json_object_set_new(j, "seed", json_integer(SEED));
	return j;
}

static int read_all(struct db *db, const char *delivery, int64_t now_us, struct history *h,
		    struct present *p, struct err *err)
{
	int64_t n = 1;

	if (delivery)
		TRY(db_query_int(db, err, &n, 0, "SELECT count(*) FROM delivery WHERE name = $1",
				 p_text(delivery)));
	if (n == 0)
		return err_set(err, ERR_NOT_FOUND, "there is no such delivery");
	TRY(read_counts(db, delivery, p, err));
	TRY(read_moving(db, delivery, now_us, p, err));
	return read_history(db, h, err);
}

int pipeline_of(struct db *db, const char *delivery, int64_t now_us, json_t **ret, struct err *err)
{
	struct history h = {0};
	struct present p = {0};

	TRY(db_begin_snapshot(db, err));
	int r = db_end(db, read_all(db, delivery, now_us, &h, &p, err), err);
	if (r >= 0) {
		*ret = json_pack("{s:o, s:I, s:I, s:o, s:o}", "as_of", time_json(now_us), "hosts",
				 (json_int_t)p.all, "ready", (json_int_t)in_role(&p, DONE),
				 "stages", stages_json(&h, &p), "forecast",
				 forecast_json(&h, &p, now_us));
		if (delivery)
			(void)json_object_set_new(*ret, "delivery", json_string(delivery));
		if (h.n_whole)
			(void)json_object_set_new(*ret, "time_to_ready_s",
						  quantiles_json(h.whole_us, h.n_whole));
	}
	history_done(&h);
	free(p.moving);
	return r < 0 ? r : 0;
}
