/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the kernel command line tells the agent: where its server is and how to know it. Nothing on
 * that line is secret; the pin makes it enough.
 */
#ifndef AGENT_OPTIONS_H
#define AGENT_OPTIONS_H

#include <base/err.h>

struct agent_options {
	char server[256];    /* https://ADDR */
	char plain[256];     /* http://ADDR, "" if not given */
	char pin[64];        /* sha256//BASE64 of the server's public key */
	char boot_id[65];    /* "" if not given */
	char boot_order[12]; /* "network" or "disk" first in the firmware; "" network */
};

/* trust: the line comes from the network, through iPXE; every value is checked.
 * errors: ERR_AGENT_CMDLINE, naming the word. */
MUST_CHECK int agent_options_parse(const char *cmdline, struct agent_options *ret, struct err *err);

#endif
