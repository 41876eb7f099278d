/* SPDX-License-Identifier: Apache-2.0 */
/*
 * QR codes by libqrencode, drawn with half blocks. The lowest error correction: a screen has no
 * scratches, and smaller codes are read from further away. Input: an address of our own server.
 */
#include <base/qr_code.h>

#include <qrencode.h>
#include <string.h>

#define QUIET    2 /* modules around it; readers take less than the standard's 4 on a white frame */
#define MAX_SIDE 177

/* Outside the code all is light. */
static bool is_dark(const QRcode *code, int x, int y)
{
	if (x < 0 || y < 0 || x >= code->width || y >= code->width)
		return false;
	return code->data[y * code->width + x] & 1;
}

static void add_row(const QRcode *code, int y, struct str *out)
{
	static const char *const blocks[] = {" ", "\u2584", "\u2580", "\u2588"};

	for (int x = -QUIET; x < code->width + QUIET; x++)
		str_add(out, blocks[is_dark(code, x, y) * 2 + is_dark(code, x, y + 1)]);
	str_addc(out, '\n');
}

bool qr_code_draw(const char *text, struct qr_code *ret)
{
	size_t n = strlen(text);
	QRcode *code = n && n <= QR_CODE_TEXT_MAX
			       ? QRcode_encodeString(text, 0, QR_ECLEVEL_L, QR_MODE_8, 1)
			       : NULL;

	*ret = (struct qr_code){.columns = 0};
	if (!code)
		return false;
	str_init(&ret->text, (size_t)MAX_SIDE * MAX_SIDE * 2);
	ret->columns = (unsigned)code->width + 2 * QUIET;
	for (int y = -QUIET; y < code->width + QUIET; y += 2, ret->rows++)
		add_row(code, y, &ret->text);
	QRcode_free(code);
	return true;
}
