/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slipway host: lists, one host, its events and parts, what differs from the plan, edits, and the
 * verbs of the lifecycle. A host is named by id, short code, MAC, serial or name.
 */
#include "command.h"

#include <stdio.h>
#include <string.h>

#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>

#include "api.h"
#include "listing.h"
#include "order_commands.h"

#define HOSTS "/api/v1/hosts/"

static const struct column host_columns[] = {
	{"HOST", "short_code"},     {"NAME", "name"},     {"STATE", "state"},
	{"TURN", "turn"},           {"SERIAL", "serial"}, {"ARCH", "arch"},
	{"MODEL", "model"},         {"CORES", "cores"},   {"MEMORY MiB", "MemoryMiB"},
	{"RACK", "rack"},           {"UNIT", "unit"},     {"IMAGE", "image.version"},
	{"DETAIL", "state_detail"}, {NULL, NULL},
};
static const struct column event_columns[] = {
	{"AT", "at"}, {"KIND", "kind"}, {"ACTOR", "actor"}, {"WHAT", "summary"}, {NULL, NULL},
};
static const struct column part_columns[] = {
	{"SLOT", "slot"},       {"TYPE", "type"},           {"MANUFACTURER", "Manufacturer"},
	{"PART", "PartNumber"}, {"MODEL", "Model"},         {"SERIAL", "SerialNumber"},
	{"MiB", "CapacityMiB"}, {"BYTES", "CapacityBytes"}, {"FIRMWARE", "FirmwareVersion"},
	{NULL, NULL},
};
static const struct column difference_columns[] = {
	{"WHAT", "what"},         {"TYPE", "type"},   {"SLOT", "slot"}, {"FIELD", "field"},
	{"EXPECTED", "expected"}, {"FOUND", "found"}, {NULL, NULL},
};

static int list(int argc, char **argv)
{
	return listing_run(argc, argv, "/api/v1/hosts", host_columns);
}

static int show(int argc, char **argv)
{
	int json = listing_take_json(&argc, argv);
	if (argc != 2)
		return command_usage("one host is wanted");
	autofree char *path = api_path(HOSTS, argv[1], "");
	return listing_show(path, json);
}

/* argv[1] is the host, the rest are options and filters of the list. */
static int list_of_host(int argc, char **argv, const char *suffix, const struct column *columns)
{
	if (argc < 2 || argv[1][0] == '-')
		return command_usage("a host is wanted first");
	autofree char *path = api_path(HOSTS, argv[1], suffix);
	argv[1] = argv[0];
	return listing_run(argc - 1, argv + 1, path, columns);
}

static int events(int argc, char **argv)
{
	return list_of_host(argc, argv, "/events", event_columns);
}

static int parts(int argc, char **argv)
{
	return list_of_host(argc, argv, "/parts", part_columns);
}

/* A part or a place in a few words: "32768 MiB Micron MTA36", "r01 unit 3". */
static json_t *in_words(const json_t *j)
{
	static const struct {
		const char *member, *before, *after;
	} words[] = {
		{"rack", "", ""},
		{"unit", "unit ", ""},
		{"CapacityMiB", "", " MiB"},
		{"CapacityBytes", "", " B"},
		{"Manufacturer", "", ""},
		{"PartNumber", "", ""},
		{"Model", "", ""},
	};
	autostr struct str out;
	str_init(&out, 1024);
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		const json_t *v = json_object_get(j, words[i].member);
		if (!v)
			continue;
		str_addf(&out, "%s%s", out.n_bytes ? " " : "", words[i].before);
		if (json_is_integer(v))
			str_add_i64(&out, json_integer_value(v));
		else
			str_add(&out, json_string_value(v) ? json_string_value(v) : "");
		str_add(&out, words[i].after);
	}
	return json_string(out.p);
}

