/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The slipwayd under test, inside the cage: its configuration, its start, its death (on purpose)
 * and its restart, as a service manager would do it. Knows the files that slipwayd promises to its
 * operators (configuration, ready file, pid files, object store), nothing of its insides.
 *
 *  1. server_start() waits until it serves; 2. server_tend() now and then; 3. server_stop().
 */
#ifndef LAB_SERVER_H
#define LAB_SERVER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <base/child.h>
#include <base/err.h>
#include "words.h"

#define SERVER_RUN_DIR      "/run/lab/run"
#define SERVER_ADMIN_SOCKET SERVER_RUN_DIR "/admin.sock"

struct server {
	const char *program, *boot_dir;
	const char *trust_root; /* the file whose keys signed the images */
	const char *folder;     /* the scenario's folder, absolute: server.log, server/ */
	enum dhcp_mode dhcp;
	struct child child;
	unsigned restarts;
	int64_t restart_at_ms; /* boot clock; 0: none due */
};

/* Make folders and configuration, start, wait until it serves.
 * errors: ERR_LAB_SERVER, ERR_LAB_MISSING, ERR_TIMEOUT. */
MUST_CHECK int server_start(struct server *s, struct err *err);

/* Reap and restart a server that died. Never blocks. */
void server_tend(struct server *s);

/* SIGKILL slipwayd, or a daemon that it supervises, by its pid file. pause_s: for slipwayd, how
 * long until the restart. errors: ERR_NOT_FOUND when it does not run. */
MUST_CHECK int server_kill(struct server *s, enum lab_deed deed, unsigned pause_s, struct err *err);

/* Start it again after server_stop(), with what it has. errors: as server_start(). */
MUST_CHECK int server_resume(struct server *s, struct err *err);

/* SIGTERM, wait up to 10 s, SIGKILL; its daemons go with it, and server_tend() lets it be. */
void server_stop(struct server *s);

/* Change bytes in the object store below the state folder, as an attacker on the server would.
 * *ret_changed: how many objects. manifest_hex: the image's digest. errors: ERR_IO, ERR_NOT_FOUND.
 */
MUST_CHECK int server_tamper(const struct server *s, enum tamper how, const char *manifest_hex,
			     unsigned *ret_changed, struct err *err);

#endif
