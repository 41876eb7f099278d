/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a person in front of the host sees, on every console: what happens in big letters, the short
 * code, how long it will take, what to do if it failed. Screens are redrawn in place; serial lines
 * get the banner at each change and then at most one plain line in five seconds, so that logs stay
 * readable.
 */
#ifndef AGENT_SCREEN_H
#define AGENT_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <base/err.h>
#include <base/str.h>
#include "screen_layout.h"

#define SCREEN_MAX_CONSOLES 8

struct screen {
	int fds[SCREEN_MAX_CONSOLES];
	bool is_vt[SCREEN_MAX_CONSOLES];
	size_t n;
	int kernel_fd;            /* the console of the kernel's messages; -1: none */
	char *last;               /* what stands there, to draw it once */
	char page[320];           /* address of the host's page, once it is known */
	char place[257];          /* where the host stands; "": not known */
	int64_t last_progress_ms; /* on serial consoles */
	int64_t last_vt_ms;
};

/* Open what /run/slipway/consoles names, else /dev/console; nothing to open is not an error. */
void screen_open(struct screen *s);
void screen_close(struct screen *s);

/* What every screen says of the host from now on. trust: none of place */
void screen_set_host(struct screen *s, const char *page, const char *place);
/* Up to 13 letters, digits and -.:! in big; text: lines for people, escaped here. Drawn when it
 * differs from what stands. */
void screen_show(struct screen *s, const char *headline, const char *code, const char *text);
/* What an error means, its stable name, and what to do. */
void screen_show_error(struct screen *s, const char *headline, const char *code,
		       const struct err *err);
/* The same with a part that hands must touch. */
void screen_show_view(struct screen *s, const struct screen_view *v);

/* One line under the banner; brief where the whole does not fit, or NULL. */
struct screen_line {
	const char *whole, *brief;
};
void screen_progress(struct screen *s, const struct screen_line *line);

#endif
