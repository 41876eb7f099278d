/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slipway audit: who changed what, and whether the log's chain of hashes is whole. Input: the
 * server's answers, which hold paths and names that callers chose.
 */
#include "command.h"

#include <stdio.h>

#include <base/json.h>
#include <base/str.h>

#include "api.h"
#include "listing.h"

#define PAGE_ROWS 1000

static const struct column columns[] = {
	{"ID", "id"},         {"AT", "at"},         {"WHO", "who"},
	{"FROM", "peer"},     {"DID", "method"},    {"PATH", "path"},
	{"STATUS", "status"}, {"REASON", "reason"}, {NULL, NULL},
};

/* All pages after an id, appended to items. */
static int fetch(int64_t after, json_t *items, struct err *err)
{
	size_t n = 0;
	do {
		AUTO(json) json_t *page = NULL;
		autofree char *path = xasprintf("/api/v1/audit?after=%lld&limit=%d",
						(long long)after, PAGE_ROWS);
		TRY(api_get(path, &page, err));
		n = json_array_size(json_object_get(page, "items"));
		(void)json_array_extend(items, json_object_get(page, "items"));
		after = json_integer_value(json_object_get(page, "next"));
	} while (n == PAGE_ROWS);
	return 0;
}

static int list(int argc, char **argv)
{
	struct err err = ERR_INIT;
	AUTO(json) json_t *items = json_array();
	int json = listing_take_json(&argc, argv);
	int64_t after = 0;
	if (argc > 2 || (argc == 2 && (!str_starts(argv[1], "after=") ||
				       !parse_i64(argv[1] + strlen("after="), &after))))
		return command_usage("only after=ID may follow");
	if (fetch(after, items, &err) < 0)
		return command_fail(&err);
	if (json)
		api_print_json(items);
	else
		listing_print_table(items, columns);
	return EXIT_WELL;
}

static int verify(int argc, char **argv)
{
	struct err err = ERR_INIT;
	AUTO(json) json_t *doc = NULL;
	int json = listing_take_json(&argc, argv);
	if (argc != 1)
		return command_usage("only --json may follow");
	if (api_get("/api/v1/audit/check", &doc, &err) < 0)
		return command_fail(&err);
	bool whole = json_is_true(json_object_get(doc, "whole"));
	long long rows = (long long)json_integer_value(json_object_get(doc, "rows"));
	if (json) {
		api_print_json(doc);
		return whole ? EXIT_WELL : EXIT_FAILED;
	}
	if (whole) {
		printf("%lld rows, the chain is whole\n", rows);
		return EXIT_WELL;
	}
	(void)err_set(&err, ERR_AUDIT_BROKEN, "%s; %lld rows before it are right",
		      json_string_value(json_object_get(doc, "finding")), rows);
	return command_fail(&err);
}

const struct command audit_commands[] = {
	{"audit", "list", "[--json] [after=ID]", "who changed what, oldest first", list},
	{"audit", "verify", "[--json]",
	 "is the log whole: the first row that was edited or removed is named", verify},
	{NULL, NULL, NULL, NULL, NULL},
};
