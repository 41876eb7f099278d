/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slipway profile: what may happen to the hosts that match. A profile is one JSON document, as in
 * provisioner/proto/README.md; the server checks it and names the field that is wrong.
 */
#include "command.h"
#include "listing.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <base/file.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>

#include "api.h"
#include "display.h"
#include "option_table.h"
#include "order_commands.h"
#include "table.h"

static int read_document(const char *path, json_t **ret, struct err *err)
{
	autofree char *text = NULL;
	size_t n_bytes;

	if (strcmp(path, "-") != 0)
		return json_load_file_strict(path, LIMIT_JSON_BODY_BYTES, ret, err);
	TRY(file_read_fd(STDIN_FILENO, LIMIT_JSON_BODY_BYTES, &text, &n_bytes, err));
	return json_load_strict(text, n_bytes, LIMIT_JSON_BODY_BYTES, ret, err);
}

static const struct column columns[] = {
	{"NAME", "name", COLUMN_KEY},         {"PRIORITY", "priority", COLUMN_TEXT},
	{"ENROL", "enrol", COLUMN_TEXT},      {"APPROVE", "auto_approve", COLUMN_TEXT},
	{"IMAGE", "image.line", COLUMN_TEXT}, {"BURN-IN", "burnin.tier", COLUMN_TEXT},
	{"WIPE", "wipe", COLUMN_TEXT},        {NULL, NULL, COLUMN_TEXT},
};

/* ---- before it is stored --------------------------------------------------------------------- */

static void print_problem(const json_t *problem)
{
	autofree char *where = display_text(api_text(problem, "pointer"));
	autofree char *detail = display_text(api_text(problem, "detail"));

	fprintf(stderr, "slipway: %s: %s [%s]\n", *where ? where : "/", detail,
		api_text(problem, "code"));
}

static void print_warnings(const json_t *found)
{
	size_t i;
	json_t *warning;

	json_array_foreach (json_object_get(found, "warnings"), i, warning) {
		autofree char *text = display_text(json_string_value(warning));
		fprintf(stderr, "slipway: warning: %s\n", text);
	}
}

/* What the server finds; more than one problem is printed here, one is an error as any other. */
static int check_document(const json_t *profile, bool json, json_t **ret, struct err *err)
{
	size_t i;
	json_t *problem;

	int rc = api_send("POST", "/api/v1/profiles/check", json_deep_copy(profile), ret, err);
	if (rc ==
	    -ERR_AUTH_SCOPE) { /* a token that may write and not read: storing it checks, too */
		err_clear(err);
		return 0;
	}
	TRY(rc);
	const json_t *problems = json_object_get(*ret, "problems");
	if (json_array_size(problems) == 0)
		return 0;
	const json_t *first = json_array_get(problems, 0);
	int code = err_code_by_name(api_text(first, "code"));
	if (json_array_size(problems) > 1 && !json)
		json_array_foreach (problems, i, problem)
			print_problem(problem);
	if (json_array_size(problems) > 1)
		return err_set(err, code ? (enum err_code)code : ERR_INVALID,
			       "%zu problems; the profile was not stored",
			       json_array_size(problems));
	(void)err_set(err, code ? (enum err_code)code : ERR_INVALID, "%s",
		      api_text(first, "detail"));
	return err_at(err, api_text(first, "pointer"));
}

static void print_fits(const char *before, const json_t *found)
{
	printf("%s it fits %lld of %lld hosts\n", before, api_number(found, "fits"),
	       api_number(found, "hosts"));
}

static void print_stored(const json_t *answer, const json_t *found)
{
	autofree char *name = display_text(api_text(answer, "name"));
	autofree char *stored = xasprintf("profile '%s' stored", name);
	autofree char *before = xasprintf("%s:", stored);

	print_warnings(found);
	if (order_print_pending(answer))
		return;
	if (found)
		print_fits(before, found);
	else
		printf("%s\n", stored);
}

static int add(int argc, char **argv)
{
	autojson json_t *profile = NULL, *found = NULL, *answer = NULL;
	struct err err = ERR_INIT;
	struct words words;
	bool json;
	int status = words_read_json(argc, argv, 1, 1, &json, &words);

	if (status)
		return status;
	if (read_document(words.items[0], &profile, &err) < 0 ||
	    check_document(profile, json, &found, &err) < 0 ||
	    api_send("POST", "/api/v1/profiles", json_incref(profile), &answer, &err) < 0)
		return command_fail(&err);
	if (json)
		api_print_json(answer);
	else
		print_stored(answer, found);
	return json_object_get(answer, "order") ? EXIT_PENDING : EXIT_WELL;
}

static int check(int argc, char **argv)
{
	autojson json_t *profile = NULL, *found = NULL;
	struct err err = ERR_INIT;
	struct words words;
	bool json;
	int status = words_read_json(argc, argv, 1, 1, &json, &words);

	if (status)
		return status;
	if (read_document(words.items[0], &profile, &err) < 0 ||
	    check_document(profile, json, &found, &err) < 0) {
		if (json && found)
			api_print_json(found);
		return command_fail(&err);
	}
	if (json)
		api_print_json(found);
	else {
		print_warnings(found);
		print_fits("no problem found:", found);
	}
	return EXIT_WELL;
}

static int list(int argc, char **argv)
{
	return listing_whole(argc, argv, "/api/v1/profiles", "profiles", columns);
}

static int show_or_remove(const char *method, int argc, char **argv)
{
	autojson json_t *answer = NULL;
	struct err err = ERR_INIT;
	struct words words;
	bool json; /* a profile is JSON with and without the option */
	int status = words_read_json(argc, argv, 1, 1, &json, &words);

	if (status)
		return status;
	autofree char *path = api_path("/api/v1/profiles/", words.items[0], "");
	if (api_send(method, path, NULL, &answer, &err) < 0)
		return command_fail(&err);
	if (answer)
		api_print_json(answer);
	return EXIT_WELL;
}

static int show(int argc, char **argv)
{
	return show_or_remove("GET", argc, argv);
}

static int remove_profile(int argc, char **argv)
{
	return show_or_remove("DELETE", argc, argv);
}

const struct command profile_commands[] = {
	{"profile", "add", "[--json] FILE|-",
	 "check and store a profile, new or in place of the one of its name", add},
	{"profile", "check", "[--json] FILE|-",
	 "print everything that is wrong with a profile, and how many hosts it would fit", check},
	{"profile", "list", "[--json]", "list profiles, highest priority first", list},
	{"profile", "show", "[--json] NAME", "print a profile as JSON", show},
	{"profile", "remove", "NAME", "remove a profile", remove_profile},
	{NULL, NULL, NULL, NULL, NULL},
};
