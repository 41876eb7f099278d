/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fitting a table and its texts; see table_fit.h. Input: texts that are fit for display.
 */
#include "table_fit.h"

#include <string.h>
#include <wchar.h>

#include <base/str.h>

#define SHORTEN_MIN 10
#define WRAP_MIN    24
#define ELLIPSIS    "\xe2\x80\xa6"

static size_t larger(size_t a, size_t b)
{
	return a > b ? a : b;
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* ---- columns --------------------------------------------------------------------------------- */

static size_t floor_of(const struct fit_column *c)
{
	if (c->kind == FIT_SHORTEN)
		return smaller(c->natural_width, larger(c->title_width, SHORTEN_MIN));
	if (c->kind == FIT_WRAP)
		return smaller(c->natural_width, larger(c->title_width, WRAP_MIN));
	return c->natural_width;
}

static size_t total_of(const struct fit_column *columns, size_t n)
{
	size_t total = 0;

	for (size_t i = 0; i < n; i++)
		if (!columns[i].is_hidden)
			total += columns[i].width + (total ? TABLE_GAP : 0);
	return total;
}

/* The right-most column that may go, wrapped ones last; the first column always stays. */
static bool hide_last(struct fit_column *columns, size_t n, bool also_wrapped)
{
	for (size_t i = n; i-- > 1;) {
		enum fit_kind kind = columns[i].kind;

		if (columns[i].is_hidden || kind == FIT_WHOLE ||
		    (kind == FIT_WRAP && !also_wrapped))
			continue;
		columns[i].is_hidden = true;
		return true;
	}
	return false;
}

/* What is left goes to the columns from the left, up to what their texts need. */
static void widen(struct fit_column *columns, size_t n, size_t available)
{
	size_t left = available - total_of(columns, n);

	for (size_t i = 0; i < n; i++) {
		struct fit_column *c = &columns[i];
		size_t more = smaller(left, c->natural_width - c->width);

		if (c->is_hidden)
			continue;
		c->width += more;
		left -= more;
	}
}

void table_fit(struct fit_column *columns, size_t n, size_t available)
{
	for (size_t i = 0; i < n; i++) {
		columns[i].is_hidden = i > 0 && columns[i].is_empty;
		columns[i].width = floor_of(&columns[i]);
	}
	while (total_of(columns, n) > available)
		if (!hide_last(columns, n, false) && !hide_last(columns, n, true))
			return;
	widen(columns, n, available);
}

/* ---- texts ----------------------------------------------------------------------------------- */

/* Columns that the character of n_bytes at p takes. */
static size_t char_width(const char *p, size_t n_bytes)
{
	wchar_t c = 0;
	mbstate_t state;
	int width;

	memset(&state, 0, sizeof(state));
	if (mbrtowc(&c, p, n_bytes, &state) == (size_t)-1)
		return n_bytes;
	width = wcwidth(c);
	return width < 0 ? 1 : (size_t)width;
}

static size_t char_bytes(const char *p)
{
	size_t n = utf8_length(p);

	return n ? n : 1;
}

size_t text_width(const char *text)
{
	size_t width = 0;

	for (; *text; text += char_bytes(text))
		width += char_width(text, char_bytes(text));
	return width;
}

/* Bytes of the longest beginning that takes at most `width` columns. */
static size_t bytes_within(const char *text, size_t width)
{
	const char *p = text;
	size_t used = 0;

	while (*p) {
		size_t n = char_bytes(p);

		used += char_width(p, n);
		if (used > width)
			break;
		p += n;
	}
	return (size_t)(p - text);
}

char *text_shorten(const char *text, size_t width)
{
	if (text_width(text) <= width)
		return xstrdup(text);
	return xasprintf("%.*s%s", (int)bytes_within(text, larger(width, 1) - 1), text, ELLIPSIS);
}

/* Bytes of the next line: up to the last blank within the width, or the whole width. */
static size_t line_bytes(const char *text, size_t width)
{
	size_t n = bytes_within(text, width);

	if (!text[n])
		return n;
	if (n == 0) /* a wide character in a narrow column */
		return char_bytes(text);
	for (size_t i = text[n] == ' ' ? n : n - 1; i > 0; i--)
		if (text[i] == ' ')
			return i;
	return n;
}

char *text_wrap(const char *text, size_t width)
{
	autostr struct str out;
	char *wrapped;

	str_init(&out, 2 * strlen(text) + 1);
	while (*text) {
		size_t n = line_bytes(text, width);

		str_add(&out, out.n_bytes ? "\n" : "");
		str_addn(&out, text, n);
		text += n;
		while (*text == ' ')
			text++;
	}
	wrapped = str_take(&out);
	return wrapped ? wrapped : xstrdup("");
}
