/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SSH host keys from the last first-boot report; see host_keys.h. Input: the server's answers, which hold
 * what hosts said: each key is checked again, since the output goes into known_hosts files.
 */
#include "host_keys.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include <base/json.h>
#include <base/str.h>
#include <proto/ssh_host_key.h>

#include "api.h"
#include "command.h"
#include "host_ref.h"
#include "option_table.h"

struct options {
	bool json, known_hosts;
};

static const struct option_row option_rows[] = {
	{"json", OPTION_FLAG, offsetof(struct options, json), NULL, NULL},
	{"known-hosts", OPTION_FLAG, offsetof(struct options, known_hosts), NULL, NULL},
};

/* A name as known_hosts takes it: no pattern, no second name. */
static bool is_host_name(const char *text)
{
	for (const char *p = text; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr("-._", *p))
			return false;
	return *text && *text != '-';
}

/* The name that people gave, then the one that the system says. "" : neither can be used. */
static void names_of(const json_t *host, const json_t *detail, char *ret, size_t ret_bytes)
{
	const char *given = api_text(host, "name"), *own = api_text(detail, "hostname");
	bool has_given = is_host_name(given), has_own = is_host_name(own) && !str_eq(own, given);

	snprintf(ret, ret_bytes, "%s%s%s", has_given ? given : "", has_given && has_own ? "," : "",
		 has_own ? own : "");
}

static int load(const char *word, json_t **ret_host, json_t **ret_events, struct err *err)
{
	autofree char *host_path = NULL, *events_path = NULL;

	TRY(host_ref_path(word, "", &host_path, err));
	TRY(host_ref_path(word, "/events?kind=host.first_boot&sort=-id&limit=1", &events_path,
			  err));
	TRY(api_get(host_path, ret_host, err));
	return api_get(events_path, ret_events, err);
}

static int print_lines(const json_t *keys, const char *names, bool known_hosts)
{
	json_t *item;
	size_t i;

	json_array_foreach (keys, i, item) {
		struct ssh_host_key key;

		if (ssh_host_key_parse(sv_of(json_string_value(item)), &key))
			printf("%s%s%s\n", known_hosts ? names : "", known_hosts ? " " : "",
			       key.line);
	}
	return EXIT_WELL;
}

static int print(const char *word, const struct options *o, const json_t *host,
		 const json_t *detail)
{
	json_t *keys = json_object_get(detail, "ssh_host_keys");
	struct err err = ERR_INIT;
	char names[512];

	names_of(host, detail, names, sizeof(names));
	if (!json_array_size(keys))
		(void)err_set(&err, ERR_NOT_FOUND,
			      "host '%.64s' has reported no SSH host keys: they come with the "
			      "report of the installed system's first boot",
			      word);
	else if (o->known_hosts && !names[0])
		(void)err_set(&err, ERR_INVALID,
			      "host '%.64s' has no name for known_hosts: give it one (slipway "
			      "host set HOST name=NAME)",
			      word);
	if (err.code)
		return command_fail(&err);
	if (!o->json)
		return print_lines(keys, names, o->known_hosts);
	api_print_json(keys);
	return EXIT_WELL;
}

int host_keys(int argc, char **argv)
{
	autojson json_t *host = NULL, *events = NULL;
	struct options o = {.json = false};
	struct err err = ERR_INIT;
	struct words words;
	int status = option_table_read(argc, argv, OPTION_TABLE(option_rows, 1, 1), &o, &words);

	if (status)
		return status;
	if (load(words.items[0], &host, &events, &err) < 0)
		return command_fail(&err);
	return print(
		words.items[0], &o, host,
		json_object_get(json_array_get(json_object_get(events, "items"), 0), "detail"));
}
