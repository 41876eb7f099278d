/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slipway user: the people who sign in at the page. Only root on the appliance makes them. A password
 * is asked for on the terminal without showing it, or read from standard input; never an option:
 * others can read the options of a process. Input: the command line, a password, the server's
 * answers.
 */
#include "command.h"
#include "listing.h"

#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <base/json.h>
#include <base/qr_code.h>
#include <base/str.h>

#include "api.h"
#include "display.h"
#include "table.h"

#define USERS          "/api/v1/users"
#define PASSWORD_BYTES 300 /* the server says what is too long */

static const struct column columns[] = {
	{"NAME", "name", COLUMN_KEY},
	{"ROLE", "role", COLUMN_TEXT},
	{"PASSWORD", "password", COLUMN_TEXT},
	{"SIGNED IN", "signed_in", COLUMN_WHEN},
	{"CREATED", "created", COLUMN_WHEN},
	{"DISABLED", "disabled", COLUMN_WHEN},
	{NULL, NULL, COLUMN_TEXT},
};

static int list(int argc, char **argv)
{
	return listing_whole(argc, argv, USERS, "items", columns);
}

/* ---- passwords ------------------------------------------------------------------------------- */

static bool read_line(char ret[static PASSWORD_BYTES])
{
	if (!fgets(ret, PASSWORD_BYTES, stdin))
		return false;
	ret[strcspn(ret, "\r\n")] = '\0';
	return true;
}

static bool ask_unseen(const char *question, char ret[static PASSWORD_BYTES])
{
	struct termios before, unseen;

	if (tcgetattr(STDIN_FILENO, &before) < 0)
		return false;
	unseen = before;
	unseen.c_lflag &= ~(tcflag_t)ECHO;
	(void)fputs(question, stderr);
	(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &unseen);
	bool got = read_line(ret);
	(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
	(void)fputc('\n', stderr);
	return got;
}

/* Into body's "password". Returns an exit code. */
static int add_password(json_t *body)
{
	char first[PASSWORD_BYTES], again[PASSWORD_BYTES];
	bool terminal = isatty(STDIN_FILENO);
	bool got = terminal ? ask_unseen("Password (12 characters or more): ", first)
			    : read_line(first);

	if (!got)
		return command_usage("expected a password on standard input");
	if (terminal && (!ask_unseen("The same again: ", again) || !str_eq(first, again)))
		return command_usage("the two passwords differ");
	(void)json_object_set_new(body, "password", json_string_of(first));
	explicit_bzero(first, sizeof(first));
	explicit_bzero(again, sizeof(again));
	return EXIT_WELL;
}

/* ---- making and changing --------------------------------------------------------------------- */

struct create_options {
	bool links_only;
};

static int create(int argc, char **argv)
{
	static const struct option_row rows[] = {
		{"links-only", OPTION_FLAG, offsetof(struct create_options, links_only), NULL,
		 NULL},
	};
	struct create_options o = {.links_only = false};
	struct err err = ERR_INIT;
	autojson json_t *body = json_object();
	autojson json_t *doc = NULL;
	struct words words;
	int status = option_table_read(argc, argv, OPTION_TABLE(rows, 2, 2), &o, &words);

	if (status)
		return status;
	(void)json_object_set_new(body, "name", json_string_of(words.items[0]));
	(void)json_object_set_new(body, "role", json_string_of(words.items[1]));
	if (!o.links_only)
		status = add_password(body);
	if (status)
		return status;
	if (api_send("POST", USERS, json_incref(body), &doc, &err) < 0)
		return command_fail(&err);
	printf("created; sign in at the page as %s%s\n", api_text(doc, "name"),
	       o.links_only ? ", by a link: slipway user link NAME" : "");
	return EXIT_WELL;
}

static int change(const char *name, json_t *body, const char *done)
{
	struct err err = ERR_INIT;
	autofree char *path = api_path(USERS "/", name, "");

	if (api_send("PATCH", path, body, NULL, &err) < 0)
		return command_fail(&err);
	printf("%s\n", done);
	return EXIT_WELL;
}

static int password(int argc, char **argv)
{
	autojson json_t *body = json_object();
	struct words words;
	int status = words_read(argc, argv, 1, 1, &words);

	if (!status)
		status = add_password(body);
	return status ? status
		      : change(words.items[0], json_incref(body),
			       "changed; the person is signed out everywhere");
}

static int role(int argc, char **argv)
{
	struct words words;
	int status = words_read(argc, argv, 2, 2, &words);

	return status ? status
		      : change(words.items[0],
			       json_pack("{s:o}", "role", json_string_of(words.items[1])),
			       "changed; the person is signed out everywhere");
}

static int disable(int argc, char **argv)
{
	struct words words;
	int status = words_read(argc, argv, 1, 1, &words);

	return status ? status
		      : change(words.items[0], json_pack("{s:b}", "disabled", 1),
			       "disabled; the person is signed out everywhere");
}

static int enable(int argc, char **argv)
{
	struct words words;
	int status = words_read(argc, argv, 1, 1, &words);

	return status ? status
		      : change(words.items[0], json_pack("{s:b}", "disabled", 0), "enabled");
}

/* ---- links ----------------------------------------------------------------------------------- */

/* Black on white, whatever the terminal's colours are. */
static void print_qr_code(const char *text)
{
	struct qr_code code;

	if (!qr_code_draw(text, &code))
		return;
	struct sv rest = {code.text.p, code.text.n_bytes};
	while (rest.n) {
		struct sv row = sv_split(&rest, '\n');

		printf("\033[30;47m%.*s\033[0m\n", (int)row.n, row.p);
	}
	str_done(&code.text);
}

static int link_of(int argc, char **argv)
{
	struct err err = ERR_INIT;
	autojson json_t *doc = NULL;
	struct words words;
	int status = words_read(argc, argv, 1, 1, &words);

	if (status)
		return status;
	autofree char *path = api_path(USERS "/", words.items[0], "/links");
	if (api_send("POST", path, NULL, &doc, &err) < 0)
		return command_fail(&err);
	if (isatty(STDOUT_FILENO))
		print_qr_code(api_text(doc, "url"));
	printf("%s\n", api_text(doc, "url"));
	fprintf(stderr, "signs '%s' in once, until %s; this link is not shown again\n",
		api_text(doc, "name"), api_text(doc, "expires"));
	return EXIT_WELL;
}

const struct command user_commands[] = {
	{"user", "list", "[--json]", "list the people who sign in at the page", list},
	{"user", "create", "[--links-only] NAME viewer|technician|operator|admin",
	 "create an account; the password is asked for, or read from standard input", create},
	{"user", "password", "NAME", "set another password; it is asked for", password},
	{"user", "role", "NAME viewer|technician|operator|admin", "set another role", role},
	{"user", "disable", "NAME", "sign a person out everywhere and let nobody in by the name",
	 disable},
	{"user", "enable", "NAME", "let the person sign in again", enable},
	{"user", "link", "NAME",
	 "a link, and its QR code for a phone, that signs a person in once within ten minutes",
	 link_of},
	{NULL, NULL, NULL, NULL, NULL},
};
