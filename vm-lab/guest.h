/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commands in an installed guest, as a scenario's expect_command names them: over SSH, by a key
 * that the lab makes and that the host's profile carries. The guest's address is what the wire's
 * neighbour table says of its MAC, so it holds for DHCP and for fixed addresses alike.
 *
 * Life: 1. guest_key_make() before the profile is posted. 2. guest_step() once a round while
 * guest_is_busy(). 3. guest_stop() when the lab ends in between. Output lies in HOST.command-N.log.
 * trust: output is the guest's; its last line is quoted printable, the rest only stored.
 */
#ifndef LAB_GUEST_H
#define LAB_GUEST_H

#include <stdbool.h>
#include <base/child.h>
#include <base/err.h>
#include "scenario.h"

#define GUEST_FAILURE_BYTES 400

struct guest_run {
	size_t n_passed; /* commands that ended with 0: the next is this one */
	size_t n_tries;  /* connections that the guest did not take, for this command */
	struct child child;
	int64_t first_try_ms, began_ms, next_try_ms; /* of this command, boot clock; 0: not yet */
	char failure[GUEST_FAILURE_BYTES];           /* "" while nothing failed; then it is over */
};

/* What all commands of a bench need; strings are borrowed. */
struct guest_way {
	const char *folder;   /* where logs go */
	const char *key_path; /* private half */
	const char *user;
	const char *ssh;        /* the program: "ssh" */
	const char *neighbours; /* the table: "/proc/net/arp" */
};

/* Make FOLDER/guest_key; *ret_public: its public line, the caller frees.
 * errors: ERR_PROCESS_MISSING without OpenSSH's ssh-keygen, ERR_IO. */
MUST_CHECK int guest_key_make(const char *folder, char **ret_public, struct err *err);

/* Has it commands that are neither passed nor failed? */
bool guest_is_busy(const struct lab_host *spec, const struct guest_run *run);
/* Start the next command, or see what became of the one that runs. Never blocks. */
void guest_step(const struct guest_way *way, const struct lab_host *spec, struct guest_run *run);
void guest_stop(struct guest_run *run);

/* The addresses that a neighbour table (the text of /proc/net/arp) gives a MAC: how many, and the
 * one at `want` % that many in ret. 0: none. */
size_t guest_address(const char *table, const char *mac, size_t want, char ret[static 16]);

#endif
