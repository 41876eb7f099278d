/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verdict of a burn-in run, folded from its stored records: PASS, FAIL or INCOMPLETE, and one
 * repair order for each part. Pure, and the same for a run that ended, one whose daemon was killed in
 * between, and one that is replayed years later: nothing of a verdict is kept anywhere else.
 *
 *  1. verdict_new(). 2. verdict_add() for each record, in the order they were stored;
 *  verdict_refuse() for one that could not be stored. 3. verdict_read(), as often as needed.
 *  4. verdict_free().
 *
 * PASS needs: every record well-formed, numbered without a gap, the run's end there and COMPLETE and
 * PASS, every step ended, at least one part or test judged, and no failing diagnosis. A failing
 * diagnosis gives an order even when the stream breaks off after it.
 *
 * A run that was interrupted goes on in the same stream: numbers continue, a second start brings the
 * table of parts as the host names them now, and a test that starts again must end again.
 */
#ifndef BURNIN_VERDICT_H
#define BURNIN_VERDICT_H

#include <jansson.h>
#include <base/cleanup.h>
#include <base/err.h>
#include <base/vec.h>

enum run_result { RUN_PASS, RUN_FAIL, RUN_INCOMPLETE };
const char *run_result_str(enum run_result result); /* "INCOMPLETE" */

#define RUN_ORDERS_MAX 256

struct run_order {
	char code[65];    /* the verdict's name: "disk-read-error" */
	char detail[513]; /* the messages, joined by "; " */
	char part[65], slot[129], serial[129], part_number[129], action[513];
	char certainty[16];
	char hardware[33]; /* hardwareInfoId, "" if no single part is blamed */
	json_t *suspects;  /* array, or NULL; owned */
};

/* A test as the records show it. */
struct run_step {
	char id[65];
	bool ended, judged; /* judged: it ended COMPLETE */
};

struct run_verdict {
	enum run_result result;
	char why[257]; /* of a result that is not PASS */
	bool ended;
	unsigned n_records, n_passed, n_unjudged;
	VEC(struct run_order) orders;
	/* Where an interrupted run goes on. */
	bool intact;           /* records are whole so far */
	int64_t next_sequence; /* of the next record */
	char tier[17];         /* as the start of the run names it, "" */
	VEC(struct run_step) steps;
	/* What the host did when its records broke off: the test, the highest temperature that was
	 * measured last, and the last lines of the kernel; "" where nothing is known. */
	char scene[385];
};
/* Did the test end with a verdict? */
bool run_step_judged(const struct run_verdict *v, const char *id);
void run_verdict_done(struct run_verdict *v);

struct verdict;
MUST_CHECK struct verdict *verdict_new(void);
void verdict_free(struct verdict *v);
DEFINE_AUTO(verdict, struct verdict, verdict_free);

/* trust: none of the record; it is checked, and one that is not OCP's ends the run INCOMPLETE. The
 * record stays the caller's. Returns the number of the order that it opened or completed, -1 for
 * none. */
int verdict_add(struct verdict *v, json_t *record);
void verdict_refuse(struct verdict *v, const char *why);
/* What holds so far. owns: run_verdict_done(). */
void verdict_read(const struct verdict *v, struct run_verdict *ret);
/* {"result", "why", "ended", "records", "passed", "unjudged", "orders": [..]}. owns: the caller's. */
MUST_CHECK json_t *run_verdict_json(const struct run_verdict *v);

#endif
