/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading options by their rows; see option_table.h.
 */
#include "option_table.h"

#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>

#include <base/cleanup.h>
#include <base/str.h>

#include "command.h"

#define FIRST_VALUE 256 /* of getopt: past all characters */

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
	}
	return false;
}

int option_table_read(int argc, char **argv, const struct option_row *rows, size_t n_rows,
		      void *ret)
{
	autofree struct option *options = xcalloc(n_rows + 1, sizeof(*options));
	int value;

	for (size_t i = 0; i < n_rows; i++)
		options[i] = (struct option){
			.name = rows[i].name,
			.has_arg = rows[i].kind == OPTION_FLAG ? no_argument : required_argument,
			.val = FIRST_VALUE + (int)i};
	while ((value = getopt_long(argc, argv, "", options, NULL)) != -1) {
		const struct option_row *row = value >= FIRST_VALUE ? &rows[value - FIRST_VALUE]
								    : NULL;

		if (!row || !read_value(row, optarg, (char *)ret + row->offset))
			return command_usage("'%s' is no option here, or no value that it takes",
					     argv[optind - 1]);
	}
	return 0;
}
