/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slipway audit: who changed what, whether the log's chain of hashes is whole, and whether it is
 * the one that was signed. Input: the server's answers, which hold paths and names that callers
 * chose; checkpoints that somebody kept.
 */
#include "command.h"

#include <stdio.h>

#include <base/file.h>
#include <base/json.h>
#include <base/str.h>
#include <proto/checkpoint.h>

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

/* The envelope to keep somewhere else, as one line. */
static int checkpoint(int argc, char **argv)
{
	struct err err = ERR_INIT;
	AUTO(json) json_t *doc = NULL;
	int json = listing_take_json(&argc, argv);
	if (argc != 1)
		return command_usage("only --json may follow");
	if (api_send("POST", "/api/v1/audit/checkpoints", json_object(), &doc, &err) < 0)
		return command_fail(&err);
	if (json) {
		api_print_json(doc);
		return EXIT_WELL;
	}
	autofree char *text = json_text(json_object_get(doc, "envelope"));
	puts(text);
	return EXIT_WELL;
}

/* ---- against checkpoints that were kept elsewhere -------------------------------------------- */

static int read_checkpoint(const char *path, const struct plan_key *key, struct checkpoint *ret,
			   struct err *err)
{
	autofree char *text = NULL;
	size_t n = 0;
	AUTO(json) json_t *envelope = NULL;
	TRY(file_read(path, CHECKPOINT_MAX_BYTES, &text, &n, err));
	TRY(json_load_strict(text, n, CHECKPOINT_MAX_BYTES, &envelope, err));
	return checkpoint_open(key, envelope, ret, err) < 0 ? err_wrap(err, "'%s'", path) : 0;
}

/* Does the log still have that row, with that hash? */
static int compare(const struct checkpoint *c, struct err *err)
{
	AUTO(json) json_t *page = NULL;
	if (c->rows == 0)
		return 0;
	autofree char *path = xasprintf("/api/v1/audit?after=%lld&limit=1",
					(long long)c->last_id - 1);
	TRY(api_get(path, &page, err));
	const json_t *row = json_array_get(json_object_get(page, "items"), 0);
	const char *hash = json_string_value(json_object_get(row, "hash"));
	if (json_integer_value(json_object_get(row, "id")) == c->last_id && hash &&
	    str_eq(hash, c->hash))
		return 0;
	return err_set(err, ERR_AUDIT_BROKEN,
		       "row %lld is not the one that was signed on %s: what lies before it was "
		       "written anew",
		       (long long)c->last_id, c->at);
}

static int verify_files(const char *key_path, int n_files, char **files)
{
	struct err err = ERR_INIT;
	AUTO(plan_key) struct plan_key *key = NULL;
	if (plan_key_load_public(key_path, &key, &err) < 0)
		return command_fail(&err);
	for (int i = 0; i < n_files; i++) {
		struct checkpoint c;
		if (read_checkpoint(files[i], key, &c, &err) < 0 || compare(&c, &err) < 0)
			return command_fail(&err);
		printf("%s: %lld rows until %s, as they were\n", files[i], (long long)c.rows, c.at);
	}
	return EXIT_WELL;
}

static int verify(int argc, char **argv)
{
	struct err err = ERR_INIT;
	AUTO(json) json_t *doc = NULL;
	int json = listing_take_json(&argc, argv);
	bool has_files = argc > 3 && str_eq(argv[1], "--key");
	if (argc != 1 && !has_files)
		return command_usage("--key FILE and checkpoints may follow");
	if (api_get("/api/v1/audit/check", &doc, &err) < 0)
		return command_fail(&err);
	bool whole = json_is_true(json_object_get(doc, "whole"));
	long long rows = (long long)json_integer_value(json_object_get(doc, "rows"));
	if (json) {
		api_print_json(doc);
		return whole ? EXIT_WELL : EXIT_FAILED;
	}
	if (whole) {
		printf("%lld rows, the chain is whole, %lld of them signed\n", rows,
		       (long long)json_integer_value(json_object_get(doc, "signed_rows")));
		return has_files ? verify_files(argv[2], argc - 3, argv + 3) : EXIT_WELL;
	}
	(void)err_set(&err, ERR_AUDIT_BROKEN, "%s; %lld rows before it are right",
		      json_string_value(json_object_get(doc, "finding")), rows);
	return command_fail(&err);
}

const struct command audit_commands[] = {
	{"audit", "list", "[--json] [after=ID]", "who changed what, oldest first", list},
	{"audit", "verify", "[--json] [--key PLAN-KEY.pem CHECKPOINT...]",
	 "is the log whole, and the one that was signed: the first wrong row is named; checkpoints "
	 "that were kept elsewhere need no trust in the appliance's own",
	 verify},
	{"audit", "checkpoint", "[--json]",
	 "sign the log up to now, and print what to keep somewhere else", checkpoint},
	{NULL, NULL, NULL, NULL, NULL},
};
