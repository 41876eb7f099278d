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

static int add(int argc, char **argv)
{
	autojson json_t *answer = NULL;
	json_t *profile = NULL;
	struct err err = ERR_INIT;
	struct words words;
	int status = words_read(argc, argv, 1, 1, &words);

	if (status)
		return status;
	if (read_document(words.items[0], &profile, &err) < 0 ||
	    api_send("POST", "/api/v1/profiles", profile, &answer, &err) < 0)
		return command_fail(&err);
	autofree char *name = display_text(api_text(answer, "name"));
	printf("profile '%s' stored\n", name);
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
	{"profile", "add", "FILE|-", "store a profile, new or in place of the one of its name",
	 add},
	{"profile", "list", "[--json]", "list profiles, highest priority first", list},
	{"profile", "show", "[--json] NAME", "print a profile as JSON", show},
	{"profile", "remove", "NAME", "remove a profile", remove_profile},
	{NULL, NULL, NULL, NULL, NULL},
};
