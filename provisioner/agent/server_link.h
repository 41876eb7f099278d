/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The agent's link to its server: to the address and the pin of the kernel command line, with the
 * key of this boot.
 */
#ifndef AGENT_SERVER_LINK_H
#define AGENT_SERVER_LINK_H

#include <session/link.h>
#include "identity.h"
#include "options.h"

/* May be called in a forked child too: connections are not shared. owns: link_close(l).
 * errors: ERR_HTTP* when the address or the pin cannot be used */
MUST_CHECK int server_link_open(struct link *l, const struct agent_options *o,
				const struct identity *id, struct err *err);
/* Open a session with what this machine says of itself. errors: those of link_start_session() */
MUST_CHECK int server_link_start_session(struct link *l, const char *boot_id, struct err *err);

#endif
