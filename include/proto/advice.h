/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why a host is not ready, whose turn it is and what to do: one list for the server, the page, the
 * host's screen and the command line. Pure: it reads no store and knows no clock.
 *
 * How to add advice: a row in advice.c, above the row of its state without conditions, which is the
 * last resort. A test walks every state with every condition, and every error.
 */
#ifndef PROTO_ADVICE_H
#define PROTO_ADVICE_H

#include <base/err.h>
#include <proto/lifecycle.h>

/* What is known of a host besides its state; bits. */
enum advice_condition {
	ADVICE_ORDER_WAITS = 1, /* an order for it needs a second person */
	ADVICE_SILENT = 2,      /* its agent made no contact for the time of a lease or longer */
	ADVICE_WORKING = 4,     /* its agent has begun to write: a permit was granted */
	ADVICE_FAULT = 8,       /* a repair order is open */
	ADVICE_LATE = 16,       /* the deadline of its state has passed */
	ADVICE_APPROVED = 32,   /* a person or a profile let it in */
	ADVICE_ARMED = 64,      /* the state's work is permitted, by an arm or by its profile */
	ADVICE_HELD = 128,      /* its agent was told to wait instead of the state's work */
	ADVICE_STOPPED = 256,   /* all writing is stopped */
	ADVICE_STOPPING = 512,  /* its agent still runs a step that was ended */
};
#define ADVICE_CONDITIONS_ALL 1023

/* Whole sentences, which live as long as the program. HOST in a command stands for the host. */
struct advice {
	const char *title;   /* two or three words: "Waits for an arm" */
	const char *turn;    /* server, technician, operator, or "" when nothing is to be done */
	const char *why;     /* "It waits for ..." */
	const char *action;  /* "Compare ..." */
	const char *command; /* "slipway host approve HOST", or "" */
};

/* Conditions that a state has no row for change nothing. */
const struct advice *advice_of_state(enum lifecycle_state state, unsigned conditions);

/* What a host in that state is called in lists, where only the turn is known besides. */
const char *advice_title(enum lifecycle_state state, const char *turn);

/* The same for a failed step, by the error's code: turn and action come from the error's class and
 * hint. For a code outside the list (a burn-in finding) the repair order itself has the text. */
struct advice advice_of_error(int code);

#endif
