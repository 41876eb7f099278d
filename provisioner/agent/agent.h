/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The agent's life: session, plan, step, report, again. One process that polls; the waiting and the
 * work happen in its one child (worker.h).
 */
#ifndef AGENT_AGENT_H
#define AGENT_AGENT_H

#include <stdbool.h>
#include <base/err.h>
#include <proto/plan.h>
#include <proto/session.h>

#include <session/backoff.h>
#include "identity.h"
#include <session/lease.h>
#include <session/link.h>
#include <agent/facts/neighbours.h>
#include "options.h"
#include <session/outbox.h>
#include "kernel_feed.h"
#include "screen.h"
#include "worker.h"

enum agent_exit { AGENT_EXIT_FAILED = 1, AGENT_EXIT_REBOOT = 10, AGENT_EXIT_POWEROFF = 11 };

enum agent_phase {
	AGENT_NO_SESSION, /* ask for one, again and again */
	AGENT_IDLE,       /* the worker waits for the next plan */
	AGENT_BUSY,       /* the worker does a step */
	AGENT_LEAVING,    /* what is left is sent, then the host reboots */
};

struct agent {
	struct agent_options options;
	struct identity identity;
	char code[SESSION_CODE_BYTES]; /* of our key and the server's pin: what a person compares */
	struct plan_key *plan_key;
	struct link link;
	struct lease *lease;
	struct outbox outbox;
	struct worker worker;
	struct screen screen;
	struct neighbours neighbours;
	struct kernel_feed kernel_feed;
	enum agent_phase phase;
	struct plan plan; /* of the step that runs */
	int64_t last_seq; /* of the last finished step */
	char last_plan_id[PLAN_ID_BYTES];
	struct event_progress progress;
	struct backoff session_backoff, events_backoff, next_backoff;
	int64_t next_heartbeat_ms;
	int64_t leave_at_ms;
	bool server_lost; /* the screen says so */
	struct err lost;  /* and why */
	bool failed;      /* the host's last step, and nothing was begun since */
};

/* Runs until the host should reboot. out: what to exit with. */
enum agent_exit agent_run(struct agent *a);

#endif
