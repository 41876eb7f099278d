/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The repair loop; see burn_repair.h. Input: rows of our own store, and facts, whose texts are a
 * machine's.
 */
#include "burn_repair.h"

#include <string.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>
#include <burnin/repair.h>
#include <burnin/rules.h>
#include <inventory/facts.h>
#include "burn_run.h"

/* ---- facts ----------------------------------------------------------------------------------- */

/* at_us 0: now. NULL and 0 when there are none. */
static int load_facts(struct flow *flow, int64_t host_num, int64_t at_us, json_t **ret,
		      struct err *err)
{
	int rc = facts_load(flow->db, host_num, at_us, ret, err);

	if (rc != -ERR_NOT_FOUND)
		return rc;
	err_clear(err);
	*ret = NULL;
	return 0;
}

/* The run that brought a fault. Returns 0 when it is not there. */
static int find_run(struct flow *flow, const char *run_id, struct run_row *ret, struct err *err)
{
	int rc = run_get(flow->db, run_id, ret, err);

	if (rc != -ERR_NOT_FOUND)
		return rc;
	err_clear(err);
	return 0;
}

/* ---- one fault ------------------------------------------------------------------------------- */

static int look_at(struct flow *flow, int64_t host_num, const struct fault_row *f,
		   const json_t *now, struct repair_found *ret, struct err *err)
{
	const struct repair_part part = {f->part_type, f->slot, f->serial};
	autojson json_t *then = NULL;
	struct run_row run;
	int rc = find_run(flow, f->run_id, &run, err);

	if (rc > 0)
		rc = load_facts(flow, host_num, run.started_us, &then, err);
	repair_look(then, now, &part, ret);
	return rc < 0 ? rc : 0;
}

/* What is left to do; "" when nothing is. */
static void say(const struct fault_row *f, const struct repair_found *found, char ret[static 257])
{
	const char *at = f->slot[0] ? " at " : "";

	ret[0] = '\0';
	if (found->look == REPAIR_SAME && f->serial[0])
		text_print(ret, 257,
			   "not swapped: the part with serial %.64s is still in the host%s%.100s",
			   f->serial, at, f->slot);
	else if (found->look == REPAIR_SAME)
		text_print(ret, 257, "not swapped: every %.32s is where it was", f->part_type);
	else if (found->look == REPAIR_GONE)
		text_print(ret, 257,
			   "the part with serial %.64s was taken out%s%.100s; nothing is in its "
			   "place",
			   f->serial, at, f->slot);
}

static void say_moved(const struct fault_row *f, const struct repair_found *found,
		      char ret[static 257])
{
	text_print(ret, 257,
		   "moved: the part%s%.64s is at %.64s now, and passed there; if what is in "
		   "%.64s passes, too, put in another part or close the fault by hand",
		   f->serial[0] ? " with serial " : "", f->serial,
		   found->slot[0] ? found->slot : "another place",
		   f->slot[0] ? f->slot : "its slot");
}

/* ---- the whole run that a retest completes --------------------------------------------------- */

/* The test of a step ended without a verdict although the run needs one. */
static bool ends_unjudged(const json_t *record)
{
	const json_t *step = json_object_get(record, "testStepArtifact");
	const json_t *end = json_object_get(step, "testStepEnd");
	const char *id = json_string_value(json_object_get(step, "testStepId"));
	const char *status = json_string_value(json_object_get(end, "status"));
	const struct catalogue_test *test = id ? catalogue_find(catalogue_builtin(), id) : NULL;

	return end && (!status || !str_eq(status, "COMPLETE")) && (!test || test->needed);
}

static int look_for_unjudged(void *arg, int64_t seq, const char *body, struct err *err)
{
	bool *whole = arg;
	autojson json_t *record = NULL;

	(void)seq;
	(void)err;
	if (json_load_strict(body, strlen(body), LIMIT_JSON_BODY_BYTES, &record, NULL) < 0 ||
	    ends_unjudged(record))
		*whole = false;
	return 0;
}

