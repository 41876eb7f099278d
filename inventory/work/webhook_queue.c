/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a webhook is to be sent next, and what came of it. The event log is the queue; a hook's
 * last_id is its cursor, moved only when the event was taken or became a dead letter. With several
 * appliances on one store, a claim (lease_us) keeps two of them from sending the same. It knows no
 * network. Input: rows of ours.
 */
#include <inventory/webhook.h>

#include <string.h>

#include <base/json.h>
#include <base/str.h>
#include <inventory/collection.h>

#define LOOK_BATCH        500   /* events that are looked at in one statement */
#define LOOK_MAX          50000 /* and in one call: the rest is for the next one */
#define ATTEMPTS_KEPT     200
#define PAUSE_MIN_US      1000000LL
#define PAUSE_MAX_US      (3600 * 1000000LL)
#define RESULT_MAX_BYTES  240
#define PAUSE_MAX_DOUBLED 12

int64_t webhook_pause_us(int64_t tries, uint32_t random)
{
	int64_t doubled = tries < 1 ? 0 : tries > PAUSE_MAX_DOUBLED ? PAUSE_MAX_DOUBLED : tries - 1;
	int64_t pause = PAUSE_MIN_US << doubled;

	if (pause > PAUSE_MAX_US)
		pause = PAUSE_MAX_US;
	return pause - pause / 4 * (int64_t)(random % 1024) / 1024;
}

/* ---- what is due ----------------------------------------------------------------------------- */

static bool wanted(const char *kinds, const char *kind)
{
	struct sv rest = sv_of(kinds);

	if (rest.n == 0)
		return true;
	while (rest.n > 0) {
		struct sv one = sv_split(&rest, ' ');
		autofree char *pattern = xstrndup(one.p, one.n);
		if (str_glob(pattern, kind))
			return true;
	}
	return false;
}

/* One batch after *last: *ret_event is the first wanted one or 0, *last the last one looked at.
 * Returns how many were looked at. */
static int look(struct db *db, const char *kinds, int64_t *last, int64_t *ret_event,
		struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int r, n = 0;

	TRY(db_query(db, err, &rows,
		     "SELECT id, kind FROM event WHERE id > $1 ORDER BY id LIMIT $2", p_int(*last),
		     p_int(LOOK_BATCH)));
	while ((r = db_rows_next(rows, err)) == 1 && *ret_event == 0) {
		if (wanted(kinds, db_text(rows, 1)))
			*ret_event = db_int(rows, 0);
		else
			*last = db_int(rows, 0);
		n++;
	}
	return r < 0 ? r : n;
}

/* The next event that the hook wants, 0: none. Skips the others for good. */
static int next_event(struct db *db, int64_t num, const char *kinds, int64_t last,
		      int64_t *ret_event, struct err *err)
{
	int64_t from = last;
	int n = LOOK_BATCH;

	*ret_event = 0;
	for (int seen = 0; *ret_event == 0 && n == LOOK_BATCH && seen < LOOK_MAX; seen += n) {
		n = look(db, kinds, &last, ret_event, err);
		if (n < 0)
			return n;
	}
	if (last == from)
		return 0;
	return db_exec(db, err, "UPDATE webhook SET last_id = $2 WHERE num = $1", p_int(num),
		       p_int(last));
}

static int event_body(struct db *db, int64_t event_id, char **ret, struct err *err)
{
	struct query_request q = {.limit = 1};
	struct query_page page;
	char id[24];

	(void)snprintf(id, sizeof(id), "%lld", (long long)event_id);
	TRY(query_add_filter(&q, "id", id, err));
	TRY(query_run(db, &collection_events, &q, NULL, &page, err));
	autojson json_t *list = json_loads(page.items.p, 0, NULL);
	query_page_done(&page);
	const json_t *event = json_array_get(list, 0);
	if (!event)
		return err_set(err, ERR_NOT_FOUND, "event %s is gone", id);
	*ret = json_text(event);
	return 0;
}

static int find_again(struct db *db, struct webhook_job *job, int64_t now_us, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;

	TRY(db_query(db, err, &rows,
		     "SELECT event_id, tries FROM webhook_again WHERE webhook_num = $1 AND next_us "
		     "<= $2 ORDER BY event_id LIMIT 1",
		     p_int(job->num), p_int(now_us)));
	int r = db_rows_next(rows, err);
	if (r == 1) {
		job->event_id = db_int(rows, 0);
		job->tries = db_int(rows, 1);
		job->again = true;
	}
	return r < 0 ? r : 0;
}

