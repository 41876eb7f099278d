/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checking what agents signed; see burnin_verify.h. Each boot of a run signs the records of its own;
 * records that no good signature covers are counted. Input: records and envelopes of any origin.
 */
#include "burnin_verify.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <base/digest.h>
#include <base/file.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>
#include <burnin/run_digest.h>
#include <proto/receipt.h>

#include "api.h"
#include "command.h"
#include "option_table.h"

#define RECORDS_MAX_BYTES (256 * MIB)
#define PAGE              100000 /* records of one answer */

struct arguments {
	const char *key;
	bool json;
};

struct checking {
	const char *key; /* that must have signed; NULL: any */
	json_t *records, *signatures;
	json_t *results;
	int64_t n_covered, n_good, n_bad;
};

/* ---- where they come from -------------------------------------------------------------------- */

static int add_lines(struct checking *c, const char *text, size_t n_bytes, struct err *err)
{
	struct sv rest = {text, n_bytes};

	while (rest.n) {
		struct sv line = sv_trim(sv_split(&rest, '\n'));
		json_t *record = NULL;

		if (!line.n)
			continue;
		TRY(json_load_strict(line.p, line.n, LIMIT_JSON_BODY_BYTES, &record, err));
		json_array_append_new(c->records, record);
	}
	return 0;
}

static int get_page(struct checking *c, const char *run_id, struct err *err)
{
	autofree char *end = xasprintf("/ocp.jsonl?after=%zu&limit=%d", json_array_size(c->records),
				       PAGE);
	autofree char *path = api_path("/api/v1/runs/", run_id, end);
	struct http_call call = {.path = path, .max_reply_bytes = RECORDS_MAX_BYTES};
	struct http_reply reply = {0};
	int rc = api_call(&call, &reply, err);

	if (rc >= 0)
		rc = http_reply_check(&reply, err);
	if (rc >= 0)
		rc = add_lines(c, reply.body, reply.body_bytes, err);
	http_reply_done(&reply);
	return rc;
}

static int load_run(struct checking *c, const char *run_id, struct err *err)
{
	autofree char *path = api_path("/api/v1/runs/", run_id, "/signatures");
	size_t before;

	TRY(api_get(path, &c->signatures, err));
	do {
		before = json_array_size(c->records);
		TRY(get_page(c, run_id, err));
	} while (json_array_size(c->records) == before + PAGE);
	return 0;
}

static int load_files(struct checking *c, char **paths, struct err *err)
{
	autofree char *records = NULL, *signatures = NULL;
	size_t n = 0;

	TRY(file_read(paths[0], RECORDS_MAX_BYTES, &records, &n, err));
	TRY(add_lines(c, records, n, err));
	TRY(file_read(paths[1], 16 * MIB, &signatures, &n, err));
	return json_load_strict(signatures, n, 16 * MIB, &c->signatures, err);
}

/* ---- checking -------------------------------------------------------------------------------- */

static int check_one(struct checking *c, json_t *envelope, json_t *result, struct err *err)
{
	autoreceipt struct receipt r = {0};
	char key[SHA256_HEX_BYTES];

	TRY(receipt_open(envelope, c->key, &r, key, err));
	json_object_set_new(result, "key_sha256", json_string(key));
	json_object_set_new(result, "host_id", json_string(r.host_id));
	json_object_set(result, "report", r.report);
	if (!str_eq(r.work, RUN_DIGEST_WORK))
		return err_set(err, ERR_RECEIPT_BINDING, "it is a receipt of '%.16s'", r.work);
	TRY(run_digest_check(r.report, c->records, err));
	c->n_covered += api_number(r.report, "records");
	return 0;
}

static void check_all(struct checking *c)
{
	json_t *item;
	size_t i;

	json_array_foreach (json_object_get(c->signatures, "items"), i, item) {
		struct err err = ERR_INIT;
		json_t *result = json_object();
		bool good = check_one(c, json_object_get(item, "envelope"), result, &err) >= 0;

		json_object_set_new(result, "good", json_boolean(good));
		if (!good)
			json_object_set_new(result, "why", json_string_of(err.msg));
		json_array_append_new(c->results, result);
		c->n_good += good;
		c->n_bad += !good;
	}
}

static int print(const struct checking *c, bool json)
{
	int64_t n = (int64_t)json_array_size(c->records);
	bool whole = c->n_good > 0 && c->n_bad == 0 && c->n_covered >= n;
	json_t *row;
	size_t i;

	if (json) {
		autojson json_t *doc = json_pack("{s:b, s:I, s:I, s:O}", "whole", whole, "records",
						 (json_int_t)n, "signed", (json_int_t)c->n_covered,
						 "signatures", c->results);

		api_print_json(doc);
		return whole ? EXIT_WELL : EXIT_CONFLICT;
	}
	json_array_foreach (c->results, i, row)
		printf("%s: key %s%s%s\n",
		       json_is_true(json_object_get(row, "good")) ? "good" : "BAD",
		       api_text(row, "key_sha256"), *api_text(row, "why") ? ": " : "",
		       api_text(row, "why"));
	printf("%s: %lld of %lld records are signed\n", whole ? "whole" : "NOT WHOLE",
	       (long long)c->n_covered, (long long)n);
	return whole ? EXIT_WELL : EXIT_CONFLICT;
}

int burnin_verify(int argc, char **argv)
{
	static const struct option_row rows[] = {
		{"key", OPTION_TEXT, offsetof(struct arguments, key), NULL, NULL},
		{"json", OPTION_FLAG, offsetof(struct arguments, json), NULL, NULL},
	};
	struct checking c = {.records = json_array(), .results = json_array()};
	uint8_t ignored[SHA256_BYTES];
	struct arguments a = {0};
	struct err err = ERR_INIT;
	struct words words;
	int status = option_table_read(argc, argv, OPTION_TABLE(rows, 1, 2), &a, &words);

	if (!status && a.key && !hex_decode(a.key, ignored, sizeof(ignored)))
		status = command_usage("'%s' is not a SHA-256 of 64 hexadecimal digits", a.key);
	if (!status) {
		int rc = words.n == 2 ? load_files(&c, words.items, &err)
				      : load_run(&c, words.items[0], &err);

		c.key = a.key;
		if (rc >= 0)
			check_all(&c);
		status = rc < 0 ? command_fail(&err) : print(&c, a.json);
	}
	json_decref(c.records);
	json_decref(c.signatures);
	json_decref(c.results);
	return status;
}
