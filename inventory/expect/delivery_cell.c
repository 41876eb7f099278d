/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Words in cells of vendors' lists. A word is known or it is a value: there are no guesses, because
 * a value that is taken for a word is a machine that vanishes. Input: cells of vendors' files.
 */
#include "delivery_cell.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include <base/cleanup.h>
#include <base/str.h>

static const char *const empty_words[] = {
	"n/a",
	"n.a.",
	"n/k",
	"none",
	"null",
	"nil",
	"nan",
	"(blank)",
	"(none)",
	"(empty)",
	"<null>",
	"tbd",
	"t.b.d.",
	"tba",
	"t.b.a.",
	"tbc",
	"t.b.c.",
	"to be determined",
	"to be defined",
	"to be advised",
	"to be announced",
	"to be confirmed",
	"to be assigned",
	"to follow",
	"unknown",
	"unassigned",
	"not assigned",
	"not available",
	"not applicable",
	"not known",
	"not set",
	"pending",
	"missing",
	"k.a.",
	"k. a.",
	"unbekannt",
	"offen",
	"inconnu",
};

bool cell_is_empty(const char *text)
{
	bool letter = false;

	for (const char *p = text; *p; p++)
		letter |= isalnum((unsigned char)*p) || (unsigned char)*p >= 0x80;
	for (size_t i = 0; i < ARRAY_LEN(empty_words); i++)
		if (strcasecmp(text, empty_words[i]) == 0)
			return true;
	return text[0] && !letter && text[0] != '#' && text[0] != '=';
}

/* ---- totals, remarks ------------------------------------------------------------------------- */

/* Alone, or with a blank, a colon or a bracket behind them: "TOTAL1234" is a serial. */
static const char *const remark_starts[] = {
	"total",       "totals",        "sub total", "subtotal", "sub-total",     "grand total",
	"sum",         "count",         "summe",     "gesamt",   "zwischensumme", "somme",
	"sous-total",  "totale",        "suma",      "page",     "seite",         "end of list",
	"end of file", "end of report", "eof",       "note",     "notes",         "remark",
	"remarks",     "comment",       "hinweis",   "quantity", "end",           "continued",
	"true",        "false",         "wahr",      "falsch",   "vrai",          "faux",
	"verdadero",   "falso",
};

/* Headings of lists that are glued together or printed on pages. */
static const char *const heading_words[] = {
	"serial", "serials",   "serial number", "serial numbers", "serialnumber", "serial no",
	"s/n",    "sn",        "service tag",   "asset tag",      "mac",          "mac address",
	"macs",   "host name", "hostname",      "rack",           "seriennummer",
};

/* "4 pcs": how many, not which. */
static bool is_amount(const char *text)
{
	static const char *const units[] = {"pc",    "pcs",   "pieces", "units", "servers",
					    "hosts", "nodes", "items",  "ea",    "stk"};
	size_t n = strspn(text, "0123456789");
	size_t blanks = strspn(text + n, " ");

	for (size_t i = 0; n > 0 && blanks > 0 && i < ARRAY_LEN(units); i++)
		if (strcasecmp(text + n + blanks, units[i]) == 0)
			return true;
	return false;
}

static bool ends_word(char c)
{
	return c == '\0' || isspace((unsigned char)c) || c == ':' || c == '(' || c == '=';
}

/* "S/N: A1234" is a label with its heading, "bob@example.net" and "https://.." are addresses. */
static bool is_label_or_address(const char *text)
{
	return strchr(text, '@') || strstr(text, "://") || strncasecmp(text, "s/n", 3) == 0 ||
	       strncasecmp(text, "sn:", 3) == 0;
}

bool cell_is_remark(const char *text)
{
	if (is_label_or_address(text))
		return true;
	if (text[0] && strchr("#/*-=", text[0]) && (text[1] == ' ' || text[1] == text[0]))
		return true;
	for (size_t i = 0; i < ARRAY_LEN(remark_starts); i++) {
		size_t n = strlen(remark_starts[i]);
		if (strncasecmp(text, remark_starts[i], n) == 0 && ends_word(text[n]))
			return true;
	}
	if (is_amount(text))
		return true;
	size_t n = strlen(text);
	while (n > 0 && strchr(".:#* ", text[n - 1]))
		n--;
	for (size_t i = 0; i < ARRAY_LEN(heading_words); i++)
		if (n == strlen(heading_words[i]) && strncasecmp(text, heading_words[i], n) == 0)
			return true;
	return false;
}

