/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text of any origin, made fit for a terminal: printable UTF-8 stays as it is ("Halle Süd"), what a
 * terminal may obey or what changes the order of the text that is shown becomes visible
 * ("\u001b", "\u202e"). And moments as people say them.
 */
#ifndef CLI_DISPLAY_H
#define CLI_DISPLAY_H

#include <stdbool.h>
#include <stdint.h>
#include <base/str.h>

/* Append text; what is not UTF-8 becomes U+FFFD. trust: none. */
void display_add(struct str *out, const char *text);
/* The same as a new string; the caller frees. */
MUST_CHECK char *display_text(const char *text);

#define DURATION_BYTES 32
/* "45 s", "12 min", "3 h 20 min", "5 d". A negative duration is 0 s. */
void display_duration(int64_t duration_us, char ret[static DURATION_BYTES]);

/* May colour be written to standard output: it is a terminal, and NO_COLOR is empty or not set. */
bool display_has_colour(void);
/* Columns of the terminal behind standard output; 0 when it is none. */
size_t display_columns(void);
/* Let the C library measure and print UTF-8 whatever the locale is; call once, first. */
void display_set_locale(void);

#endif
