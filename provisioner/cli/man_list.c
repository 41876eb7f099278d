/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The list of commands as a piece of slipway(1), in scdoc's language: man/slipway.1.scd holds the
 * prose, the build puts the list in. Input: the command tables.
 */
#include "man_list.h"

#include <string.h>

#include <base/str.h>

#include "tables.h"

/* scdoc's own characters in our words mean themselves. */
static void print_plain(FILE *to, const char *text)
{
	for (; *text; text++) {
		if (strchr("\\*_#[]|", *text))
			(void)fputc('\\', to);
		(void)fputc(*text, to);
	}
}

void man_list_print(FILE *to)
{
	const struct command *c;
	const char *noun = "";

	for (size_t n = 0; (c = command_at(n)); n++) {
		if (strcmp(noun, c->noun) != 0)
			fprintf(to, "## slipway %s\n\n", c->noun);
		noun = c->noun;
		fprintf(to, "*%s%s%s* ", c->noun, *c->verb ? " " : "", c->verb);
		print_plain(to, c->arguments);
		fprintf(to, "\n\t");
		print_plain(to, c->summary);
		fprintf(to, "\n\n");
	}
}
