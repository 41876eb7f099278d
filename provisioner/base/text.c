/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hostile text: what is a UTF-8 character, and where a text may be cut; see base/text.h.
 */
#include <base/text.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <base/str.h>

/* RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF. The NUL at the end is not
 * a continuation byte, so that a cut sequence never reads past it. */
size_t utf8_length(const char *text)
{
	const unsigned char *p = (const unsigned char *)text;
	unsigned char low = 0x80, high = 0xbf;
	size_t n;

	if (p[0] < 0x80)
		return p[0] ? 1 : 0;
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
	n = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	if (p[0] == 0xe0)
		low = 0xa0;
	else if (p[0] == 0xed)
		high = 0x9f;
	else if (p[0] == 0xf0)
		low = 0x90;
	else if (p[0] == 0xf4)
		high = 0x8f;
	if (p[1] < low || p[1] > high)
		return 0;
	for (size_t i = 2; i < n; i++)
		if (p[i] < 0x80 || p[i] > 0xbf)
			return 0;
	return n;
}

bool utf8_is_control(const char *p, size_t n_bytes)
{
	unsigned char c = (unsigned char)p[0];

	if (n_bytes == 2)
		return c == 0xc2 && (unsigned char)p[1] < 0xa0;
	return n_bytes == 1 && (c < 0x20 || c == 0x7f);
}

/* Format characters that a terminal may act on without showing anything: direction overrides and
 * isolates, joiners, tags, line separators; and private use, which means something else on every
 * machine. From UnicodeData.txt 15: Cf, Zl, Zp, Co, and Cn where it is a noncharacter. */
static const struct {
	uint32_t first, last;
} hidden[] = {
	{0x00ad, 0x00ad},    {0x0600, 0x0605},   {0x061c, 0x061c},   {0x06dd, 0x06dd},
	{0x070f, 0x070f},    {0x0890, 0x0891},   {0x08e2, 0x08e2},   {0x180e, 0x180e},
	{0x200b, 0x200f},    {0x2028, 0x202e},   {0x2060, 0x206f},   {0xe000, 0xf8ff},
	{0xfeff, 0xfeff},    {0xfff0, 0xfffb},   {0xfffe, 0xffff},   {0x110bd, 0x110bd},
	{0x110cd, 0x110cd},  {0x13430, 0x1343f}, {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a},
	{0xe0000, 0x10ffff},
};

uint32_t utf8_code_point(const char *p, size_t n_bytes)
{
	static const unsigned char masks[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	uint32_t c = (unsigned char)p[0] & masks[n_bytes];

	for (size_t i = 1; i < n_bytes; i++)
		c = c << 6 | ((unsigned char)p[i] & 0x3f);
	return c;
}

bool utf8_is_hidden(const char *p, size_t n_bytes)
{
	uint32_t c = utf8_code_point(p, n_bytes);

	for (size_t i = 0; i < ARRAY_LEN(hidden); i++)
		if (c >= hidden[i].first && c <= hidden[i].last)
			return true;
	return false;
}

bool text_is_formula(const char *text)
{
	static const uint32_t signs[] = {
		'=',  '+',    '-',    '@',    '\t',  '\r',
		'\n', 0xff1d, 0xff0b, 0xff0d, 0xff20}; /* and full-width ones */
	size_t n_bytes = utf8_length(text);
	uint32_t first = n_bytes ? utf8_code_point(text, n_bytes) : 0;

	for (size_t i = 0; i < ARRAY_LEN(signs); i++)
		if (first == signs[i])
			return true;
	return false;
}

bool text_is_utf8(const char *text)
{
	while (*text) {
		size_t n = utf8_length(text);

		if (!n)
			return false;
		text += n;
	}
	return true;
}

void text_mend(char *text)
{
	while (*text) {
		size_t n = utf8_length(text);

		if (!n)
			*text = '?';
		text += n ? n : 1;
	}
}

/* Bytes that the character begun by this byte has; 1 for a byte that begins none. */
static size_t bytes_promised(char lead)
{
	unsigned char c = (unsigned char)lead;

	return c < 0xc0 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}

size_t text_cut(char *text, size_t max_bytes)
{
	size_t n = strnlen(text, max_bytes), lead = n;

	while (lead > 0 && n - lead < 3 && ((unsigned char)text[lead - 1] & 0xc0) == 0x80)
		lead--;
	if (lead > 0 && bytes_promised(text[lead - 1]) > n - lead + 1)
		n = lead - 1;
	text[n] = '\0';
	return n;
}

bool text_fit(char *dst, size_t dst_bytes, const char *src)
{
	size_t n = strnlen(src, dst_bytes);
	bool whole = n < dst_bytes;

	memcpy(dst, src, whole ? n : dst_bytes - 1);
	dst[whole ? n : dst_bytes - 1] = '\0';
	if (!whole)
		(void)text_cut(dst, dst_bytes - 1);
	text_mend(dst);
	return whole;
}

void text_print(char *dst, size_t dst_bytes, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	int n = vsnprintf(dst, dst_bytes, format, ap);
	va_end(ap);
	if (n < 0)
		dst[0] = '\0';
	else if ((size_t)n >= dst_bytes)
		(void)text_cut(dst, dst_bytes - 1);
	text_mend(dst);
}