static int claim(struct db *db, struct webhook_job *job, int64_t now_us, int64_t lease_us,
		 struct err *err)
{
	int64_t n = 0;

	TRY(db_exec_changed(db, err, &n,
			    "UPDATE webhook SET lease_us = $3 WHERE num = $1 AND lease_us <= $2",
			    p_int(job->num), p_int(now_us), p_int(now_us + lease_us)));
	return (int)n;
}

/* How far a webhook has come. */
struct hook_progress {
	char *kinds; /* that it is sent; the caller's */
	int64_t last_id, next_us;
};

/* In the transaction of the claim: another appliance may have settled an event meanwhile. */
static int read_hook(struct db *db, struct webhook_job *job, struct hook_progress *ret,
		     struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;

	TRY(db_query(db, err, &rows,
		     "SELECT name, url, secret, kinds, last_id, tries, next_us, max_tries FROM "
		     "webhook WHERE num = $1",
		     p_int(job->num)));
	int r = db_rows_next(rows, err);
	if (r <= 0)
		return r < 0 ? r : err_set(err, ERR_NOT_FOUND, "the webhook is gone");
	(void)str_copy(job->name, sizeof(job->name), db_text(rows, 0));
	(void)str_copy(job->url, sizeof(job->url), db_text(rows, 1));
	(void)str_copy(job->secret, sizeof(job->secret), db_text(rows, 2));
	ret->kinds = xstrdup(db_text(rows, 3));
	ret->last_id = db_int(rows, 4);
	job->tries = db_int(rows, 5);
	ret->next_us = db_int(rows, 6);
	job->max_tries = db_int(rows, 7);
	return 0;
}

static int take_of(struct db *db, struct webhook_job *job, int64_t now_us, int64_t lease_us,
		   struct err *err)
{
	struct hook_progress hook = {0};

	TRY(read_hook(db, job, &hook, err));
	autofree char *kinds = hook.kinds;
	if (hook.next_us <= now_us)
		TRY(next_event(db, job->num, kinds, hook.last_id, &job->event_id, err));
	if (job->event_id == 0)
		TRY(find_again(db, job, now_us, err));
	if (job->event_id == 0)
		return 0;
	int claimed = claim(db, job, now_us, lease_us, err);
	if (claimed <= 0)
		return claimed;
	TRY(event_body(db, job->event_id, &job->body, err));
	return 1;
}

static int hooks(struct db *db, int64_t now_us, int64_t *nums, size_t *ret_n, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;

	TRY(db_query(db, err, &rows,
		     "SELECT num FROM webhook WHERE lease_us <= $1 ORDER BY next_us, num LIMIT $2",
		     p_int(now_us), p_int(WEBHOOKS_MAX)));
	int r;
	while ((r = db_rows_next(rows, err)) == 1)
		nums[(*ret_n)++] = db_int(rows, 0);
	return r;
}

int webhook_take(struct db *db, int64_t now_us, int64_t lease_us, struct webhook_job *ret,
		 struct err *err)
{
	int64_t nums[WEBHOOKS_MAX];
	size_t n = 0;

	TRY(hooks(db, now_us, nums, &n, err));
	for (size_t i = 0; i < n; i++) {
		*ret = (struct webhook_job){.num = nums[i]};
		TRY(db_begin(db, err));
		int taken = take_of(db, ret, now_us, lease_us, err);
		int r = db_end(db, taken, err);
		if (r < 0) {
			webhook_job_done(ret);
			return r;
		}
		if (taken == 1)
			return 1;
		webhook_job_done(ret);
	}
	return 0;
}

void webhook_job_done(struct webhook_job *job)
{
	free(job->body);
	explicit_bzero(job->secret, sizeof(job->secret));
	job->body = NULL;
}

/* ---- what came of it ------------------------------------------------------------------------- */

static int note(struct db *db, const struct webhook_job *job, const struct webhook_outcome *o,
		int64_t now_us, struct err *err)
{
	TRY(db_exec(db, err,
		    "INSERT INTO webhook_attempt (webhook_num, at_us, event_id, tries, status, "
		    "took_ms, result) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT "
		    "(webhook_num, at_us, event_id) DO NOTHING",
		    p_int(job->num), p_int(now_us), p_int(job->event_id), p_int(job->tries + 1),
		    p_int(o->status), p_int(o->took_ms), p_text(o->result)));
	return db_exec(
		db, err,
		"DELETE FROM webhook_attempt WHERE webhook_num = $1 AND at_us <= (SELECT "
		"at_us FROM webhook_attempt WHERE webhook_num = $1 ORDER BY at_us DESC LIMIT "
		"1 OFFSET $2)",
		p_int(job->num), p_int(ATTEMPTS_KEPT));
}

