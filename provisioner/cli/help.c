/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Help and suggestions; see help.h. Input: the command tables, words of the command line.
 */
#include "help.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <base/str.h>

#include "spelling.h"
#include "tables.h"

#define TYPING_SLIPS 2 /* letters that a word may differ in to be offered */

static const char opening[] =
	"usage: slipway [--socket PATH | --server URL [--pin PIN]] NOUN VERB [ARGUMENT]...\n"
	"       slipway help [NOUN [VERB]]\n"
	"       slipway version\n";

const struct command *help_find(const char *noun, const char *verb)
{
	const struct command *c;

	for (size_t n = 0; (c = command_at(n)); n++)
		if (!strcmp(c->noun, noun) && !strcmp(c->verb, verb))
			return c;
	return NULL;
}

/* The command that is spelt most like these two words; verb may be NULL. */
static const struct command *nearest(const char *noun, const char *verb)
{
	const struct command *c, *found = NULL;
	size_t best = TYPING_SLIPS + 1;

	for (size_t n = 0; (c = command_at(n)); n++) {
		size_t slips = spelling_distance(noun, c->noun) +
			       (verb ? spelling_distance(verb, c->verb) : 0);

		if (slips >= best)
			continue;
		best = slips;
		found = c;
	}
	return found;
}

static bool is_noun(const char *word)
{
	const struct command *c;

	for (size_t n = 0; (c = command_at(n)); n++)
		if (!strcmp(c->noun, word))
			return true;
	return false;
}

/* The verbs of a noun, for a complaint. */
static void add_verbs(struct str *out, const char *noun)
{
	const struct command *c;

	for (size_t n = 0; (c = command_at(n)); n++)
		if (!strcmp(c->noun, noun))
			str_addf(out, "%s%s", out->n_bytes ? ", " : "", c->verb);
}

int help_unknown(const char *noun, const char *verb)
{
	const struct command *meant = nearest(noun, verb);
	autostr struct str verbs;

	str_init(&verbs, 1024);
	add_verbs(&verbs, noun);
	if (!verb && verbs.n_bytes)
		return command_usage("expected a verb after '%s', one of: %s", noun, verbs.p);
	if (!verb)
		return command_usage("unknown noun '%s'%s%s%s", noun,
				     meant ? "; did you mean '" : "; see 'slipway help'",
				     meant ? meant->noun : "", meant ? "'?" : "");
	if (meant)
		return command_usage("unknown command '%s %s'; did you mean '%s %s'?", noun, verb,
				     meant->noun, meant->verb);
	if (!verbs.n_bytes)
		return help_unknown(noun, NULL);
	return command_usage("unknown verb '%s' of '%s'; expected one of: %s", verb, noun, verbs.p);
}

/* ---- printing -------------------------------------------------------------------------------- */

static int print_groups(void)
{
	const struct command *c;

	fputs(opening, stdout);
	for (size_t g = 0; g < ARRAY_LEN(command_groups); g++) {
		printf("\n%s\n", command_groups[g].title);
		for (size_t n = 0; (c = command_of_group(&command_groups[g], n)); n++)
			printf("  %-10s %-10s %s\n", c->noun, c->verb, c->summary);
	}
	printf("\nExit codes: 0 success, 1 failed, 2 wrong usage, 3 not found, 4 conflict or "
	       "refused by a guard rail,\n5 server unreachable, 6 waits for a second person, 7 "
	       "output could not be written. See slipway(1).\n");
	return EXIT_WELL;
}

static int print_noun(const char *noun)
{
	const struct command *c;

	if (!is_noun(noun))
		return help_unknown(noun, NULL);
	for (size_t n = 0; (c = command_at(n)); n++) {
		if (strcmp(c->noun, noun) != 0)
			continue;
		autofree char *line = command_line_of(c);
		printf("  %s\n        %s\n", line, c->summary);
	}
	return EXIT_WELL;
}

int help_print(const char *noun, const char *verb)
{
	const struct command *c;

	if (!noun)
		return print_groups();
	if (!verb)
		return print_noun(noun);
	c = help_find(noun, verb);
	if (!c)
		return help_unknown(noun, verb);
	autofree char *line = command_line_of(c);
	printf("usage: %s\n  %s\n", line, c->summary);
	return EXIT_WELL;
}