static void put_in_words(json_t *differences)
{
	static const char *const sides[] = {"expected", "found"};
	size_t i;
	json_t *d;
	json_array_foreach (differences, i, d)
		for (size_t k = 0; k < ARRAY_LEN(sides); k++)
			if (json_is_object(json_object_get(d, sides[k])))
				(void)json_object_set_new(d, sides[k],
							  in_words(json_object_get(d, sides[k])));
}

static int compare(int argc, char **argv)
{
	struct err err = ERR_INIT;
	AUTO(json) json_t *doc = NULL;
	int json = listing_take_json(&argc, argv);
	if (argc != 2)
		return command_usage("one host is wanted");
	autofree char *path = api_path(HOSTS, argv[1], "/compare");
	if (api_get(path, &doc, &err) < 0)
		return command_fail(&err);
	if (json) {
		api_print_json(doc);
		return EXIT_WELL;
	}
	json_t *differences = json_object_get(doc, "differences");
	const char *sku = json_string_value(json_object_get(doc, "sku"));
	printf("%s%s%s\n", json_string_value(json_object_get(doc, "status")),
	       sku ? ", SKU " : ", no SKU", sku ? sku : "");
	put_in_words(differences);
	if (json_array_size(differences))
		listing_print_table(differences, difference_columns);
	return EXIT_WELL;
}

static int evidence(int argc, char **argv)
{
	int json = listing_take_json(&argc, argv);
	if (argc != 2)
		return command_usage("one host is wanted");
	autofree char *path = api_path(HOSTS, argv[1], "/evidence");
	return listing_show(path, json);
}

/* ---- changes --------------------------------------------------------------------------------- */

/* What is not a text: "disk.serial=123" is one all the same. */
static json_t *word_value(const char *name, const char *text)
{
	static const char *const numbers[] = {"unit", "ttl_s", "confirm_count"};
	static const char *const flags[] = {"dry_run", "new_disk"};
	int64_t n = 0;
	if (!text[0])
		return json_null();
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
		if (strcmp(numbers[i], name) == 0 && parse_i64(text, &n))
			return json_integer(n);
	for (size_t i = 0; i < ARRAY_LEN(flags); i++)
		if (strcmp(flags[i], name) == 0 &&
		    (strcmp(text, "true") == 0 || strcmp(text, "false") == 0))
			return json_boolean(text[0] == 't');
	json_t *j = json_string(text);
	return j ? j : json_null();
}

/* NAME=VALUE words become members; a dot goes into an object: disk.serial=S1 */
static int words_json(int argc, char **argv, json_t **ret)
{
	json_t *body = json_object();
	for (int i = 0; i < argc; i++) {
		const char *eq = strchr(argv[i], '=');
		if (!eq || eq == argv[i]) {
			json_decref(body);
			return command_usage("'%s' is not NAME=VALUE", argv[i]);
		}
		autofree char *name = xstrndup(argv[i], (size_t)(eq - argv[i]));
		json_t *value = word_value(name, eq + 1);
		char *dot = strchr(name, '.');
		json_t *target = body;
		if (dot) {
			*dot = '\0';
			target = json_object_get(body, name);
			if (!target) {
				target = json_object();
				(void)json_object_set_new(body, name, target);
			}
		}
		(void)json_object_set_new(target, dot ? dot + 1 : name,
					  value ? value : json_null());
	}
	*ret = body;
	return EXIT_WELL;
}

static int send_words(int argc, char **argv, const char *method, const char *suffix)
{
	struct err err = ERR_INIT;
	json_t *body = NULL;
	AUTO(json) json_t *doc = NULL;
	int json = listing_take_json(&argc, argv);
	if (argc < 2)
		return command_usage("a host is wanted");
	int status = words_json(argc - 2, argv + 2, &body);
	if (status != EXIT_WELL)
		return status;
	autofree char *path = api_path(HOSTS, argv[1], suffix);
	if (api_send(method, path, body, &doc, &err) < 0)
		return command_fail(&err);
	const char *plan = json_string_value(json_object_get(doc, "plan_hash"));
	bool pending = json_object_get(json_object_get(doc, "order"), "state") != NULL;
	if (json)
		api_print_json(doc);
	else if (pending)
		(void)order_print_pending(doc);
	else if (plan)
		printf("%s: it would be armed; plan_hash=%s\n", argv[1], plan);
	else
		printf("%s: %s\n", argv[1],
		       json_string_value(json_object_get(doc, "state"))
			       ? json_string_value(json_object_get(doc, "state"))
			       : "done");
	if (!json)
		order_print_needs(doc);
	return pending ? EXIT_PENDING : EXIT_WELL;
}

