/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Comparing names of switches and ports; see port_name.h. Input: words from plans and from switches.
 */
#include "port_name.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include <base/hw_id.h>
#include <base/str.h>

#define ABBREVIATION_MIN 2

/* ---- switches -------------------------------------------------------------------------------- */

static bool same_mac(struct sv a, struct sv b)
{
	uint8_t x[MAC_BYTES], y[MAC_BYTES];

	return hw_mac_bytes(a, MAC_ANY, x) && hw_mac_bytes(b, MAC_ANY, y) &&
	       memcmp(x, y, sizeof(x)) == 0;
}

static bool same_text(struct sv a, struct sv b)
{
	return a.n == b.n && strncasecmp(a.p, b.p, a.n) == 0;
}

/* The host's part of a full name; an address in numbers has none. */
static struct sv first_label(struct sv name)
{
	struct sv rest = name, label = sv_split(&rest, '.');

	for (size_t i = 0; i < label.n; i++)
		if (!isdigit((unsigned char)label.p[i]))
			return label;
	return name;
}

static bool has_domain(struct sv name)
{
	return first_label(name).n < name.n;
}

bool port_name_same_switch(const char *a, const char *b)
{
	struct sv x = sv_trim(sv_of(a)), y = sv_trim(sv_of(b));

	if (x.n == 0 || y.n == 0)
		return false;
	if (same_text(x, y) || same_mac(x, y))
		return true;
	if (has_domain(x) == has_domain(y))
		return false;
	return same_text(first_label(x), first_label(y));
}

/* ---- ports ----------------------------------------------------------------------------------- */

/* How the kinds of ports begin, of those with the same beginning the commoner first. A longer word
 * that begins so, and a shorter one that this begins with, are the same kind. */
static const char *const kinds[] = {
	"eth",        "fast",          "gig",        "twogig",   "twentyfivegig",
	"tengig",     "five",          "fortygig",   "fiftygig", "fourhundredgig",
	"hundredgig", "twohundredgig", "management",
};

/* The kind that a word names, or the word itself. */
static struct sv kind_of(struct sv word)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		struct sv kind = sv_of(kinds[i]);
		size_t n = word.n < kind.n ? word.n : kind.n;
		if (word.n >= ABBREVIATION_MIN && strncasecmp(word.p, kind.p, n) == 0)
			return kind;
	}
	return word;
}

/* Split "GigabitEthernet 1/0/3" into its letters and what follows. */
static struct sv split_word(struct sv *rest)
{
	struct sv word = {rest->p, 0};

	while (word.n < rest->n && isalpha((unsigned char)rest->p[word.n]))
		word.n++;
	*rest = sv_trim((struct sv){rest->p + word.n, rest->n - word.n});
	return word;
}

bool port_name_same_port(const char *a, const char *b)
{
	struct sv x = sv_trim(sv_of(a)), y = sv_trim(sv_of(b));

	if (x.n == 0 || y.n == 0)
		return false;
	if (same_text(x, y) || same_mac(x, y))
		return true;
	struct sv of_x = split_word(&x), of_y = split_word(&y);
	return x.n > 0 && same_text(x, y) && of_x.n > 0 && of_y.n > 0 &&
	       same_text(kind_of(of_x), kind_of(of_y));
}
