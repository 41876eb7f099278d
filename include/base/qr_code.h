/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A QR code as text for consoles: two modules a character, by half blocks. For links that a person
 * opens on a phone; who prints it chooses the colours (dark on light, whatever the console's own are).
 */
#ifndef BASE_QR_CODE_H
#define BASE_QR_CODE_H

#include <stdbool.h>
#include <base/str.h>

#define QR_CODE_TEXT_MAX 512 /* longer ones make codes that no console has room for */

struct qr_code {
	unsigned columns, rows; /* in characters, with the light frame around the code */
	struct str text;        /* UTF-8, each row ended by '\n' */
};

/* Draw text into an uninitialised *ret. false: it is empty or too long; *ret then needs no clean-up.
 * owns: str_done(&ret->text). trust: none of text */
MUST_CHECK bool qr_code_draw(const char *text, struct qr_code *ret);

#endif
