/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every command shares: how it starts and ends, and how its errors are printed. Knows no
 * command itself. Input: errors, which may hold text from the server.
 */
#include "command.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>
#include <base/cleanup.h>
#include <base/str.h>

#include "display.h"

#define COMPLAINT_BYTES 512

static const struct command *current;
static bool errors_are_json;

const struct command *command_current(void)
{
	return current;
}

char *command_line_of(const struct command *c)
{
	return xasprintf("slipway %s%s%s%s%s", c->noun, *c->verb ? " " : "", c->verb,
			 *c->arguments ? " " : "", c->arguments);
}

/* ---- errors ---------------------------------------------------------------------------------- */

static int exit_code_of(int code)
{
	static const struct {
		int code, exit_code;
	} exits[] = {
		{ERR_NOT_FOUND, EXIT_NOT_FOUND},      {ERR_EXISTS, EXIT_CONFLICT},
		{ERR_HOST_UNKNOWN, EXIT_NOT_FOUND},   {ERR_EXPECT_REVISION, EXIT_CONFLICT},
		{ERR_HTTP_ROUTE, EXIT_NOT_FOUND},     {ERR_CONFLICT, EXIT_CONFLICT},
		{ERR_HTTP, EXIT_UNREACHABLE},         {ERR_TIMEOUT, EXIT_UNREACHABLE},
		{ERR_HTTP_PIN, EXIT_UNREACHABLE},     {ERR_CLI_NO_DAEMON, EXIT_UNREACHABLE},
		{ERR_CLI_NOT_ROOT, EXIT_UNREACHABLE}, {ERR_CLI_USAGE, EXIT_USAGE},
		{ERR_CLI_OUTPUT, EXIT_OUTPUT},
	};

	for (size_t i = 0; i < ARRAY_LEN(exits); i++)
		if (exits[i].code == code)
			return exits[i].exit_code;
	return str_starts(err_name(code), "guard.") ? EXIT_CONFLICT : EXIT_FAILED;
}

static void print_json_error(const struct err *err, const char *hint)
{
	json_t *doc = json_pack("{s:s, s:s, s:i}", "code", err_name(err->code), "detail", err->msg,
				"exit_code", exit_code_of(err->code));

	if (*hint)
		(void)json_object_set_new(doc, "hint", json_string(hint));
	if (err->pointer[0])
		(void)json_object_set_new(doc, "pointer", json_string(err->pointer));
	(void)json_dumpf(doc, stderr, JSON_SORT_KEYS | JSON_ENSURE_ASCII);
	(void)fputc('\n', stderr);
	json_decref(doc);
}

int command_fail(const struct err *err)
{
	const char *hint = err_hint(err->code);

	if (errors_are_json) {
		print_json_error(err, hint);
		return exit_code_of(err->code);
	}
	autofree char *shown = display_text(err->msg);
	fprintf(stderr, "slipway: %s [%s]\n", shown, err_name(err->code));
	if (*hint)
		fprintf(stderr, "  hint: %s\n", hint);
	return exit_code_of(err->code);
}

int command_usage(const char *complaint, ...)
{
	autofree char *usage = current ? command_line_of(current)
				       : xstrdup("slipway NOUN VERB [ARGUMENT]...");
	char text[COMPLAINT_BYTES];
	struct err err = ERR_INIT;
	va_list ap;

	va_start(ap, complaint);
	(void)vsnprintf(text, sizeof(text), complaint, ap);
	va_end(ap);
	(void)err_set(&err, ERR_CLI_USAGE, "%s", text);
	if (errors_are_json) {
		print_json_error(&err, usage);
		return EXIT_USAGE;
	}
	autofree char *shown = display_text(err.msg);
	fprintf(stderr, "slipway: %s\n", shown);
	fprintf(stderr, "usage: %s\n", usage);
	return EXIT_USAGE;
}

/* ---- start and end --------------------------------------------------------------------------- */

/* A full disk behind standard output shows when the rest of the output is written. */
static int finish(int status)
{
	struct err err = ERR_INIT;

	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	(void)err_sys(&err, ERR_CLI_OUTPUT, "cannot write to standard output");
	return command_fail(&err);
}

void command_init(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (!strcmp(argv[i], "--json"))
			errors_are_json = true;
}

int command_start(const struct command *c, int argc, char **argv)
{
	current = c;
	return finish(c->run(argc, argv));
}
