/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SSH host keys from the last first-boot report; see host_keys.h. Input: the server's answers, which hold
 * what hosts said: each key is checked again, since the output goes into known_hosts files.
 */
#include "host_keys.h"

#include <stdio.h>

#include <base/json.h>
#include <base/str.h>
#include <proto/ssh_host_key.h>

#include "api.h"
#include "command.h"
#include "host_ref.h"
#include "known_name.h"
#include "option_table.h"

struct options {
	bool json, known_hosts;
};

static const struct option_row option_rows[] = {
	{"json", OPTION_FLAG, offsetof(struct options, json), NULL, NULL},
	{"known-hosts", OPTION_FLAG, offsetof(struct options, known_hosts), NULL, NULL},
};

static int load(const char *word, json_t **ret_host, json_t **ret_events, struct err *err)
{
	autofree char *host_path = NULL, *events_path = NULL;

	TRY(host_ref_path(word, "", &host_path, err));
	TRY(host_ref_path(word, "/events?kind=host.first_boot&sort=-id&limit=1", &events_path,
			  err));
	TRY(api_get(host_path, ret_host, err));
	return api_get(events_path, ret_events, err);
}

static int load_name(const json_t *host, const char **ret, struct err *err)
{
	autojson json_t *doc = NULL;
	autofree char *path = api_path("/api/v1/hosts?fields=id,short_code,name&limit=1000&name=",
				       api_text(host, "name"), "*");

	if (api_text(host, "name")[0])
		TRY(api_get(path, &doc, err));
	return known_name(host, json_object_get(doc, "items"), ret, err);
}

/* name: NULL prints the keys alone. */
static int print_lines(const json_t *keys, const char *name)
{
	json_t *item;
	size_t i;

	json_array_foreach (keys, i, item) {
		struct ssh_host_key key;

		if (ssh_host_key_parse(sv_of(json_string_value(item)), &key))
			printf("%s%s%s\n", name ? name : "", name ? " " : "", key.line);
	}
	return EXIT_WELL;
}

static int print(const char *word, const struct options *o, const json_t *host,
		 const json_t *detail)
{
	json_t *keys = json_object_get(detail, "ssh_host_keys");
	struct err err = ERR_INIT;
	const char *name = NULL;

	if (!json_array_size(keys))
		(void)err_set(&err, ERR_NOT_FOUND,
			      "host '%.64s' has reported no SSH host keys: they come with the "
			      "report of the installed system's first boot",
			      word);
	else if (o->known_hosts)
		(void)load_name(host, &name, &err);
	if (err.code)
		return command_fail(&err);
	if (!o->json)
		return print_lines(keys, name);
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