/* It failed at the parts of its orders, and judged all the others. */
static int is_whole(struct flow *flow, const struct run_row *run, bool *ret, struct err *err)
{
	struct run_verdict v;

	*ret = false;
	if (!str_eq(run->result, "FAIL") || run->retest_of[0])
		return 0;
	int rc = burn_run_fold(flow, run->id, &v, err);
	*ret = rc >= 0 && v.ended && v.result == RUN_FAIL && v.orders.n > 0;
	run_verdict_done(&v);
	if (rc < 0 || !*ret)
		return rc;
	return run_each_record(flow->db, &(struct run_records){run->id, 0, BURN_RECORDS_MAX},
			       look_for_unjudged, ret, err);
}

/* The base of the first fault: its run, or the one which that completes. */
static int find_base(struct flow *flow, const fault_list *open, struct run_row *ret,
		     struct err *err)
{
	int rc = 0;

	for (size_t i = 0; i < open->n && rc == 0; i++)
		if (open->items[i].run_id[0])
			rc = find_run(flow, open->items[i].run_id, ret, err);
	char first[sizeof(ret->retest_of)];
	(void)str_copy(first, sizeof(first), rc > 0 ? ret->retest_of : "");
	return first[0] ? find_run(flow, first, ret, err) : rc;
}

/* Is every open fault of that run or of a retest of it? */
static int all_of(struct flow *flow, const fault_list *open, const char *base_id, bool *ret,
		  struct err *err)
{
	*ret = true;
	for (size_t i = 0; i < open->n && *ret; i++) {
		const struct fault_row *f = &open->items[i];
		struct run_row run = {0};

		if (!f->run_id[0])
			continue;
		TRY(find_run(flow, f->run_id, &run, err));
		*ret = str_eq(run.id, base_id) || str_eq(run.retest_of, base_id);
	}
	return 0;
}

static int check_narrow(struct flow *flow, int64_t host_num, const fault_list *open,
			const json_t *now, struct burn_repair *r, struct err *err)
{
	autojson json_t *then = NULL;
	bool good = false;
	int rc = find_base(flow, open, &r->base, err);

	if (rc <= 0)
		return rc;
	TRY(all_of(flow, open, r->base.id, &good, err));
	if (good)
		TRY(is_whole(flow, &r->base, &good, err));
	TRY(load_facts(flow, host_num, r->base.started_us, &then, err));
	r->narrow = good && then && !repair_others_changed(then, now, r->kinds);
	return 0;
}

/* ---- a host ---------------------------------------------------------------------------------- */

int burn_repair_open(struct flow *flow, int64_t host_num, struct err *err)
{
	fault_list open = {0};
	int rc = fault_list_open(flow->db, host_num, &open, err), n = 0;

	for (size_t i = 0; i < open.n; i++)
		n += open.items[i].run_id[0] != '\0';
	VEC_DONE(&open);
	return rc < 0 ? rc : n;
}

struct tally {
	unsigned n, n_swapped, n_moved, n_unknown;
};

static void count(const struct fault_row *f, const struct repair_found *found,
		  struct burn_repair *ret, struct tally *t)
{
	char words[257];

	t->n++;
	t->n_swapped += found->look == REPAIR_SWAPPED;
	t->n_moved += found->look == REPAIR_MOVED;
	t->n_unknown += found->look == REPAIR_UNKNOWN || !repair_kind(f->part_type);
	ret->kinds |= repair_kind(f->part_type);
	say(f, found, words);
	if (!ret->words[0])
		(void)text_fit(ret->words, sizeof(ret->words), words);
}

static int read_open(struct flow *flow, int64_t host_num, const fault_list *open,
		     struct burn_repair *ret, struct err *err)
{
	autojson json_t *now = NULL;
	struct tally t = {0};

	TRY(load_facts(flow, host_num, 0, &now, err));
	for (size_t i = 0; i < open->n; i++) {
		struct repair_found found;

		if (!open->items[i].run_id[0])
			continue;
		TRY(look_at(flow, host_num, &open->items[i], now, &found, err));
		count(&open->items[i], &found, ret, &t);
	}
	ret->complete = t.n && t.n_swapped + t.n_moved == t.n;
	if (t.n_swapped + t.n_moved == 0 || t.n_unknown)
		return 0;
	return check_narrow(flow, host_num, open, now, ret, err);
}

