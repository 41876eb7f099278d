/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text from outside: RFC 3629 and nothing else, cut only between characters.
 *
 * Hosts, agents, spreadsheets and archives send any bytes at all. What is stored, sent or shown
 * went through here.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes (1 to 4) of the well-formed UTF-8 character at text, 0 for anything else and at the end.
 * in: hostile, NUL-terminated. */
size_t utf8_length(const char *text);
/* Is this character of n bytes a control character (C0, DEL or C1), which a terminal may obey? */
bool utf8_is_control(const char *p, size_t n_bytes);
/* The code point of a well-formed character of n bytes. */
uint32_t utf8_code_point(const char *p, size_t n_bytes);
/* Is it a format character that a terminal or a viewer acts on without showing it (a change of
 * direction, a joiner, a line separator), or private use? */
bool utf8_is_hidden(const char *p, size_t n_bytes);

/* Would a spreadsheet take a cell with this text for a formula? Full-width signs count. */
bool text_is_formula(const char *text);

/* Is all of it well-formed UTF-8? */
bool text_is_utf8(const char *text);
/* Replace each byte outside well-formed UTF-8 by '?', in place: the length stays. */
void text_mend(char *text);
/* Shorten text in place to at most max_bytes, ending at a UTF-8 character: one that does not fit
 * whole, or that an earlier cut left incomplete, is removed. Returns the new length. The one way to
 * cut text that is stored, sent or shown. */
size_t text_cut(char *text, size_t max_bytes);
/* Copy with a bound, cut as text_cut() does and mended; false if something was left out. */
bool text_fit(char *dst, size_t dst_bytes, const char *src);
/* snprintf() for text from outside: cut and mended as text_fit() does. */
__attribute__((format(printf, 3, 4))) void text_print(char *dst, size_t dst_bytes,
						      const char *format, ...);

#endif
