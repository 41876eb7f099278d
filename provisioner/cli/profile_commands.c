/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slipway profile: what may happen to the hosts that match. A profile is one JSON document, as in
 * provisioner/proto/README.md; the server checks it and names the field that is wrong.
 */
#include "command.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <base/file.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>

#include "api.h"

static int read_document(const char *path, json_t **ret, struct err *err)
{
	autofree char *text = NULL;
	size_t n_bytes;

	if (strcmp(path, "-") != 0)
		return json_load_file_strict(path, LIMIT_JSON_BODY_BYTES, ret, err);
	TRY(file_read_fd(STDIN_FILENO, LIMIT_JSON_BODY_BYTES, &text, &n_bytes, err));
	return json_load_strict(text, n_bytes, LIMIT_JSON_BODY_BYTES, ret, err);
}

static int add(int argc, char **argv)
{
	AUTO(json) json_t *answer = NULL;
	json_t *profile = NULL;
	struct err err = ERR_INIT;

	if (argc != 2)
		return command_usage("one file is wanted, or - for standard input");
	if (read_document(argv[1], &profile, &err) < 0 ||
	    api_send("POST", "/api/v1/profiles", profile, &answer, &err) < 0)
		return command_fail(&err);
	printf("profile '%s' stored\n", json_string_value(json_object_get(answer, "name")));
	return EXIT_WELL;
}

static const char *text_at(const json_t *object, const char *key, const char *member)
{
	const json_t *inner = member ? json_object_get(json_object_get(object, key), member)
				     : json_object_get(object, key);
	const char *text = json_string_value(inner);

	return text ? text : "-";
}

static void print_row(const json_t *profile)
{
	autostr struct str name;

	str_init(&name, 4 * LIMIT_NAME_BYTES);
	str_add_printable(&name, text_at(profile, "name", NULL));
	printf("%-20s %8lld %-6s %-8s %-16s %-12s %s\n", name.p,
	       (long long)json_integer_value(json_object_get(profile, "priority")),
	       json_is_true(json_object_get(profile, "enrol")) ? "yes" : "no",
	       json_is_true(json_object_get(profile, "auto_approve")) ? "yes" : "no",
	       text_at(profile, "image", "line"), text_at(profile, "burnin", "tier"),
	       text_at(profile, "wipe", NULL));
}

static int list(int argc, char **argv)
{
	AUTO(json) json_t *answer = NULL;
	struct err err = ERR_INIT;
	const json_t *profile;
	size_t i;

	if (argc > 2 || (argc == 2 && strcmp(argv[1], "--json") != 0))
		return command_usage("only --json may follow");
	if (api_get("/api/v1/profiles", &answer, &err) < 0)
		return command_fail(&err);
	if (argc == 2) {
		api_print_json(answer);
		return EXIT_WELL;
	}
	printf("%-20s %8s %-6s %-8s %-16s %-12s %s\n", "NAME", "PRIORITY", "ENROL", "APPROVE",
	       "IMAGE", "BURN-IN", "WIPE");
	json_array_foreach (json_object_get(answer, "profiles"), i, profile)
		print_row(profile);
	return EXIT_WELL;
}

static int show_or_remove(const char *method, int argc, char **argv)
{
	AUTO(json) json_t *answer = NULL;
	autofree char *path = NULL;
	struct err err = ERR_INIT;

	if (argc != 2)
		return command_usage("the name of one profile is wanted");
	path = api_path("/api/v1/profiles/", argv[1], "");
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
	{"profile", "show", "NAME", "print a profile as JSON", show},
	{"profile", "remove", "NAME", "forget a profile", remove_profile},
	{NULL, NULL, NULL, NULL, NULL},
};
