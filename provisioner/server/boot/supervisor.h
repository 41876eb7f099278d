/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The half that keeps privileges. slipwayd forks it before it reads a byte of a stranger's and then
 * gives up its own; the supervisor starts nginx, dnsmasq and the DHCP prober (program.h), each as
 * its own user, starts them again when they end, and says who holds a port. It speaks with the
 * daemon over a socket pair, in messages of one size from the two lists below; a message that is
 * not in them is its end. It opens no file that the daemon names, and runs nothing but the rows of
 * program.c. When the daemon's end closes, it stops the programs and ends.
 */
#ifndef SERVER_BOOT_SUPERVISOR_H
#define SERVER_BOOT_SUPERVISOR_H

#include <stdint.h>
#include <base/err.h>
#include "program.h"

enum supervisor_ask {
	SUPERVISOR_START = 1, /* with the pipes of dnsmasq's and the prober's lines */
	SUPERVISOR_PORT,      /* who holds the port? */
};
#define SUPERVISOR_PIPES 2

struct supervisor_request {
	uint32_t ask;  /* enum supervisor_ask */
	uint32_t port; /* SUPERVISOR_PORT */
	uint32_t is_udp;
};

enum supervisor_say {
	SUPERVISOR_FREE = 1, /* nobody holds it */
	SUPERVISOR_OURS,     /* one of our programs */
	SUPERVISOR_OTHER,    /* text: who */
	SUPERVISOR_REFUSED,  /* text: the program that will not run with its configuration */
	SUPERVISOR_FAILED,   /* text: why a program could not be started */
};
#define SUPERVISOR_TEXT_BYTES 240

struct supervisor_reply {
	uint32_t say; /* enum supervisor_say */
	uint32_t port, is_udp;
	char text[SUPERVISOR_TEXT_BYTES];
};

/* Be the supervisor, until the daemon is gone. in: fd: our end; config_path: or NULL. errors:
 * ERR_SYS */
MUST_CHECK int supervisor_run(const struct boot_place *place, const char *config_path, int fd,
			      struct err *err);

#endif
