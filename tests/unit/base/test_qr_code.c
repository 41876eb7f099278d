/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The half blocks of a QR code, read back into modules: they are those of libqrencode, with a light
 * frame of two modules around, and what cannot be a code is refused.
 */
#include <tests/harness/check.h>

#include <qrencode.h>
#include <stdlib.h>

#include <base/alloc.h>
#include <base/qr_code.h>

#define FRAME 2

/* The next character: upper module in bit 0, lower in bit 1; -1: none of the four. */
static int take_block(const char **at)
{
	static const char *const blocks[] = {" ", "\u2580", "\u2584", "\u2588"};

	for (int i = 0; i < 4; i++)
		if (str_starts(*at, blocks[i])) {
			*at += strlen(blocks[i]);
			return i;
		}
	return -1;
}

static bool wanted(const QRcode *code, int x, int y)
{
	return x >= 0 && y >= 0 && x < code->width && y < code->width &&
	       (code->data[y * code->width + x] & 1);
}

static void check_modules(const char *name, const struct qr_code *drawn, const QRcode *code)
{
	const char *at = drawn->text.p;

	CHECK_INT(name, drawn->columns, code->width + 2 * FRAME);
	CHECK_INT(name, drawn->rows, (code->width + 2 * FRAME + 1) / 2);
	for (unsigned row = 0; row < drawn->rows; row++) {
		for (unsigned column = 0; column < drawn->columns; column++) {
			int x = (int)column - FRAME, y = (int)row * 2 - FRAME,
			    got = take_block(&at);
			CHECK_INT(name, got, wanted(code, x, y) | wanted(code, x, y + 1) << 1);
		}
		CHECK_INT(name, *at++, '\n');
	}
	CHECK_INT(name, *at, '\0');
}

static void test_codes(void **state)
{
	static const struct {
		const char *name, *text;
		unsigned columns;
	} rows[] = {
		{"one letter", "A", 25},
		{"a host's page", "https://10.20.0.1/#/hosts/ABCD2345", 29},
		{"a host's page behind a port", "https://192.168.100.200:8443/#/hosts/ABCD2345",
		 33},
		{"a name", "https://slipway.provisioning.example.com/#/hosts/ABCD2345", 37},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct qr_code drawn;
		QRcode *code = QRcode_encodeString(rows[i].text, 0, QR_ECLEVEL_L, QR_MODE_8, 1);

		CHECK(rows[i].name, code && qr_code_draw(rows[i].text, &drawn));
		CHECK_INT(rows[i].name, drawn.columns, rows[i].columns);
		check_modules(rows[i].name, &drawn, code);
		str_done(&drawn.text);
		QRcode_free(code);
	}
}

static void test_no_codes(void **state)
{
	char *text = xcalloc(1, QR_CODE_TEXT_MAX + 2);
	struct qr_code drawn;

	(void)state;
	memset(text, 'x', QR_CODE_TEXT_MAX + 1);
	assert_false(qr_code_draw("", &drawn));
	assert_false(qr_code_draw(text, &drawn));
	text[QR_CODE_TEXT_MAX] = '\0';
	assert_true(qr_code_draw(text, &drawn));
	str_done(&drawn.text);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_codes),
		cmocka_unit_test(test_no_codes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
