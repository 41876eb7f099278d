/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slipway NOUN VERB: finds the row of the command tables and runs it. Knows no command itself.
 */
#include "command.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <base/cleanup.h>
#include <base/log.h>
#include <base/str.h>

#include "man_list.h"
#include "spelling.h"
#include "tables.h"

#define TYPING_SLIPS 2 /* letters that a word may differ in to be offered */

static const struct command *current;

int command_fail(const struct err *err)
{
	static const struct {
		int code, exit_code;
	} exits[] = {
		{ERR_NOT_FOUND, EXIT_NOT_FOUND},      {ERR_EXISTS, EXIT_CONFLICT},
		{ERR_HOST_UNKNOWN, EXIT_NOT_FOUND},   {ERR_EXPECT_REVISION, EXIT_CONFLICT},
		{ERR_HTTP_ROUTE, EXIT_NOT_FOUND},     {ERR_CONFLICT, EXIT_CONFLICT},
		{ERR_HTTP, EXIT_UNREACHABLE},         {ERR_TIMEOUT, EXIT_UNREACHABLE},
		{ERR_HTTP_PIN, EXIT_UNREACHABLE},     {ERR_CLI_NO_DAEMON, EXIT_UNREACHABLE},
		{ERR_CLI_NOT_ROOT, EXIT_UNREACHABLE},
	};
	const char *hint = err_hint(err->code);

	fprintf(stderr, "slipway: %s [%s]\n", err->msg, err_name(err->code));
	if (*hint)
		fprintf(stderr, "  hint: %s\n", hint);
	for (size_t i = 0; i < ARRAY_LEN(exits); i++)
		if (exits[i].code == err->code)
			return exits[i].exit_code;
	return str_starts(err_name(err->code), "guard.") ? EXIT_CONFLICT : EXIT_FAILED;
}

static void print_line(FILE *to, const char *before, const struct command *c)
{
	fprintf(to, "%sslipway %s %s%s%s\n", before, c->noun, c->verb, *c->arguments ? " " : "",
		c->arguments);
}

static void print_usage(FILE *to, const struct command *c)
{
	print_line(to, "usage: ", c);
}

static int print_help(const struct command *c)
{
	print_usage(stdout, c);
	printf("  %s\n", c->summary);
	return EXIT_WELL;
}

int command_usage(const char *complaint, ...)
{
	va_list ap;

	va_start(ap, complaint);
	fprintf(stderr, "slipway: ");
	vfprintf(stderr, complaint, ap);
	fprintf(stderr, "\n");
	va_end(ap);
	if (current)
		print_usage(stderr, current);
	return EXIT_USAGE;
}

static int help(FILE *to, const char *noun)
{
	size_t n_shown = 0;

	for (size_t t = 0; t < ARRAY_LEN(command_tables); t++) {
		for (const struct command *c = command_tables[t]; c->noun; c++) {
			if (noun && strcmp(noun, c->noun) != 0)
				continue;
			if (noun) {
				print_line(to, "  ", c);
				fprintf(to, "        %s\n", c->summary);
			} else {
				fprintf(to, "  %-10s %-10s %s\n", c->noun, c->verb, c->summary);
			}
			n_shown++;
		}
	}
	return n_shown ? EXIT_WELL : EXIT_USAGE;
}

static const struct command *find(const char *noun, const char *verb)
{
	for (size_t t = 0; t < ARRAY_LEN(command_tables); t++)
		for (const struct command *c = command_tables[t]; c->noun; c++)
			if (!strcmp(c->noun, noun) && !strcmp(c->verb, verb))
				return c;
	return NULL;
}

/* The command that is spelt most like these two words; verb may be NULL. */
static const struct command *nearest(const char *noun, const char *verb)
{
	const struct command *found = NULL;
	size_t best = TYPING_SLIPS + 1;

	for (size_t t = 0; t < ARRAY_LEN(command_tables); t++) {
		for (const struct command *c = command_tables[t]; c->noun; c++) {
			size_t slips = spelling_distance(noun, c->noun) +
				       (verb ? spelling_distance(verb, c->verb) : 0);

			if (slips >= best)
				continue;
			best = slips;
			found = c;
		}
	}
	return found;
}

static int no_such_noun(const char *noun)
{
	const struct command *meant = nearest(noun, NULL);

	fprintf(stderr, "slipway: there is no noun '%s'%s%s%s\n", noun,
		meant ? "; did you mean '" : "; see 'slipway help'", meant ? meant->noun : "",
		meant ? "'?" : "");
	return EXIT_USAGE;
}

static int no_such_command(const char *noun, const char *verb)
{
	const struct command *meant = nearest(noun, verb);

	if (meant)
		return command_usage("there is no command '%s %s'; did you mean '%s %s'?", noun,
				     verb, meant->noun, meant->verb);
	return command_usage("there is no command '%s %s'; see 'slipway help'", noun, verb);
}

static bool wants_help(const char *word)
{
	return !strcmp(word, "help") || !strcmp(word, "--help") || !strcmp(word, "-h");
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

int main(int argc, char **argv)
{
	int n_taken = take_place_options(argc, argv);

	if (n_taken < 0)
		return EXIT_FAILED;
	argc -= n_taken;
	argv += n_taken;
	log_open("slipway", LOG_FORMAT_TEXT, LOG_WARNING);
	if (argc == 2 && !strcmp(argv[1], "--version")) {
		printf("slipway %s\n", SLIPWAY_VERSION);
		return EXIT_WELL;
	}
	if (argc == 3 && wants_help(argv[1]) && !strcmp(argv[2], "--scdoc")) {
		man_list_print(stdout);
		return EXIT_WELL;
	}
	if (argc < 2 || wants_help(argv[1])) {
		FILE *to = argc < 2 ? stderr : stdout;
		const struct command *one = argc > 3 ? find(argv[2], argv[3]) : NULL;

		if (one)
			return print_help(one);
		if (argc > 3)
			return no_such_command(argv[2], argv[3]);
		fprintf(to, "usage: slipway NOUN VERB [ARGUMENT]...    slipway help NOUN for one "
			    "noun\n\n");
		if (help(to, argc > 2 ? argv[2] : NULL) != EXIT_WELL)
			return no_such_noun(argv[2]);
		return argc < 2 ? EXIT_USAGE : EXIT_WELL;
	}
	if (argc < 3 || wants_help(argv[2])) {
		int status = help(argc < 3 ? stderr : stdout, argv[1]);

		if (status != EXIT_WELL)
			return no_such_noun(argv[1]);
		return argc < 3 ? EXIT_USAGE : status;
	}
	if (argv[2][0] == '-') { /* `slipway lifecycle --dot`: the verb is show */
		current = find(argv[1], "show");
		return current ? current->run(argc - 1, argv + 1)
			       : command_usage("'%s' needs a verb", argv[1]);
	}
	current = find(argv[1], argv[2]);
	if (!current)
		return no_such_command(argv[1], argv[2]);
	if (argc > 3 && !strcmp(argv[3], "--help"))
		return print_help(current);
	return current->run(argc - 2, argv + 2);
}