static int set(int argc, char **argv)
{
	return send_words(argc, argv, "PATCH", "");
}

/* The values that are another machine's make a host of their own. */
static int split(int argc, char **argv)
{
	struct err err = ERR_INIT;
	AUTO(json) json_t *doc = NULL;
	int json = listing_take_json(&argc, argv);
	if (argc < 3)
		return command_usage("a host and serials, MACs or WWNs are wanted");
	autofree char *path = api_path(HOSTS, argv[1], "/split");
	json_t *values = json_array();
	for (int i = 2; i < argc; i++)
		(void)json_array_append_new(values, json_string(argv[i]));
	if (api_send("POST", path, json_pack("{s:o}", "values", values), &doc, &err) < 0)
		return command_fail(&err);
	if (json)
		api_print_json(doc);
	else
		printf("%s is a host of its own\n",
		       json_string_value(json_object_get(doc, "short_code")));
	return EXIT_WELL;
}

/* argv[0] is the verb, and the last word of the path */
static int verb(int argc, char **argv)
{
	autofree char *suffix = xasprintf("/%s", argv[0]);
	return send_words(argc, argv, "POST", suffix);
}

#define LIFECYCLE(name, about)                                                                     \
	{                                                                                          \
		"host", name, "[--json] HOST [reason=TEXT]", about, verb                           \
	}

const struct command host_commands[] = {
	{"host", "list", LISTING_ARGUMENTS, "list hosts", list},
	{"host", "show", "[--json] HOST", "everything about one host", show},
	{"host", "events", "HOST " LISTING_ARGUMENTS, "what happened to a host", events},
	{"host", "parts", "HOST " LISTING_ARGUMENTS, "what is in a host", parts},
	{"host", "compare", "[--json] HOST", "expected against found", compare},
	{"host", "set", "[--json] HOST NAME=VALUE...",
	 "set name, asset_tag, sku, site, row, rack, unit, reserved_for", set},
	LIFECYCLE("approve", "let a host in"),
	{"host", "arm",
	 "[--json] HOST image=LINE@VERSION disk.serial=S [disk.wwn=W] [wipe_consent=S] "
	 "[new_disk=true] [reimage_in_service=NAME] [ttl_s=N] [reason=TEXT] [dry_run=true] "
	 "[plan_hash=H]",
	 "permit one image on one disk, once; a dry run prints the hash of its plan", verb},
	{"host", "erase", "[--json] HOST disk.serial=S reason=TEXT [ttl_s=N] [plan_hash=H]",
	 "permit one disk to be erased, once; the host retires after it", verb},
	LIFECYCLE("retry", "start over from the inspection"),
	LIFECYCLE("serve", "take a ready host into service"),
	LIFECYCLE("release", "give a host back to provisioning"),
	LIFECYCLE("maintain", "take a host out for work"),
	LIFECYCLE("retire", "take a host out of the fleet"),
	{"host", "accept", "[--json] HOST", "the evidence that waits is this host's own", verb},
	{"host", "merge", "[--json] HOST into=HOST", "two rows are the same machine", verb},
	{"host", "split", "[--json] HOST VALUE...",
	 "serials, MACs, WWNs that are another machine's make a host of their own", split},
	{"host", "evidence", "[--json] HOST", "what a host showed of its identity", evidence},
	{NULL, NULL, NULL, NULL, NULL},
};