/* The hook is done with the event: delivered, or a dead letter. */
static int go_on(struct db *db, const struct webhook_job *job, bool well, struct err *err)
{
	return db_exec(db, err,
		       "UPDATE webhook SET last_id = $2, tries = 0, next_us = 0, last_error = '', "
		       "delivered = delivered + $3, dead = dead + $4 WHERE num = $1 AND last_id < "
		       "$2",
		       p_int(job->num), p_int(job->event_id), p_int(well), p_int(!well));
}

static int bury(struct db *db, const struct webhook_job *job, const struct webhook_outcome *o,
		int64_t now_us, struct err *err)
{
	TRY(db_exec(db, err,
		    "INSERT INTO webhook_dead (webhook_num, event_id, at_us, why) VALUES ($1, $2, "
		    "$3, $4) ON CONFLICT (webhook_num, event_id) DO UPDATE SET at_us = $3, why = "
		    "$4",
		    p_int(job->num), p_int(job->event_id), p_int(now_us), p_text(o->result)));
	return job->again ? 0 : go_on(db, job, false, err);
}

static int end_again(struct db *db, const struct webhook_job *job, struct err *err)
{
	return db_exec(db, err,
		       "DELETE FROM webhook_again WHERE webhook_num = $1 AND event_id = $2",
		       p_int(job->num), p_int(job->event_id));
}

static int settle_well(struct db *db, const struct webhook_job *job, struct err *err)
{
	int64_t n = 0;

	if (!job->again)
		return go_on(db, job, true, err);
	TRY(end_again(db, job, err));
	TRY(db_exec_changed(db, err, &n,
			    "DELETE FROM webhook_dead WHERE webhook_num = $1 AND event_id = $2",
			    p_int(job->num), p_int(job->event_id)));
	return db_exec(db, err, "UPDATE webhook SET delivered = delivered + $2 WHERE num = $1",
		       p_int(job->num), p_int(n));
}

static int try_later(struct db *db, const struct webhook_job *job, const struct webhook_outcome *o,
		     int64_t now_us, struct err *err)
{
	int64_t tries = job->tries + 1, next_us = now_us + webhook_pause_us(tries, o->random);

	if (job->again)
		return db_exec(db, err,
			       "UPDATE webhook_again SET tries = $3, next_us = $4 WHERE "
			       "webhook_num = $1 AND event_id = $2",
			       p_int(job->num), p_int(job->event_id), p_int(tries), p_int(next_us));
	return db_exec(db, err,
		       "UPDATE webhook SET tries = $3, next_us = $4, last_error = $5 WHERE num = "
		       "$1 AND last_id < $2",
		       p_int(job->num), p_int(job->event_id), p_int(tries), p_int(next_us),
		       p_text(o->result));
}

static int settle(struct db *db, const struct webhook_job *job, const struct webhook_outcome *o,
		  int64_t now_us, struct err *err)
{
	int64_t alive = 0;

	TRY(db_exec_changed(db, err, &alive, "UPDATE webhook SET lease_us = 0 WHERE num = $1",
			    p_int(job->num)));
	if (!alive) /* removed meanwhile */
		return 0;
	TRY(note(db, job, o, now_us, err));
	if (o->well)
		return settle_well(db, job, err);
	if (job->tries + 1 < job->max_tries)
		return try_later(db, job, o, now_us, err);
	if (job->again)
		TRY(end_again(db, job, err));
	return bury(db, job, o, now_us, err);
}

int webhook_settle(struct db *db, const struct webhook_job *job, const struct webhook_outcome *o,
		   int64_t now_us, struct err *err)
{
	char cut[RESULT_MAX_BYTES];
	struct webhook_outcome short_o = *o;

	(void)text_fit(cut, sizeof(cut), o->result ? o->result : "");
	short_o.result = cut;
	TRY(db_begin(db, err));
	return db_end(db, settle(db, job, &short_o, now_us, err), err);
}

int webhook_forget_claims(struct db *db, struct err *err)
{
	return db_exec(db, err, "UPDATE webhook SET lease_us = 0 WHERE lease_us > 0");
}
