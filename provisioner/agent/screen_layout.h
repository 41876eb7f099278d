/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stands where on a console: big letters as wide as the console lets them be, and below them
 * lines of text between whose words the rows are broken. Pure, so that a test can look at the rows.
 *
 * Invariants: no row is longer than the console less the cursor's place, and not more rows than it
 * has less one, which is for progress. Where there is no room the text is kept and the letters become
 * smaller, then plain: what a person must read is never cut before what only looks good. The QR code
 * stands beside the text where both have room, and not on serial lines, which may be a log.
 */
#ifndef AGENT_SCREEN_LAYOUT_H
#define AGENT_SCREEN_LAYOUT_H

#include <base/str.h>

#define SCREEN_COLUMNS      80
#define SCREEN_ROWS         25
#define SCREEN_BIG_MAX      4 /* lines in big letters */
#define SCREEN_LAYOUT_BYTES 65536

struct screen_size {
	unsigned columns, rows; /* rows 0: a serial line, which scrolls */
};

/* What is said. All "" where there is none; trust: any text, escaped here. */
struct screen_view {
	const char *headline; /* up to 13 letters */
	const char *code;     /* of the host; big, too */
	const char *slot;     /* of a part that hands must touch; big */
	const char *serial;   /* of that part; big */
	const char *text;     /* lines for people */
	const char *place;    /* rack and unit; NULL: not known */
	const char *page;     /* address of the host's page, also as a QR code; NULL: none */
};

/* Append the rows, each ended by "\r\n". */
void screen_layout(const struct screen_view *v, struct screen_size size, struct str *out);

/* Five lines of letters as text, each ended by a newline. Unknown characters are blank. */
void screen_big_letters(struct str *out, const char *text);

#endif
