/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one child process that the agent has at any time: either it waits for the next plan, or it
 * does a step. The agent itself never blocks on work, so heartbeats go on.
 *
 *  agent:  worker_start() -> poll worker->fd -> worker_read() until WORKER_ENDED
 *  child:  report_*() as it goes; its last word is report_done(), report_failed() or
 * report_answer()
 *
 * Messages are lines of JSON on a socket pair; a child that dies without a last word has failed.
 */
#ifndef AGENT_WORKER_H
#define AGENT_WORKER_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <base/child.h>
#include <base/err.h>
#include <base/str.h>
#include <proto/events.h>

#include <session/lease.h>

/* ---- the child's side ------------------------------------------------------------------------ */
struct report {
	int fd;
	const struct lease *lease;
	int64_t last_progress_ms;
};

/* The step should end soon: the server said stop, or the session is over. */
bool report_must_stop(const struct report *r);
/* data is taken over. blocks while the agent is busy sending. */
void report_event(struct report *r, enum event_kind kind, json_t *data);
__attribute__((format(printf, 3, 4))) void report_log(struct report *r, const char *level,
						      const char *format, ...);
/* For the heartbeat and the screen; at most about four a second get through, changes of stage
 * always. eta_s: -1 for unknown. */
void report_progress(struct report *r, const struct event_progress *p);
void report_done(struct report *r, const char *result);
void report_failed(struct report *r, const struct err *err, const struct repair_order *fault);
/* The answer to "what next": an envelope, or "" for nothing yet. */
void report_answer(struct report *r, const char *envelope);

/* ---- the agent's side ------------------------------------------------------------------------ */
enum worker_said { WORKER_NOTHING, WORKER_EVENT, WORKER_PROGRESS, WORKER_ENDED };

struct worker_message {
	enum worker_said said;
	enum event_kind kind; /* WORKER_EVENT */
	json_t *data;         /* WORKER_EVENT: the receiver's to decref or hand on */
	struct event_progress progress;
	/* WORKER_ENDED */
	struct err err; /* code 0: it worked */
	struct repair_order fault;
	char result[33];
	char *envelope; /* the receiver's to free; NULL unless there was an answer */
};

struct worker {
	struct child child;
	int fd;
	struct str line;
	bool had_last_word;
	struct worker_message last_word;
};

#define WORKER_NONE ((struct worker){.child = CHILD_NONE, .fd = -1})

typedef void worker_main(void *arg, struct report *out);

/* Fork; the child runs run(arg) and exits. errors: ERR_SYS */
MUST_CHECK int worker_start(struct worker *w, const struct lease *lease, worker_main *run,
			    void *arg, struct err *err);
bool worker_is_running(const struct worker *w);
/* Call when w->fd is readable, again until it says NOTHING or ENDED. */
void worker_read(struct worker *w, struct worker_message *ret);
/* Ask it to stop (the lease must say so), wait up to grace_ms, then kill it and every tool that it
 * started. blocks. */
void worker_stop(struct worker *w, int grace_ms);

#endif
