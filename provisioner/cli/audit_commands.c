/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slipway audit: who changed what, whether the log's chain of hashes is whole, and whether it is
 * the one that was signed. Input: the server's answers, which hold paths and names that callers
 * chose; checkpoint files.
 */
#include "command.h"

#include <stdio.h>

#include <base/file.h>
#include <base/json.h>
#include <base/str.h>
#include <proto/checkpoint.h>

#include "api.h"
#include "name_value.h"
#include "question.h"
#include "table.h"

#define PAGE_ROWS 1000

static const struct column columns[] = {
	{"ID", "id", COLUMN_KEY},          {"AT", "at", COLUMN_KEY},
	{"WHO", "who", COLUMN_TEXT},       {"FROM", "peer", COLUMN_TEXT},
	{"DID", "method", COLUMN_TEXT},    {"PATH", "path", COLUMN_WRAPPED},
	{"STATUS", "status", COLUMN_TEXT}, {"REASON", "reason", COLUMN_WRAPPED},
	{NULL, NULL, COLUMN_TEXT},
};

/* All pages after an id, appended to items. */
static int fetch(int64_t after, json_t *items, struct err *err)
{
	size_t n = 0;

	do {
		autojson json_t *page = NULL;
		autofree char *path = xasprintf("/api/v1/audit?after=%lld&limit=%d",
						(long long)after, PAGE_ROWS);
		TRY(api_get(path, &page, err));
		n = json_array_size(json_object_get(page, "items"));
		(void)json_array_extend(items, json_object_get(page, "items"));
		after = json_integer_value(json_object_get(page, "next"));
	} while (n == PAGE_ROWS);
	return 0;
}

/* after=ID: 0 without it. */
static int read_after(const struct words *words, int64_t *ret)
{
	struct sv name;
	const char *value;

	if (words->n == 0)
		return 0;
	if (!name_value_split(words->items[0], &name, &value) || !sv_eq_str(name, "after") ||
	    !parse_i64(value, ret))
		return command_usage("expected after=ID, found '%s'", words->items[0]);
	return 0;
}

static int check_after(const struct words *words)
{
	int64_t after;

	return read_after(words, &after);
}

static int ask_rows(const struct question *q, const struct words *words, json_t **ret,
		    struct err *err)
{
	int64_t after = 0;

	(void)q;
	(void)read_after(words, &after); /* it was checked */
	*ret = json_array();
	return fetch(after, *ret, err);
}

static void print_rows(const struct question *q, json_t *rows)
{
	(void)q;
	table_print(rows, columns);
}

static int list(int argc, char **argv)
{
	return question_run(argc, argv,
			    &(struct question){.max_words = 1,
					       .check = check_after,
					       .ask = ask_rows,
					       .print = print_rows});
}

static int ask_checkpoint(const struct question *q, const struct words *words, json_t **ret,
			  struct err *err)
{
	(void)q;
	(void)words;
	return api_send("POST", "/api/v1/audit/checkpoints", json_object(), ret, err);
}

/* The envelope to keep somewhere else, as one line. */
static void print_checkpoint(const struct question *q, json_t *doc)
{
	autofree char *text = json_text(json_object_get(doc, "envelope"));

	(void)q;
	puts(text);
}

static int checkpoint(int argc, char **argv)
{
	return question_run(argc, argv,
			    &(struct question){.ask = ask_checkpoint, .print = print_checkpoint});
}

/* ---- against checkpoints that were kept elsewhere -------------------------------------------- */

static int read_checkpoint(const char *path, const struct plan_key *key, struct checkpoint *ret,
			   struct err *err)
{
	autofree char *text = NULL;
	size_t n = 0;
	autojson json_t *envelope = NULL;

	TRY(file_read(path, CHECKPOINT_MAX_BYTES, &text, &n, err));
	TRY(json_load_strict(text, n, CHECKPOINT_MAX_BYTES, &envelope, err));
	return checkpoint_open(key, envelope, ret, err) < 0 ? err_wrap(err, "'%s'", path) : 0;
}

/* Does the log still have that row, with that hash? */
static int compare(const struct checkpoint *c, struct err *err)
{
	autojson json_t *page = NULL;

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
	return err_set(
		err, ERR_AUDIT_BROKEN,
		"row %lld differs from the one that was signed on %s: the rows before it were "
		"rewritten",
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
		printf("%s: %lld rows until %s, unchanged\n", files[i], (long long)c.rows, c.at);
	}
	return EXIT_WELL;
}

static int verify(int argc, char **argv)
{
	struct {
		bool json;
		const char *key;
	} a = {0};
	const struct option_row rows[] = {
		{"json", OPTION_FLAG, offsetof(__typeof__(a), json), NULL, NULL},
		{"key", OPTION_TEXT, offsetof(__typeof__(a), key), NULL, NULL}};
	struct err err = ERR_INIT;
	autojson json_t *doc = NULL;
	struct words files;
	int status = option_table_read(argc, argv, OPTION_TABLE(rows, 0, OPTION_WORDS_ANY), &a,
				       &files);

	if (status)
		return status;
	if ((a.key != NULL) != (files.n > 0))
		return command_usage("--key and checkpoints belong together");
	if (api_get("/api/v1/audit/check", &doc, &err) < 0)
		return command_fail(&err);
	bool whole = json_is_true(json_object_get(doc, "whole"));
	if (a.json) {
		api_print_json(doc);
		return whole ? EXIT_WELL : EXIT_FAILED;
	}
	if (whole) {
		printf("%lld rows, the chain is whole, %lld of them signed\n",
		       api_number(doc, "rows"), api_number(doc, "signed_rows"));
		return a.key ? verify_files(a.key, files.n, files.items) : EXIT_WELL;
	}
	(void)err_set(&err, ERR_AUDIT_BROKEN, "%s; the %lld rows before it are unchanged",
		      api_text(doc, "finding"), api_number(doc, "rows"));
	return command_fail(&err);
}

const struct command audit_commands[] = {
	{"audit", "list", "[--json] [after=ID]", "list who changed what, oldest first", list},
	{"audit", "verify", "[--json] [--key PLAN-KEY.pem CHECKPOINT...]",
	 "check that the log is complete and is the one that was signed; checkpoints that were "
	 "kept "
	 "elsewhere prove it without trust in this appliance",
	 verify},
	{"audit", "checkpoint", "[--json]",
	 "sign the log up to now, and print what to keep somewhere else", checkpoint},
	{NULL, NULL, NULL, NULL, NULL},
};
