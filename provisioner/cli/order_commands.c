/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slipway order: an order for several hosts, rehearsed and then placed, and what waits for a second
 * person. The file of an order is the body of POST /api/v1/hosts/arm. Input: an operator's file,
 * the server's answers.
 */
#include "command.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <base/file.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>

#include "api.h"
#include "collections.h"
#include "listing.h"
#include "name_value.h"
#include "order_commands.h"

#define ORDERS "/api/v1/orders"

static const struct column arm_columns[] = {
	{"HOST", "host_id", COLUMN_KEY},
	{"IMAGE", "image.line", COLUMN_TEXT},
	{"VERSION", "image.version", COLUMN_TEXT},
	{"DISK", "disk.serial", COLUMN_KEY},
	{"WWN", "disk.wwn", COLUMN_TEXT},
	{"BYTES", "disk.size_bytes", COLUMN_TEXT},
	{NULL, NULL, COLUMN_TEXT},
};

static void print_rules(const json_t *rules)
{
	size_t i;
	json_t *rule;

	json_array_foreach (rules, i, rule)
		printf("%s%s", i ? ", " : "", json_string_value(rule));
}

void order_print_needs(const json_t *answer)
{
	const json_t *rules = json_object_get(answer, "second_person");

	if (json_array_size(rules) == 0)
		return;
	printf("a second person must approve it: ");
	print_rules(rules);
	printf("\n");
}

bool order_print_pending(const json_t *answer)
{
	const json_t *order = json_object_get(answer, "order");

	if (strcmp(api_text(order, "state"), "pending") != 0)
		return false;
	printf("order %s waits for a second person (", api_text(order, "id"));
	print_rules(json_object_get(order, "second_person"));
	printf(") until %s\n", api_text(order, "expires"));
	return true;
}

/* ---- placing --------------------------------------------------------------------------------- */

static int read_order(const char *path, json_t **ret, struct err *err)
{
	autofree char *text = NULL;
	size_t n = 0;

	if (strcmp(path, "-") == 0)
		TRY(file_read_fd(STDIN_FILENO, MIB, &text, &n, err));
	else
		TRY(file_read(path, MIB, &text, &n, err));
	TRY(json_load_strict(text, n, MIB, ret, err));
	return json_is_object(*ret) ? 0 : err_set(err, ERR_FIELD_TYPE, "an order is an object");
}

static int send_order(json_t *order, json_t **ret_doc)
{
	struct err err = ERR_INIT;

	return api_send("POST", "/api/v1/hosts/arm", order, ret_doc, &err) < 0 ? command_fail(&err)
									       : EXIT_WELL;
}

/* Read the file of an order, add one member and send it. */
static int send_file(const char *path, const char *key, json_t *value, json_t **ret_doc)
{
	autojson json_t *owned = value;
	autojson json_t *order = NULL;
	struct err err = ERR_INIT;

	if (read_order(path, &order, &err) < 0)
		return command_fail(&err);
	(void)json_object_set(order, key, owned);
	return send_order(json_incref(order), ret_doc);
}

static int rehearse(int argc, char **argv)
{
	autojson json_t *doc = NULL;
	struct words words;
	bool json;
	int status = words_read_json(argc, argv, 1, 1, &json, &words);

	if (!status)
		status = send_file(words.items[0], "dry_run", json_true(), &doc);
	if (status)
		return status;
	if (json) {
		api_print_json(doc);
		return EXIT_WELL;
	}
	table_print(json_object_get(doc, "arms"), arm_columns);
	order_print_needs(doc);
	printf("plan_hash=%s\n", api_text(doc, "plan_hash"));
	return EXIT_WELL;
}

static int place(int argc, char **argv)
{
	autojson json_t *doc = NULL;
	struct words words;
	struct sv name;
	const char *hash;
	bool json;
	int status = words_read_json(argc, argv, 2, 2, &json, &words);

	if (status)
		return status;
	if (!name_value_split(words.items[1], &name, &hash) || !sv_eq_str(name, "plan_hash"))
		return command_usage("expected plan_hash=H, found '%s'", words.items[1]);
	status = send_file(words.items[0], "plan_hash", json_string(hash), &doc);
	if (status)
		return status;
	bool pending = str_eq(api_text(json_object_get(doc, "order"), "state"), "pending");
	if (json)
		api_print_json(doc);
	else if (!order_print_pending(doc))
		printf("%zu hosts armed\n", json_array_size(json_object_get(doc, "arms")));
	return pending ? EXIT_PENDING : EXIT_WELL;
}

/* ---- orders that wait ------------------------------------------------------------------------ */

/* argv[0] is the verb, and the last word of the path */
static int decide(int argc, char **argv)
{
	struct err err = ERR_INIT;
	autojson json_t *doc = NULL;
	autofree char *suffix = xasprintf("/%s", argv[0]);
	struct words words;
	bool json;
	int status = words_read_json(argc, argv, 1, 2, &json, &words);

	if (status)
		return status;
	autofree char *path = api_path(ORDERS "/", words.items[0], suffix);
	json_t *body = words.n == 2 ? json_pack("{s:s}", "note", words.items[1]) : json_object();
	if (api_send("POST", path, body, &doc, &err) < 0)
		return command_fail(&err);
	if (json)
		api_print_json(doc);
	else
		printf("order %s is %s\n", words.items[0],
		       api_text(json_object_get(doc, "order"), "state"));
	return EXIT_WELL;
}

const struct command order_commands[] = {
	{"order", "rehearse", "[--json] FILE.json|-",
	 "show what an order for several hosts would do; prints the hash of its plan", rehearse},
	{"order", "place", "[--json] FILE.json|- plan_hash=H",
	 "permit what was rehearsed, all or none, if the plan is still the same", place},
	{"order", "list", LISTING_ARGUMENTS, "list orders that need, or needed, a second person",
	 collection_list},
	{"order", "show", "[--json] ORDER", "show one order", collection_show},
	{"order", "approve", "[--json] ORDER [NOTE]",
	 "approve as the second person: it is carried out now, if nothing has changed", decide},
	{"order", "refuse", "[--json] ORDER [NOTE]", "refuse an order that waits", decide},
	{NULL, NULL, NULL, NULL, NULL},
};
