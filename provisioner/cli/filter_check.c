/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fields with a fixed set of words; see filter_check.h. Input: the command line.
 */
#include "filter_check.h"

#include <string.h>

#include <base/str.h>
#include <proto/lifecycle.h>

#include "command.h"
#include "name_value.h"

#define WORDS_MAX_BYTES 1024

#define X(name, text) "," text
static const char states[] = LIFECYCLE_STATES(X);
#undef X

static const struct {
	const char *path, *field;
	const char *words; /* separated by commas; a comma in front is not one */
} rows[] = {
	{"/api/v1/hosts", "state", states + 1},
	{"/api/v1/hosts", "turn", "server,technician,operator"},
	{"/api/v1/hosts", "arch", "x86_64,aarch64"},
	{"/api/v1/hosts", "firmware", "bios,uefi"},
	{"/api/v1/faults", "state", "open,closed"},
	{"/api/v1/faults", "turn", "server,technician,operator"},
	{"/api/v1/orders", "state", "pending,approved,refused,expired,restored"},
	{"/api/v1/orders", "work", "image,erase"},
};

static bool is_among(struct sv word, const char *words)
{
	struct sv rest = sv_of(words);

	while (rest.n > 0)
		if (sv_eq(sv_split(&rest, ','), word))
			return true;
	return false;
}

/* "*" and "rea*" are patterns, and nothing is "unknown". */
static bool is_pattern(struct sv word)
{
	return word.n == 0 || memchr(word.p, '*', word.n) != NULL;
}

static int check(const char *field, const char *words, const char *value)
{
	struct sv rest = sv_of(value);
	autostr struct str shown;

	str_init(&shown, WORDS_MAX_BYTES);
	while (rest.n > 0) {
		struct sv one = sv_split(&rest, ',');

		if (is_pattern(one) || is_among(one, words))
			continue;
		for (const char *p = words; *p; p++) {
			str_addc(&shown, *p);
			if (*p == ',')
				str_addc(&shown, ' ');
		}
		return command_usage("unknown %s '%.*s'; expected one of: %s", field, (int)one.n,
				     one.p, shown.p);
	}
	return 0;
}

/* "state" of the filters "state=ready" and "state!=ready". */
static bool is_field(struct sv name, const char *field)
{
	if (name.n > 0 && name.p[name.n - 1] == '!')
		name.n--;
	return sv_eq_str(name, field);
}

int filter_check(const char *path, const struct words *filters)
{
	for (int i = 0; i < filters->n; i++) {
		struct sv name;
		const char *value;

		if (!name_value_split(filters->items[i], &name, &value))
			continue;
		for (size_t r = 0; r < ARRAY_LEN(rows); r++) {
			int status = str_eq(rows[r].path, path) && is_field(name, rows[r].field)
					     ? check(rows[r].field, rows[r].words, value)
					     : 0;

			if (status)
				return status;
		}
	}
	return 0;
}
