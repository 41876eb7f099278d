/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files as spreadsheets save them: UTF-8 or UTF-16 with or without a byte order mark, Latin-1. Pure.
 * Private to the room.
 */
#ifndef INVENTORY_TEXT_ENCODING_H
#define INVENTORY_TEXT_ENCODING_H

#include <base/str.h>

/* The text as UTF-8 without a mark into out (whose maximum is the caller's), and what it was:
 * "UTF-8", "UTF-16", "Latin-1". trust: none of it. errors: ERR_CSV (half a character, a NUL), ERR_TOO_BIG
 */
MUST_CHECK int text_to_utf8(const char *text, size_t n_bytes, struct str *out,
			    const char **ret_encoding, struct err *err);

#endif
