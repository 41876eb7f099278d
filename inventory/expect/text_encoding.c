/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds out how a text is encoded and makes UTF-8 of it. What is neither UTF-8 nor UTF-16 is read as
 * Latin-1, or as Windows-1252 where it has bytes that only the latter has; the caller reports it, and
 * control characters that come of a wrong guess are refused with their row. Input: files of any kind.
 */
#include "text_encoding.h"

#include <string.h>

static void add_character(struct str *out, uint32_t c)
{
	if (c < 0x80) {
		str_addc(out, (char)c);
		return;
	}
	if (c >= 0x10000)
		str_addc(out, (char)(0xf0 | c >> 18));
	if (c >= 0x800)
		str_addc(out, (char)(c >= 0x10000 ? 0x80 | (c >> 12 & 0x3f) : 0xe0 | c >> 12));
	str_addc(out, (char)(c >= 0x800 ? 0x80 | (c >> 6 & 0x3f) : 0xc0 | c >> 6));
	str_addc(out, (char)(0x80 | (c & 0x3f)));
}

/* Windows-1252 from 0x80 to 0x9f; 0: undefined. */
static const uint16_t windows[32] = {
	0x20ac, 0,      0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
	0x2039, 0x0152, 0,      0x017d, 0,      0,      0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
	0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0,      0x017e, 0x0178,
};

static void from_one_byte(const unsigned char *p, size_t n, struct str *out,
			  const char **ret_encoding)
{
	*ret_encoding = "Latin-1";
	for (size_t i = 0; i < n; i++) {
		uint32_t c = p[i] >= 0x80 && p[i] < 0xa0 ? windows[p[i] - 0x80] : 0;
		if (c)
			*ret_encoding = "Windows-1252";
		add_character(out, c ? c : p[i]);
	}
}

static uint32_t unit_at(const unsigned char *p, bool big)
{
	return big ? (uint32_t)(p[0] << 8 | p[1]) : (uint32_t)(p[1] << 8 | p[0]);
}

static int from_utf16(const unsigned char *p, size_t n, bool big, struct str *out, struct err *err)
{
	if (n % 2)
		return err_set(err, ERR_CSV, "the file ends in half a UTF-16 character");
	for (size_t i = 0; i < n; i += 2) {
		uint32_t c = unit_at(p + i, big);
		if (c == 0xfeff && i == 0)
			continue;
		if (c >= 0xd800 && c < 0xdc00 && i + 3 < n) {
			uint32_t low = unit_at(p + i + 2, big);
			if (low >= 0xdc00 && low < 0xe000) {
				c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
				i += 2;
			}
		}
		if (c == 0 || (c >= 0xd800 && c < 0xe000))
			return err_set(err, ERR_CSV, "byte %zu of the file is not UTF-16", i + 1);
		add_character(out, c);
	}
	return 0;
}

static bool is_utf8(const char *p, size_t n)
{
	while (n > 0) {
		char c[5] = "";
		memcpy(c, p, n < 4 ? n : 4);
		size_t k = utf8_length(c);
		if (!k)
			return false;
		p += k;
		n -= k;
	}
	return true;
}

static int convert(const char *text, size_t n, struct str *out, const char **ret_encoding,
		   struct err *err)
{
	const unsigned char *p = (const unsigned char *)text;
	bool little = n >= 2 && ((p[0] == 0xff && p[1] == 0xfe) || (p[0] && !p[1]));
	bool big = n >= 2 && ((p[0] == 0xfe && p[1] == 0xff) || (!p[0] && p[1]));

	*ret_encoding = "UTF-16";
	if (little || big)
		return from_utf16(p, n, big, out, err);
	const char *nul = memchr(text, '\0', n);
	if (nul)
		return err_set(err, ERR_CSV, "byte %zu of the file is NUL",
			       (size_t)(nul - text) + 1);
	bool mark = n >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0;
	*ret_encoding = "UTF-8";
	if (is_utf8(text, n)) {
		str_addn(out, text + (mark ? 3 : 0), n - (mark ? 3 : 0));
		return 0;
	}
	from_one_byte(p, n, out, ret_encoding);
	return 0;
}

int text_to_utf8(const char *text, size_t n_bytes, struct str *out, const char **ret_encoding,
		 struct err *err)
{
	int r = convert(text, n_bytes, out, ret_encoding, err);

	if (r >= 0 && !str_ok(out))
		return err_set(err, ERR_TOO_BIG, "the file is too large");
	return r;
}
