/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An HTTP server for tests, in a child process on loopback, that serves one folder and misbehaves
 * in the way that it is told.
 */
#ifndef TESTS_UNIT_IMAGES_ODD_SERVER_H
#define TESTS_UNIT_IMAGES_ODD_SERVER_H

#include <stddef.h>
#include <sys/types.h>

enum oddity {
	ODD_NONE,
	ODD_NO_RANGES,  /* answers 200 with everything */
	ODD_CLOSE,      /* closes after `arg` bytes of each body, as if the cable was pulled */
	ODD_CLOSE_ONCE, /* closes the first time only, after `arg` bytes */
	ODD_SHORT,      /* says and sends `arg` bytes less than it should */
	ODD_REPEAT,     /* sends the first 512 bytes of a body again in place of the next */
	ODD_REORDER,    /* changes two pieces of 512 bytes */
	ODD_GZIP,       /* claims and begins a gzip encoding */
	ODD_REDIRECT,   /* 302 to another place */
	ODD_ENDLESS,    /* never stops sending */
	ODD_BUSY,       /* 503 for the first two requests */
	ODD_MISSING,    /* 404 */
};

struct odd_server {
	pid_t pid;
	char url[64]; /* "http://127.0.0.1:PORT" */
};
void odd_server_start(struct odd_server *s, const char *folder, enum oddity oddity, size_t arg);
void odd_server_stop(struct odd_server *s);

#endif
