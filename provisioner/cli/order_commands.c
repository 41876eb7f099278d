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
#include "listing.h"
#include "order_commands.h"

#define ORDERS "/api/v1/orders"

static const struct column order_columns[] = {
	{"ORDER", "id"},          {"STATE", "state"},
	{"WORK", "work"},         {"HOSTS", "host_count"},
	{"WHY", "second_person"}, {"ORDERED BY", "owner"},
	{"EXPIRES", "expires"},   {"DECIDED BY", "decided_owner"},
	{"REASON", "reason"},     {NULL, NULL},
};
static const struct column arm_columns[] = {
	{"HOST", "host_id"},
	{"IMAGE", "image.line"},
	{"VERSION", "image.version"},
	{"DISK", "disk.serial"},
	{"WWN", "disk.wwn"},
	{"BYTES", "disk.size_bytes"},
	{NULL, NULL},
};

static const char *text_of(const json_t *j, const char *key)
{
	const char *text = json_string_value(json_object_get(j, key));
	return text ? text : "";
}

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
	if (strcmp(text_of(order, "state"), "pending") != 0)
		return false;
	printf("order %s waits for a second person (", text_of(order, "id"));
	print_rules(json_object_get(order, "second_person"));
	printf(") until %s\n", text_of(order, "expires"));
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

static int rehearse(int argc, char **argv)
{
	struct err err = ERR_INIT;
	json_t *order = NULL;
	AUTO(json) json_t *doc = NULL;
	int json = listing_take_json(&argc, argv);
	if (argc != 2)
		return command_usage("the file of an order is wanted");
	if (read_order(argv[1], &order, &err) < 0) {
		json_decref(order);
		return command_fail(&err);
	}
	(void)json_object_set_new(order, "dry_run", json_true());
	int status = send_order(order, &doc);
	if (status != EXIT_WELL)
		return status;
	if (json) {
		api_print_json(doc);
		return EXIT_WELL;
	}
	listing_print_table(json_object_get(doc, "arms"), arm_columns);
	order_print_needs(doc);
	printf("plan_hash=%s\n", text_of(doc, "plan_hash"));
	return EXIT_WELL;
}

static int place(int argc, char **argv)
{
	struct err err = ERR_INIT;
	json_t *order = NULL;
	AUTO(json) json_t *doc = NULL;
	int json = listing_take_json(&argc, argv);
	if (argc != 3 || !str_starts(argv[2], "plan_hash="))
		return command_usage("the file of an order and plan_hash=H are wanted");
	if (read_order(argv[1], &order, &err) < 0) {
		json_decref(order);
		return command_fail(&err);
	}
	(void)json_object_set_new(order, "plan_hash", json_string(strchr(argv[2], '=') + 1));
	int status = send_order(order, &doc);
	if (status != EXIT_WELL)
		return status;
	bool pending = strcmp(text_of(json_object_get(doc, "order"), "state"), "pending") == 0;
	if (json)
		api_print_json(doc);
	else if (!order_print_pending(doc))
		printf("%zu hosts armed\n", json_array_size(json_object_get(doc, "arms")));
	return pending ? EXIT_PENDING : EXIT_WELL;
}

/* ---- what waits ------------------------------------------------------------------------------ */

static int list(int argc, char **argv)
{
	return listing_run(argc, argv, ORDERS, order_columns);
}

static int show(int argc, char **argv)
{
	int json = listing_take_json(&argc, argv);
	if (argc != 2)
		return command_usage("one order is wanted");
	autofree char *path = api_path(ORDERS "/", argv[1], "");
	return listing_show(path, json);
}

/* argv[0] is the verb, and the last word of the path */
static int decide(int argc, char **argv)
{
	struct err err = ERR_INIT;
	AUTO(json) json_t *doc = NULL;
	int json = listing_take_json(&argc, argv);
	if (argc < 2 || argc > 3)
		return command_usage("an order, and perhaps a note, are wanted");
	autofree char *suffix = xasprintf("/%s", argv[0]);
	autofree char *path = api_path(ORDERS "/", argv[1], suffix);
	json_t *body = argc == 3 ? json_pack("{s:s}", "note", argv[2]) : json_object();
	if (api_send("POST", path, body, &doc, &err) < 0)
		return command_fail(&err);
	if (json)
		api_print_json(doc);
	else
		printf("order %s is %s\n", argv[1],
		       text_of(json_object_get(doc, "order"), "state"));
	return EXIT_WELL;
}

const struct command order_commands[] = {
	{"order", "rehearse", "[--json] FILE.json|-",
	 "what an order for several hosts would do; prints the hash of its plan", rehearse},
	{"order", "place", "[--json] FILE.json|- plan_hash=H",
	 "permit what was rehearsed, all or none, if it is still the same", place},
	{"order", "list", LISTING_ARGUMENTS, "orders that need, or needed, a second person", list},
	{"order", "show", "[--json] ORDER", "one order", show},
	{"order", "approve", "[--json] ORDER [NOTE]",
	 "be the second person: it is done now, if nothing has changed", decide},
	{"order", "refuse", "[--json] ORDER [NOTE]", "it shall not be done", decide},
	{NULL, NULL, NULL, NULL, NULL},
};
