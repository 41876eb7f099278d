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
		uint32_t c = n ? utf8_code_point(text, n) : 0;

		if (!n)
			str_add(out, REPLACEMENT);
		else if (utf8_is_control(text, n) || utf8_is_hidden(text, n) ||
			 looks_escaped(text) || (n > 1 && !iswprint((wint_t)c)))
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
