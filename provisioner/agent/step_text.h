/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the screen says of a step, for a technician who stands before the host: what happens to
 * which disk, whether to do anything, what to do if it breaks off; and under it how far it is and
 * how long it still takes. Pure.
 */
#ifndef AGENT_STEP_TEXT_H
#define AGENT_STEP_TEXT_H

#include <base/str.h>
#include <proto/events.h>
#include <proto/plan.h>

/* One word, drawn big. */
const char *step_headline(enum plan_step_kind kind);
/* Lines under it; "" for a step that brings its own (wait). out is initialised by the caller. */
void step_text(const struct plan *plan, struct str *out);

/* A wait's message, its big lines apart; "" there is none. owns: wait_words_done() */
struct wait_words {
	char *verb, *slot, *serial, *rest;
};
void wait_words_read(const char *message, struct wait_words *ret);
void wait_words_done(struct wait_words *w);

/* "write  41 %, 1 min 20 s left": the same for a narrow console. */
void progress_brief(const struct event_progress *p, struct str *out);
/* "image  [########............]  41 %  212 MiB of 512 MiB, about 1 min 20 s left  write" */
void progress_text(const struct event_progress *p, struct str *out);

#endif