int burn_repair_read(struct flow *flow, int64_t host_num, struct burn_repair *ret, struct err *err)
{
	fault_list open = {0};

	*ret = (struct burn_repair){0};
	int rc = fault_list_open(flow->db, host_num, &open, err);
	if (rc >= 0)
		rc = read_open(flow, host_num, &open, ret, err);
	VEC_DONE(&open);
	return rc < 0 ? rc : 0;
}

void burn_plan_done(struct burn_plan *plan)
{
	catalogue_free(plan->catalogue);
}

int burn_repair_plan(struct flow *flow, int64_t host_num, const struct profile *p,
		     struct burn_plan *ret, struct err *err)
{
	const struct catalogue_limits limits = {p->cpu_s, p->memory_s, p->disk_s};
	const char *folder = flow->burn_in_dir;
	struct burn_repair r;

	*ret = (struct burn_plan){0};
	(void)str_copy(ret->tier, sizeof(ret->tier), p->has_burn_in ? p->tier : "quick");
	TRY(catalogue_load(folder ? folder : "", &ret->catalogue, err));
	TRY(catalogue_plan(ret->catalogue, ret->tier, &limits, ret->tests, &ret->n_tests, err));
	TRY(burn_repair_read(flow, host_num, &r, err));
	if (!r.narrow || !catalogue_tier_covers(r.base.tier, ret->tier))
		return 0;
	(void)str_copy(ret->tier, sizeof(ret->tier), r.base.tier);
	(void)str_copy(ret->retest_of, sizeof(ret->retest_of), r.base.id);
	ret->n_tests = repair_tests(ret->tests, ret->n_tests, r.kinds, ret->tests);
	return 0;
}

/* ---- what a run has proven ------------------------------------------------------------------- */

/* A rule that starts with another word ("Reseat") may be satisfied by the same part. */
static bool needs_another_part(const struct fault_row *f)
{
	enum burnin_symptom symptom = burnin_symptom_of(f->code);

	return f->serial[0] && symptom != SYMPTOM_NONE &&
	       str_starts(burnin_rule_of(symptom)->action, "Replace");
}

/* "" in words: the run proves that the fault is repaired. */
static void judge(const struct fault_row *f, const json_t *now, const struct repair_found *found,
		  char words[static 257])
{
	struct repair_found same = {.look = REPAIR_SAME};

	words[0] = '\0';
	if (found->look == REPAIR_MOVED)
		say_moved(f, found, words);
	else if (found->look == REPAIR_GONE)
		say(f, found, words);
	else if (needs_another_part(f) && (!now || repair_has_serial(now, f->serial)))
		say(f, &same, words);
}

/* A run that has passed on a host. */
struct proof {
	int64_t host_num;
	const json_t *now; /* the host's facts */
	char note[64];     /* of the faults that it closes */
};

static int prove_one(struct flow *flow, const struct proof *p, const struct fault_row *f,
		     char words[static 257], struct err *err)
{
	struct repair_found found;

	TRY(look_at(flow, p->host_num, f, p->now, &found, err));
	judge(f, p->now, &found, words);
	if (words[0])
		return 1;
	return fault_close(flow->db, f->id, p->note, "agent", flow_now_us(flow), err);
}

int burn_repair_prove(struct flow *flow, int64_t host_num, const char *run_id,
		      struct fault_row *ret, char words[static 257], struct err *err)
{
	autojson json_t *now = NULL;
	fault_list open = {0};
	int rc = load_facts(flow, host_num, 0, &now, err), n_left = 0;
	struct proof proof = {.host_num = host_num, .now = now};

	(void)snprintf(proof.note, sizeof(proof.note), "run %s passed", run_id);
	if (rc >= 0)
		rc = fault_list_open(flow->db, host_num, &open, err);
	for (size_t i = 0; i < open.n && rc >= 0; i++) {
		char left[257];

		if (!open.items[i].run_id[0])
			continue;
		rc = prove_one(flow, &proof, &open.items[i], left, err);
		if (rc <= 0 || n_left++)
			continue;
		*ret = open.items[i];
		(void)str_copy(words, 257, left);
	}
	VEC_DONE(&open);
	return rc < 0 ? rc : n_left > 0;
}
