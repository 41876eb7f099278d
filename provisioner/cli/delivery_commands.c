/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slipway delivery: what vendors announced, and when the hosts of a delivery are ready. Input: an
 * operator's CSV or JSON file, the server's answers.
 */
#include "command.h"

#include <stdio.h>
#include <string.h>

#include <base/file.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>

#include "api.h"
#include "collections.h"
#include "delivery_check.h"
#include "display.h"
#include "listing.h"
#include "name_value.h"
#include "question.h"

#define DELIVERIES     "/api/v1/deliveries"
#define FILE_MAX_BYTES (8 * MIB)

/* ---- import ---------------------------------------------------------------------------------- */

static void print_error(const json_t *row, const json_t *error)
{
	autofree char *why = display_text(api_text(error, "detail"));

	printf("row %lld: %s [%s]\n", api_number(row, "line"), why, api_text(error, "code"));
}

/* A row may be wrong in several ways: all of them at once. */
static void print_errors(const json_t *row)
{
	const json_t *errors = json_object_get(row, "errors");
	size_t i;
	json_t *error;

	if (json_array_size(errors) == 0)
		print_error(row, row);
	json_array_foreach (errors, i, error)
		print_error(row, error);
}

static int print_results(const json_t *doc)
{
	size_t i;
	json_t *row;

	printf("%lld accepted, %lld refused%s\n", api_number(doc, "accepted"),
	       api_number(doc, "refused"),
	       json_is_true(json_object_get(doc, "dry_run")) ? " (dry run: nothing was stored)"
							     : "");
	json_array_foreach (json_object_get(doc, "results"), i, row) {
		if (api_number(row, "status") != 200)
			print_errors(row);
	}
	return api_number(doc, "refused") ? EXIT_CONFLICT : EXIT_WELL;
}

static bool is_json(const char *text)
{
	text += strspn(text, " \t\r\n");
	return *text == '{' || *text == '[';
}

/* A list of hosts, or an object that holds one as "hosts": the words of the command line about the
 * delivery are added to it. Returns 0, or an exit code after an error that was printed. */
static int body_from_json(const struct words *words, const char *text, size_t n_bytes, char **ret)
{
	struct words about = words_after(words, 2);
	struct err err = ERR_INIT;
	autojson json_t *doc = NULL;
	int status;

	if (json_load_strict(text, n_bytes, FILE_MAX_BYTES, &doc, &err) < 0)
		return command_fail(&err);
	if (json_is_array(doc)) {
		json_t *hosts = take_ptr(doc);

		doc = json_pack("{s:o}", "hosts", hosts);
	}
	(void)json_object_set_new(doc, "name", json_string(words->items[1]));
	status = name_value_json(&about, NULL, doc);
	if (!status)
		*ret = json_text(doc);
	return status;
}

static int post(const char *path, const char *type, const char *body, size_t n_bytes)
{
	const struct http_call call = {.method = "POST",
				       .path = path,
				       .content_type = type,
				       .body = body,
				       .body_bytes = n_bytes};
	struct http_reply reply = {0};
	struct err err = ERR_INIT;
	int r = api_call(&call, &reply, &err);
	autojson json_t *doc = r >= 0 ? json_loads(reply.body, 0, NULL) : NULL;

	http_reply_done(&reply);
	return r < 0 ? command_fail(&err) : print_results(doc);
}

static int post_json(const struct words *words, bool dry_run, const char *text, size_t n_bytes)
{
	autofree char *body = NULL;
	int status = body_from_json(words, text, n_bytes, &body);

	if (status)
		return status;
	return post(dry_run ? DELIVERIES "?dry_run=true" : DELIVERIES, "application/json", body,
		    strlen(body));
}

static int post_csv(const struct words *words, bool dry_run, const char *text, size_t n_bytes)
{
	struct words about = words_after(words, 2);
	const char *value;
	struct sv name;
	autostr struct str path;

	str_init(&path, LIMIT_URL_BYTES);
	str_add(&path, DELIVERIES);
	name_value_add_pair(&path, "name", words->items[1]);
	for (int i = 0; i < about.n; i++)
		if (!name_value_split(about.items[i], &name, &value))
			return command_usage("'%s' is not NAME=VALUE", about.items[i]);
	name_value_add_query(&path, &about);
	if (dry_run)
		name_value_add_pair(&path, "dry_run", "true");
	return post(path.p, "text/csv", text, n_bytes);
}

