/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of a host, as one const table of states and one of transitions. Pure: it stores nothing,
 * knows no clock and performs no effect; the daemon's engine stores state and event in one
 * transaction and then performs the effects, which are idempotent.
 *
 * How to add a state: a row in LIFECYCLE_STATES and in states[] of lifecycle.c. How to add an
 * event: a row in LIFECYCLE_EVENTS, its sentence in events[], and a transition row for every state
 * in which it may happen. A test walks every pair.
 */
#ifndef PROTO_LIFECYCLE_H
#define PROTO_LIFECYCLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <base/str.h>

#define LIFECYCLE_STATES(X)                                                                        \
	X(EXPECTED, "expected")                                                                    \
	X(DISCOVERED, "discovered")                                                                \
	X(INSPECTING, "inspecting")                                                                \
	X(TESTING, "testing")                                                                      \
	X(IMAGING, "imaging")                                                                      \
	X(VERIFYING, "verifying")                                                                  \
	X(READY, "ready")                                                                          \
	X(IN_SERVICE, "in-service")                                                                \
	X(ERASING, "erasing")                                                                      \
	X(RETIRED, "retired")                                                                      \
	X(QUARANTINED, "quarantined")                                                              \
	X(FAILED, "failed")                                                                        \
	X(MAINTENANCE, "maintenance")

#define LIFECYCLE_EVENTS(X)                                                                        \
	X(CONTACT, "contact")                                                                      \
	X(INSPECTED, "inspected")                                                                  \
	X(BURN_IN_PASSED, "burn_in_passed")                                                        \
	X(BURN_IN_FAILED, "burn_in_failed")                                                        \
	X(PERMIT, "permit")                                                                        \
	X(IMAGED, "imaged")                                                                        \
	X(FIRST_BOOT, "first_boot")                                                                \
	X(STEP_FAILED, "step_failed")                                                              \
	X(INTERRUPTED, "interrupted")                                                              \
	X(RESUME, "resume")                                                                        \
	X(DEADLINE, "deadline")                                                                    \
	X(CONFLICT, "conflict")                                                                    \
	X(ERASED, "erased")                                                                        \
	X(APPROVE, "approve")                                                                      \
	X(ARM, "arm")                                                                              \
	X(RETRY, "retry")                                                                          \
	X(SERVE, "serve")                                                                          \
	X(RELEASE, "release")                                                                      \
	X(MAINTAIN, "maintain")                                                                    \
	X(ERASE, "erase")                                                                          \
	X(RETIRE, "retire")

enum lifecycle_state {
#define X(name, text) STATE_##name,
	LIFECYCLE_STATES(X)
#undef X
		_STATE_MAX
};

enum lifecycle_event {
#define X(name, text) HOST_EVENT_##name,
	LIFECYCLE_EVENTS(X)
#undef X
		_HOST_EVENT_MAX
};

/* What a transition may depend on: bits that the engine computes from the store. */
enum lifecycle_guard {
	GUARD_INSPECTED = 1, /* its facts are known */
	GUARD_NEXT_TEST = 2, /* approved, and its profile wants a burn-in that was not passed yet */
	GUARD_NEXT_IMAGE = 4,    /* approved, and an image is the next thing */
	GUARD_WRITING = 8,       /* a permit to write was granted and its end was not reported */
	GUARD_RETRYABLE = 16,    /* the failure may pass by itself, and tries are left */
	GUARD_ARM_ALIVE = 32,    /* the arm of this session is not expired */
	GUARD_LATE = 64,         /* failed only because the first-boot report did not come */
	GUARD_OVERRIDE = 128,    /* a person said the extra word */
	GUARD_REBOOTS = 256,     /* it has rebooted in this burn-in as often as it may */
	GUARD_UNTESTED = 512,    /* an arm without its burn-in, for a reason that is given */
	GUARD_SAME_BOOT = 1024,  /* the agent came back without a reboot */
	GUARD_MORE_DISKS = 4096, /* the order names more disks to erase */
	GUARD_SWAPPED = 2048,    /* other parts are where those were that its faults name */
};

enum lifecycle_effect {
	EFFECT_NEW_PLAN = 1,     /* end the live plan; the next question gets a new one */
	EFFECT_VOID_ARMS = 2,    /* unused arms of the host end */
	EFFECT_OPEN_FAULT = 4,   /* write a repair order from the event's code */
	EFFECT_CLOSE_FAULTS = 8, /* the host proved itself */
	EFFECT_FORGET = 16,      /* approval, inspection and test results count no more */
	EFFECT_END_SESSIONS = 32,
	EFFECT_CANCEL_RUN = 64, /* an open burn-in run ends CANCELLED */
};

struct lifecycle_state_row {
	const char *name;
	const char *title; /* for people: "In service" */
	const char *meaning;
	int64_t deadline_s; /* 0: none; the engine may lengthen it by a test's own limits */
	const char *at_deadline;
	const char *turn; /* server, technician, operator, "" */
	const char *hint; /* what a technician should do */
	bool wants_agent; /* a netboot gets the agent, else the local disk */
};

struct lifecycle_outcome {
	enum lifecycle_state to;
	unsigned effects;
	const char *why; /* one line */
};

const struct lifecycle_state_row *lifecycle_row(enum lifecycle_state state);
const char *lifecycle_state_str(enum lifecycle_state state);
/* States in which a host's identity is settled and nothing is learned against it; ends with NULL. */
extern const char *const lifecycle_states_at_rest[];
bool lifecycle_state_parse(const char *text, enum lifecycle_state *ret);
const char *lifecycle_event_str(enum lifecycle_event event);
const char *lifecycle_event_meaning(enum lifecycle_event event);

/* False: this event means nothing in this state, and nothing happens; *ret is not touched. */
bool lifecycle_step(enum lifecycle_state state, enum lifecycle_event event, unsigned guards,
		    struct lifecycle_outcome *ret);
/* Does any row exist for the pair, whatever the guards? For tests and for messages. */
bool lifecycle_possible(enum lifecycle_state state, enum lifecycle_event event);

/* The tables as a Graphviz picture. */
void lifecycle_dot(struct str *out);

#endif
