/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the host's screens say while the agent lives: one big word, the host's short code, and what
 * it means for somebody who stands in front of the machine.
 */
#ifndef AGENT_AGENT_SHOW_H
#define AGENT_AGENT_SHOW_H

#include "agent.h"

/* text: for people; it may hold what the server said, which screen.h makes harmless. */
void agent_show(struct agent *a, const char *headline, const char *text);
/* What went wrong, its stable name, and what to do. */
void agent_show_error(struct agent *a, const char *headline, const struct err *err);
/* The step of the plan that begins. */
void agent_show_step(struct agent *a);
/* Nothing to do but to wait, and for whom. */
void agent_show_wait(struct agent *a);
/* Take what the step says of its progress, and show it. A percentage does not fall back while the
 * same work goes on. */
void agent_take_progress(struct agent *a, const struct event_progress *now);
/* How far the step is, on the line below. */
void agent_show_progress(struct agent *a);
/* No answer, and an answer again: said once each. Sets and clears a->server_lost. */
void agent_show_server_lost(struct agent *a, const struct err *err);
void agent_show_server_found(struct agent *a);
/* A switch port that waits for LACP was heard: it may be why there is no answer. */
void agent_show_lacp(struct agent *a);

#endif
