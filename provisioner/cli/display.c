/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text for a terminal; see display.h. Input: what hosts, vendors and other people wrote.
 */
#include "display.h"

#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wctype.h>

#define COLUMNS_DEFAULT 80
#define COLUMNS_MAX     10000

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

#define SECOND_US ((int64_t)1000000)
#define MINUTE_US (60 * SECOND_US)
#define HOUR_US   (60 * MINUTE_US)
#define DAY_US    (24 * HOUR_US)

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

/* The code point of a well-formed character of n bytes. */
static uint32_t code_point(const char *p, size_t n_bytes)
{
	static const unsigned char masks[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	uint32_t c = (unsigned char)p[0] & masks[n_bytes];

	for (size_t i = 1; i < n_bytes; i++)
		c = c << 6 | ((unsigned char)p[i] & 0x3f);
	return c;
}

static bool is_hidden(uint32_t c)
{
	for (size_t i = 0; i < ARRAY_LEN(hidden); i++)
		if (c >= hidden[i].first && c <= hidden[i].last)
			return true;
	return false;
}

/* A backslash that would read as an escape of ours, or as one of libsmartcols ("\x"). */
static bool looks_escaped(const char *text)
{
	return text[0] == '\\' && (text[1] == 'x' || text[1] == 'u' || text[1] == 'U');
}

static void add_escape(struct str *out, uint32_t c)
{
	str_addf(out, c < 0x10000 ? "\\u%04x" : "\\U%08x", c);
}

void display_add(struct str *out, const char *text)
{
	while (*text) {
		size_t n = utf8_length(text);
		uint32_t c = n ? code_point(text, n) : 0;

		if (!n)
			str_add(out, REPLACEMENT);
		else if (utf8_is_control(text, n) || is_hidden(c) || looks_escaped(text) ||
			 (n > 1 && !iswprint((wint_t)c)))
			add_escape(out, c);
		else
			str_addn(out, text, n);
		text += n ? n : 1;
	}
}

char *display_text(const char *text)
{
	autostr struct str out;
	char *shown;

	str_init(&out, 10 * strlen(text) + 1); /* one byte becomes "\u001b", four "\U000e0001" */
	display_add(&out, text);
	shown = str_take(&out);
	return shown ? shown : xstrdup("");
}

/* ---- moments --------------------------------------------------------------------------------- */

void display_duration(int64_t us, char ret[static DURATION_BYTES])
{
	const char *unit = us < MINUTE_US ? "s" : us < HOUR_US ? "min" : us < DAY_US ? "h" : "d";
	int64_t size_us = us < MINUTE_US ? SECOND_US
			  : us < HOUR_US ? MINUTE_US
			  : us < DAY_US  ? HOUR_US
					 : DAY_US;
	long long whole = us < 0 ? 0 : (long long)(us / size_us);
	int minutes = (int)(us % HOUR_US / MINUTE_US);

	if (size_us == HOUR_US && minutes)
		(void)snprintf(ret, DURATION_BYTES, "%lld h %d min", whole, minutes);
	else
		(void)snprintf(ret, DURATION_BYTES, "%lld %s", whole, unit);
}

/* ---- the terminal ---------------------------------------------------------------------------- */

bool display_has_colour(void)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && (!no || !*no) && (!term || strcmp(term, "dumb") != 0);
}

size_t display_columns(void)
{
	const char *text = getenv("COLUMNS");
	struct winsize size;
	uint64_t n = 0;

	if (!isatty(STDOUT_FILENO))
		return 0;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		return size.ws_col;
	return text && parse_u64(text, &n) && n > 0 && n < COLUMNS_MAX ? (size_t)n
								       : COLUMNS_DEFAULT;
}

/* What the programs print is UTF-8, as their JSON is; a locale of another character set would make
 * the C library refuse or escape it. */
void display_set_locale(void)
{
	if (!setlocale(LC_CTYPE, "") || strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
		(void)setlocale(LC_CTYPE, "C.UTF-8");
}
