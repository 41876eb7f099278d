/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slipway lifecycle show: the states of a host, as a table for people or as a picture for Graphviz,
 * printed from the table that the server runs. Needs no server.
 */
#include "command.h"

#include <stdio.h>

#include <proto/lifecycle.h>

#include "option_table.h"

static void print_states(void)
{
	for (int s = 0; s < _STATE_MAX; s++) {
		const struct lifecycle_state_row *row = lifecycle_row((enum lifecycle_state)s);

		printf("%-12s %s\n", row->name, row->meaning);
		if (row->deadline_s)
			printf("%-12s   after %lld s: %s\n", "", (long long)row->deadline_s,
			       row->at_deadline);
		if (row->turn[0])
			printf("%-12s   turn: %s\n", "", row->turn);
		if (row->hint[0])
			printf("%-12s   %s\n", "", row->hint);
	}
}

static int show(int argc, char **argv)
{
	static const struct option_row rows[] = {{"dot", OPTION_FLAG, 0, NULL, NULL}};
	struct words words;
	bool dot = false;
	int status = option_table_read(argc, argv, OPTION_TABLE(rows, 0, 0), &dot, &words);

	if (status)
		return status;
	if (dot) {
		autostr struct str s;

		str_init(&s, 256 * 1024);
		lifecycle_dot(&s);
		printf("%s", s.p);
	} else {
		print_states();
	}
	return EXIT_WELL;
}

const struct command lifecycle_commands[] = {
	{"lifecycle", "show", "[--dot]", "print the states of a host, and what each waits for",
	 show},
	{NULL, NULL, NULL, NULL, NULL},
};