/* ---- words ----------------------------------------------------------------------------------- */

/* Four letters or more and nothing else but marks around them, not all of them capitals. */
static bool is_word(struct sv text)
{
	bool small = false;

	while (text.n > 0 && ispunct((unsigned char)text.p[0]))
		text = (struct sv){text.p + 1, text.n - 1};
	while (text.n > 0 && ispunct((unsigned char)text.p[text.n - 1]))
		text.n--;
	for (size_t i = 0; i < text.n; i++) {
		if (!isalpha((unsigned char)text.p[i]))
			return false;
		small |= islower((unsigned char)text.p[i]) != 0;
	}
	return small && text.n >= 4;
}

bool cell_has_words(const char *text)
{
	struct sv rest = sv_of(text);

	while (rest.n > 0)
		if (is_word(sv_split(&rest, ' ')))
			return true;
	return false;
}

/* ---- several serials ------------------------------------------------------------------------- */

/* The next stretch of letters and digits; what stands between two goes. */
static struct sv next_piece(const char **p)
{
	struct sv piece;

	while (**p && !isalnum((unsigned char)**p))
		(*p)++;
	piece.p = *p;
	while (isalnum((unsigned char)**p))
		(*p)++;
	piece.n = (size_t)(*p - piece.p);
	return piece;
}

/* Alike as neighbours of one list are: one length, one beginning of at least half of it, an end in a
 * digit. */
static bool are_neighbours(struct sv a, struct sv b)
{
	size_t same = 0;

	while (same < a.n && same < b.n && a.p[same] == b.p[same])
		same++;
	return a.n == b.n && a.n >= 6 && same < a.n && 2 * same >= a.n &&
	       isdigit((unsigned char)a.p[a.n - 1]) && isdigit((unsigned char)b.p[b.n - 1]);
}

bool cell_holds_several(const char *text)
{
	struct sv last = next_piece(&text);

	while (*text) {
		struct sv piece = next_piece(&text);
		if (sv_eq_str(piece, "to"))
			continue;
		if (are_neighbours(last, piece))
			return true;
		last = piece;
	}
	return false;
}

/* ---- rack units ------------------------------------------------------------------------------ */

/* "U12", "RU 12", "unit 12", "12", "12.0": one number. What follows it stays in *p. */
static bool take_unit(const char **p, int64_t *ret)
{
	static const char *const marks[] = {"unit", "slot", "ru", "he", "u"};
	int64_t v = 0;
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(marks); i++)
		if (strncasecmp(*p, marks[i], strlen(marks[i])) == 0) {
			*p += strlen(marks[i]);
			*p += strspn(*p, " .:#-_");
			break;
		}
	for (; isdigit((unsigned char)**p) && n < 5; n++, (*p)++)
		v = v * 10 + (**p - '0');
	if (n > 0 && **p == '.' && (*p)[1] == '0') {
		(*p)++;
		*p += strspn(*p, "0");
	}
	*ret = v;
	return n > 0 && n < 5;
}

bool cell_rack_unit(const char *text, int64_t *ret_lowest, bool *ret_many)
{
	const char *p = text;
	int64_t first, last;

	*ret_many = false;
	if (!take_unit(&p, &first))
		return false;
	last = first;
	if (*p) {
		static const char *const joints[] = {" - ", "-", "\xe2\x80\x93", "/",
						     "..",  ":", " to "};
		const char *joint = NULL;
		for (size_t i = 0; i < ARRAY_LEN(joints) && !joint; i++)
			joint = str_starts(p, joints[i]) ? joints[i] : NULL;
		p += joint ? strlen(joint) : 0;
		if (!joint || !take_unit(&p, &last))
			return false;
	}
	*ret_lowest = first < last ? first : last;
	*ret_many = first != last;
	/* a machine of 20 units would be a large one; "12-2026" is a date */
	return !*p && (first < last ? last - first : first - last) < 20;
}
