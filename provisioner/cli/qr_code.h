/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A QR code for a terminal: two modules a character, black on white whatever the terminal's colours.
 */
#ifndef CLI_QR_CODE_H
#define CLI_QR_CODE_H

#include <stdbool.h>
#include <stdio.h>

/* false: the text is too long for one; nothing was printed. */
bool qr_code_print(const char *text, FILE *out);

#endif