static int import(int argc, char **argv)
{
	static const struct option_row rows[] = {{"dry-run", OPTION_FLAG, 0, NULL, NULL}};
	struct err err = ERR_INIT;
	autofree char *text = NULL;
	struct words words;
	size_t n_bytes = 0;
	bool dry_run = false;
	int status = option_table_read(argc, argv, OPTION_TABLE(rows, 2, OPTION_WORDS_ANY),
				       &dry_run, &words);

	if (status)
		return status;
	if (file_read(words.items[0], FILE_MAX_BYTES, &text, &n_bytes, &err) < 0)
		return command_fail(&err);
	return is_json(text) ? post_json(&words, dry_run, text, n_bytes)
			     : post_csv(&words, dry_run, text, n_bytes);
}

/* ---- when it is ready ------------------------------------------------------------------------ */

static double seconds_of(const json_t *took, const char *key)
{
	return json_number_value(json_object_get(took, key));
}

static void print_stages(const json_t *doc)
{
	size_t i;
	json_t *stage;

	printf("%-12s %7s  %s\n", "STATE", "HOSTS",
	       "SECONDS THAT 10 % / 50 % / 90 % OF PAST HOSTS TOOK");
	json_array_foreach (json_object_get(doc, "stages"), i, stage) {
		const json_t *took = json_object_get(stage, "took_s");

		printf("%-12s %7lld", api_text(stage, "state"), api_number(stage, "hosts"));
		if (took)
			printf("  %.0f / %.0f / %.0f", seconds_of(took, "p10"),
			       seconds_of(took, "p50"), seconds_of(took, "p90"));
		printf("\n");
	}
}

static const char *edge_of(const json_t *forecast, const char *band, size_t which)
{
	const char *text = json_string_value(
		json_array_get(json_object_get(forecast, band), which));

	return text ? text : "";
}

static void print_forecast(const json_t *doc)
{
	const json_t *f = json_object_get(doc, "forecast"),
		     *none = json_object_get(f, "not_covered");

	printf("\n%lld of %lld are ready\n", api_number(doc, "ready"), api_number(doc, "hosts"));
	if (json_is_true(json_object_get(f, "known")))
		printf("%lld on their way: all ready at %s\n  50 %%: %s to %s\n  90 %%: %s to %s\n",
		       api_number(f, "hosts"), api_text(f, "ready_at"), edge_of(f, "band_50", 0),
		       edge_of(f, "band_50", 1), edge_of(f, "band_90", 0),
		       edge_of(f, "band_90", 1));
	else
		printf("no forecast for the rest: %s\n", api_text(f, "why"));
	printf("not in the forecast: %lld expected, %lld stopped, %lld without history, %lld "
	       "slower than any host so far\n",
	       api_number(none, "expected"), api_number(none, "stopped"),
	       api_number(none, "no_history"), api_number(none, "beyond_history"));
}

static int ask_pipeline(const struct question *q, const struct words *words, json_t **ret,
			struct err *err)
{
	autofree char *path = words->n ? api_path(DELIVERIES "/", words->items[0], "/pipeline")
				       : xstrdup("/api/v1/pipeline");

	(void)q;
	return api_get(path, ret, err);
}

static void print_pipeline(const struct question *q, json_t *doc)
{
	(void)q;
	print_stages(doc);
	print_forecast(doc);
}

static int forecast(int argc, char **argv)
{
	return question_run(
		argc, argv,
		&(struct question){.max_words = 1, .ask = ask_pipeline, .print = print_pipeline});
}

const struct command delivery_commands[] = {
	{"delivery", "list", LISTING_ARGUMENTS, "list deliveries", collection_list},
	{"delivery", "show", "[--json] NAME", "show one delivery", collection_show},
	{"delivery", "import",
	 "[--dry-run] FILE.csv|FILE.json NAME [vendor=V] [purchase_order=P] [site=S] [due=TIME]",
	 "announce the hosts of a vendor's list", import},
	{"delivery", "check", "[--json] FILE.csv|FILE.json",
	 "show what an import would do, row by row, without a server", delivery_check},
	{"delivery", "forecast", "[--json] [NAME]",
	 "hosts by stage, times to ready from history, and when the rest will be ready", forecast},
	{NULL, NULL, NULL, NULL, NULL},
};
