/* SPDX-License-Identifier: Apache-2.0 */
/*
 * QR codes by libqrencode, drawn with half blocks. The lowest error correction: a screen has no
 * scratches, and smaller codes are read from further away. Input: an address of our own server.
 */
#include "qr_code.h"

#include <qrencode.h>
#include <stdbool.h>

#define QUIET 2 /* modules around it; readers take less than the standard's 4 on a white frame */

/* Outside the code all is light. */
static bool is_dark(const QRcode *code, int x, int y)
{
	if (x < 0 || y < 0 || x >= code->width || y >= code->width)
		return false;
	return code->data[y * code->width + x] & 1;
}

static void print_row(const QRcode *code, int y, FILE *out)
{
	static const char *const blocks[] = {" ", "\u2584", "\u2580", "\u2588"};

	(void)fputs("\033[30;47m", out);
	for (int x = -QUIET; x < code->width + QUIET; x++)
		(void)fputs(blocks[is_dark(code, x, y) * 2 + is_dark(code, x, y + 1)], out);
	(void)fputs("\033[0m\n", out);
}

bool qr_code_print(const char *text, FILE *out)
{
	QRcode *code = QRcode_encodeString(text, 0, QR_ECLEVEL_L, QR_MODE_8, 1);

	if (!code)
		return false;
	for (int y = -QUIET; y < code->width + QUIET; y += 2)
		print_row(code, y, out);
	QRcode_free(code);
	return true;
}
