/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules of serial numbers, read once from the text that the build makes of serial_rules.json. A date
 * that no calendar has, or that lies after the part was seen, is none: the serial has another form.
 * Input: serials that machines report.
 */
#include "serial_rule.h"

#include <ctype.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <threads.h>
#include <time.h>

#include <base/cleanup.h>
#include <base/json.h>
#include <base/str.h>

#define GROUPS_MAX 5 /* the whole, and what a rule may name */
#define SERIAL_MAX 64
#define US         1000000LL

static const char rules_text[] =
#include <inventory_serial_rules.inc>
	;

static struct {
	json_t *rules;
	regex_t *patterns;
} loaded;
static once_flag loaded_once = ONCE_FLAG_INIT;

static void load(void)
{
	loaded.rules = json_loads(rules_text, JSON_REJECT_DUPLICATES, NULL);
	size_t n = json_array_size(loaded.rules);
	loaded.patterns = xcalloc(n + 1, sizeof(*loaded.patterns));
	for (size_t i = 0; i < n; i++)
		if (regcomp(&loaded.patterns[i],
			    json_string_value(
				    json_object_get(json_array_get(loaded.rules, i), "pattern")),
			    REG_EXTENDED) != 0)
			abort(); /* a rule of ours is wrong: every test shows it */
}

/* The list holds the beginning of the manufacturer's name; an empty list holds every type. */
static bool lists(const json_t *list, const char *text, bool beginning)
{
	size_t i;
	const json_t *one;

	json_array_foreach (list, i, one) {
		const char *word = json_string_value(one);
		size_t n = strlen(word);
		if (strncasecmp(text, word, n) == 0 &&
		    (!text[n] || (beginning && !isalnum((unsigned char)text[n]))))
			return true;
	}
	return false;
}

static bool is_for(const json_t *rule, const struct serial_asked *asked)
{
	const json_t *types = json_object_get(rule, "types");

	return lists(json_object_get(rule, "manufacturers"), asked->manufacturer, true) &&
	       (json_array_size(types) == 0 || lists(types, asked->type, false));
}

/* Digits, or one character that counts on from them: A is 10. -1: the rule names no such group. */
static int group_value(const json_t *group, const char *serial, const regmatch_t *found)
{
	size_t i = (size_t)json_integer_value(group);
	int v = 0;

	if (!group || i == 0 || i >= GROUPS_MAX || found[i].rm_so < 0)
		return -1;
	for (regoff_t at = found[i].rm_so; at < found[i].rm_eo; at++) {
		unsigned char c = (unsigned char)serial[at];
		v = v * 10 + (isdigit(c) ? c - '0' : toupper(c) - 'A' + 10);
	}
	return v;
}

static int year_of(const json_t *rule, const char *serial, const regmatch_t *found, int year_seen)
{
	const json_t *year = json_object_get(rule, "year"), *base = json_object_get(year, "base");
	int v = group_value(json_object_get(year, "group"), serial, found);

	if (base)
		return (int)json_integer_value(base) + v;
	return year_seen - (year_seen - v) % 10; /* the last year that ends in it */
}

/* A day of the week in which it was made; false: no calendar has it. */
static bool day_of(const json_t *rule, const char *serial, const regmatch_t *found, int year,
		   struct tm *ret)
{
	int week = group_value(json_object_get(rule, "week"), serial, found);
	int month = group_value(json_object_get(rule, "month"), serial, found);
	int day = group_value(json_object_get(rule, "day"), serial, found);

	/* the fourth of January is always in the first ISO week */
	*ret = (struct tm){.tm_year = year - 1900, .tm_mday = 4};
	if (week >= 0)
		ret->tm_mday += 7 * (week - 1);
	else
		*ret = (struct tm){.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day};
	if (timegm(ret) == -1)
		return false;
	if (week >= 0)
		return week >= 1 && week <= 53;
	return ret->tm_mon == month - 1 && ret->tm_mday == day;
}

static bool read_by(size_t i, const struct serial_asked *asked, struct serial_says *ret)
{
	const json_t *rule = json_array_get(loaded.rules, i);
	regmatch_t found[GROUPS_MAX];
	time_t seen = (time_t)(asked->seen_us / US);
	struct tm then, day;

	if (!is_for(rule, asked) || !gmtime_r(&seen, &then) ||
	    regexec(&loaded.patterns[i], asked->serial, GROUPS_MAX, found, 0) != 0)
		return false;
	int year = year_of(rule, asked->serial, found, then.tm_year + 1900);
	bool known = day_of(rule, asked->serial, found, year, &day);
	if (known && timegm(&day) > seen && !json_object_get(json_object_get(rule, "year"), "base"))
		known = day_of(rule, asked->serial, found, year - 10, &day);
	if (!known || timegm(&day) > seen)
		return false;
	size_t n = (size_t)json_integer_value(json_object_get(rule, "lot_chars"));
	(void)snprintf(ret->lot, sizeof(ret->lot), "%.*s", (int)n, asked->serial);
	return strftime(ret->made, sizeof(ret->made), "%G-W%V", &day) > 0;
}

bool serial_rule_read(const struct serial_asked *asked, struct serial_says *ret)
{
	call_once(&loaded_once, load);
	*ret = (struct serial_says){"", ""};
	if (!asked->serial[0] || strlen(asked->serial) > SERIAL_MAX)
		return false;
	for (size_t i = 0; i < json_array_size(loaded.rules); i++)
		if (read_by(i, asked, ret))
			return true;
	return false;
}

/* ---- stored ---------------------------------------------------------------------------------- */

int serial_rule_note(struct db *db, int64_t part_num, const struct serial_asked *asked,
		     struct err *err)
{
	struct serial_says says;

	if (!serial_rule_read(asked, &says))
		return 0;
	return db_exec(db, err,
		       "INSERT INTO part_lot (part_num, lot, made) VALUES ($1, $2, $3) ON CONFLICT "
		       "(part_num) DO UPDATE SET lot = $2, made = $3",
		       p_int(part_num), p_text(says.lot), p_text(says.made));
}

int serial_rule_fill(struct db *db, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int r;

	TRY(db_query(db, err, &rows,
		     "SELECT num, type, manufacturer, serial, first_us FROM part WHERE serial <> "
		     "''"));
	while ((r = db_rows_next(rows, err)) == 1) {
		const struct serial_asked asked = {db_text(rows, 1), db_text(rows, 2),
						   db_text(rows, 3), db_int(rows, 4)};
		TRY(serial_rule_note(db, db_int(rows, 0), &asked, err));
	}
	return r;
}
