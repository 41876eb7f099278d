/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading options by their rows; see option_table.h.
 */
#include "option_table.h"

#include <getopt.h>
#include <stdint.h>
#include <stdio.h>

#include <base/cleanup.h>
#include <base/str.h>

#include "command.h"

#define FIRST_VALUE   256 /* of getopt: past all characters */
#define MISSING_VALUE ':'

static bool add_to_list(struct option_list *list, const char *text)
{
	if (list->n == OPTION_LIST_MAX)
		return false;
	list->items[list->n++] = text;
	return true;
}

static bool read_number(const char *text, uint64_t *ret)
{
	return parse_u64(text, ret) && *ret > 0 && *ret <= OPTION_NUMBER_MAX;
}

static bool read_value(const struct option_row *row, const char *text, void *member)
{
	switch (row->kind) {
	case OPTION_FLAG:
		*(bool *)member = true;
		return true;
	case OPTION_TEXT:
		*(const char **)member = text;
		return true;
	case OPTION_NUMBER:
		return read_number(text, member);
	case OPTION_LIST:
		return add_to_list(member, text);
	case OPTION_READ:
		return row->read(text, member);
	}
	return false;
}

static int refuse_value(const struct option_row *row, const char *text)
{
	if (row->kind == OPTION_LIST)
		return command_usage("--%s is given more than %d times", row->name,
				     OPTION_LIST_MAX);
	if (row->kind == OPTION_NUMBER)
		return command_usage("invalid value for --%s: '%s'; expected a number from 1 to %d",
				     row->name, text, OPTION_NUMBER_MAX);
	return command_usage("invalid value for --%s: '%s'%s%s", row->name, text,
			     row->expected ? "; expected " : "",
			     row->expected ? row->expected : "");
}

static int refuse_count(const struct option_table *t, int n)
{
	const char *more = t->max_words == OPTION_WORDS_ANY ? " or more" : "";

	if (t->max_words == 0)
		return command_usage("expected no argument, found %d", n);
	if (*more || t->min_words == t->max_words)
		return command_usage("expected %d argument%s%s, found %d", t->min_words,
				     t->min_words == 1 ? "" : "s", more, n);
	return command_usage("expected %d to %d arguments, found %d", t->min_words, t->max_words,
			     n);
}

static void fill_options(const struct option_table *t, struct option *options)
{
	for (size_t i = 0; i < t->n_rows; i++)
		options[i] = (struct option){
			.name = t->rows[i].name,
			.has_arg = t->rows[i].kind == OPTION_FLAG ? no_argument : required_argument,
			.val = FIRST_VALUE + (int)i};
}

int option_table_read(int argc, char **argv, const struct option_table *table, void *ret,
		      struct words *ret_words)
{
	autofree struct option *options = xcalloc(table->n_rows + 1, sizeof(*options));
	int value;

	fill_options(table, options);
	opterr = 0;
	optind = 0; /* start over, in case this process has read a command line before */
	while ((value = getopt_long(argc, argv, ":", options, NULL)) != -1) {
		const struct option_row *row = value >= FIRST_VALUE
						       ? &table->rows[value - FIRST_VALUE]
						       : NULL;

		if (value == MISSING_VALUE)
			return command_usage("option '%s' needs a value", argv[optind - 1]);
		if (!row)
			return command_usage("unknown option: '%s'", argv[optind - 1]);
		if (!read_value(row, optarg, (char *)ret + row->offset))
			return refuse_value(row, optarg);
	}
	*ret_words = (struct words){argv + optind, argc - optind};
	if (ret_words->n < table->min_words ||
	    (table->max_words != OPTION_WORDS_ANY && ret_words->n > table->max_words))
		return refuse_count(table, ret_words->n);
	return 0;
}

int words_read(int argc, char **argv, int min_words, int max_words, struct words *ret)
{
	const struct option_table table = {NULL, 0, min_words, max_words};

	return option_table_read(argc, argv, &table, NULL, ret);
}

int words_read_json(int argc, char **argv, int min_words, int max_words, bool *ret_json,
		    struct words *ret)
{
	static const struct option_row rows[] = {{"json", OPTION_FLAG, 0, NULL, NULL}};

	*ret_json = false;
	return option_table_read(argc, argv, OPTION_TABLE(rows, min_words, max_words), ret_json,
				 ret);
}

struct words words_after(const struct words *w, int n)
{
	return (struct words){w->items + n, w->n - n};
}
