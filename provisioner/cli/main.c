/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slipway NOUN VERB: reads what stands before the noun, finds the row of the command tables and
 * runs it. Knows no command itself.
 */
#include "command.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <base/cleanup.h>
#include <base/log.h>

#include "display.h"
#include "help.h"
#include "man_list.h"

static bool is_one_of(const char *word, const char *const *words)
{
	for (; *words; words++)
		if (!strcmp(word, *words))
			return true;
	return false;
}

static bool is_help(const char *word)
{
	static const char *const words[] = {"help", "--help", "-h", NULL};

	return is_one_of(word, words);
}

static bool is_version(const char *word)
{
	static const char *const words[] = {"version", "--version", "-V", NULL};

	return is_one_of(word, words);
}

/* Options before the noun say where the appliance is; api.c reads them from the environment.
 * Returns how many words of argv they took, or -1. */
static int take_place_options(int argc, char **argv)
{
	static const struct {
		const char *option, *variable;
	} places[] = {
		{"--socket", "SLIPWAY_SOCKET"},
		{"--server", "SLIPWAY_SERVER"},
		{"--pin", "SLIPWAY_PIN"},
	};
	int i = 1;

	while (i + 1 < argc) {
		size_t p = 0;

		while (p < ARRAY_LEN(places) && strcmp(argv[i], places[p].option) != 0)
			p++;
		if (p == ARRAY_LEN(places))
			break;
		if (setenv(places[p].variable, argv[i + 1], 1) < 0)
			return -1;
		i += 2;
	}
	return i - 1;
}

/* Is -h or --help among the words of a command, before a `--`? */
static bool asks_for_help(int argc, char **argv)
{
	for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h"))
			return true;
	return false;
}

static int help_command(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "--scdoc")) {
		man_list_print(stdout);
		return EXIT_WELL;
	}
	return help_print(argc > 1 ? argv[1] : NULL, argc > 2 ? argv[2] : NULL);
}

static int version_command(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	printf("slipway %s\n", SLIPWAY_VERSION);
	return EXIT_WELL;
}

/* The row of the words, and in *ret_n_words how many of them name it: a noun and a verb, a noun
 * that is a command by itself, or a noun with options (`slipway lifecycle --dot`), which means
 * show. */
static const struct command *find(int argc, char **argv, int *ret_n_words)
{
	const struct command *alone = help_find(argv[0], "");
	bool has_verb = argc > 1 && argv[1][0] != '-';

	*ret_n_words = has_verb && !alone ? 2 : 1;
	if (alone)
		return alone;
	if (has_verb)
		return help_find(argv[0], argv[1]);
	return argc > 1 ? help_find(argv[0], "show") : NULL;
}

/* The word before argv goes behind its first n_words, where options of commands are. */
static char **option_goes_behind(char **argv, int n_words)
{
	char *option = argv[-1];

	memmove(argv - 1, argv, (size_t)n_words * sizeof(*argv));
	argv[n_words - 1] = option;
	return argv - 1;
}

/* argv[0] is the noun; json_first: "--json" stands before it. */
static int run_words(int argc, char **argv, bool json_first)
{
	int n_words;
	const struct command *c = find(argc, argv, &n_words);

	if (argc > 1 && is_help(argv[1]))
		return help_print(argv[0], argc > 2 ? argv[2] : NULL);
	if (!c)
		return help_unknown(argv[0], n_words == 2 ? argv[1] : NULL);
	if (asks_for_help(argc, argv))
		return help_print(c->noun, c->verb);
	if (json_first) {
		argv = option_goes_behind(argv, n_words);
		argc++;
	}
	return command_start(c, argc - n_words + 1, argv + n_words - 1);
}

int main(int argc, char **argv)
{
	static const struct command help = {"help", "", "[NOUN [VERB]]", "", help_command};
	static const struct command version = {"version", "", "", "", version_command};
	int n_taken = take_place_options(argc, argv);

	if (n_taken < 0)
		return EXIT_FAILED;
	argc -= n_taken;
	argv += n_taken;
	display_set_locale();
	command_init(argc, argv);
	log_open("slipway", LOG_FORMAT_TEXT, LOG_WARNING);
	bool json_first = argc > 2 && !strcmp(argv[1], "--json");
	argc -= json_first;
	argv += json_first;
	if (argc < 2)
		return command_usage("expected a noun and a verb; see 'slipway help'");
	if (argv[1][0] == '-' && !is_help(argv[1]) && !is_version(argv[1]))
		return command_usage("unknown option '%s'; see 'slipway help'", argv[1]);
	if (is_help(argv[1]))
		return command_start(&help, argc - 1, argv + 1);
	if (is_version(argv[1]))
		return command_start(&version, argc - 1, argv + 1);
	return run_words(argc - 1, argv + 1, json_first);
}
