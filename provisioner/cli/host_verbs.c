/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changing a host; see host_verbs.h. Input: the command line, the server's answers.
 */
#include "host_verbs.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <base/json.h>
#include <base/str.h>

#include "api.h"
#include "command.h"
#include "display.h"
#include "host_ref.h"
#include "name_value.h"
#include "order_commands.h"

#define ANSWER_BYTES 64
#define VIEW_BYTES   64

static const struct value_row value_kinds[] = {
	{"disks", VALUE_LIST},   {"unit", VALUE_NUMBER},
	{"ttl_s", VALUE_NUMBER}, {"confirm_count", VALUE_NUMBER},
	{"dry_run", VALUE_FLAG}, {"new_disk", VALUE_FLAG},
	{NULL, VALUE_FLAG},
};

/* What the server answered to a change: an order that waits, a rehearsal, or the new state. */
static void print_outcome(const char *host, const json_t *doc, bool pending)
{
	const char *plan = api_text(doc, "plan_hash"), *state = api_text(doc, "state");

	if (pending)
		(void)order_print_pending(doc);
	else if (*plan)
		printf("%s: it would be armed; plan_hash=%s\n", host, plan);
	else
		printf("%s: %s\n", host, *state ? state : "done");
	order_print_needs(doc);
}

static int send(const char *method, const char *host, const char *suffix, json_t *body, bool json)
{
	struct err err = ERR_INIT;
	autojson json_t *owned = body;
	autojson json_t *doc = NULL;
	autofree char *path = NULL;

	if (host_ref_path(host, suffix, &path, &err) < 0 ||
	    api_send(method, path, json_incref(owned), &doc, &err) < 0)
		return command_fail(&err);
	bool pending = json_object_get(json_object_get(doc, "order"), "state") != NULL;
	if (json)
		api_print_json(doc);
	else
		print_outcome(host, doc, pending);
	return pending ? EXIT_PENDING : EXIT_WELL;
}

/* words: the host, then NAME=VALUE. view: of the host as it was shown, or "". */
static int send_viewed(const char *method, const char *suffix, const struct words *words,
		       const char *view, bool json)
{
	struct words values = words_after(words, 1);
	autojson json_t *body = *view ? json_pack("{s:s}", "view", view) : json_object();
	int status = name_value_json(&values, value_kinds, body);

	return status ? status : send(method, words->items[0], suffix, json_incref(body), json);
}

static int send_words(const char *method, const char *suffix, const struct words *words, bool json)
{
	return send_viewed(method, suffix, words, "", json);
}

int host_set(int argc, char **argv)
{
	struct words words;
	bool json;
	int status = words_read_json(argc, argv, 2, OPTION_WORDS_ANY, &json, &words);

	return status ? status : send_words("PATCH", "", &words, json);
}

int host_verb(int argc, char **argv)
{
	autofree char *suffix = xasprintf("/%s", argv[0]);
	struct words words;
	bool json;
	int status = words_read_json(argc, argv, 1, OPTION_WORDS_ANY, &json, &words);

	return status ? status : send_words("POST", suffix, &words, json);
}

/* ---- with a question ------------------------------------------------------------------------- */

static bool is_yes(const char *answer)
{
	return str_eq(answer, "y\n") || str_eq(answer, "yes\n");
}

/* Shows which host a word means before it is taken out of the fleet. ret_view: the host as shown. */
static int ask(const char *verb, const char *word, char ret_view[static VIEW_BYTES])
{
	struct err err = ERR_INIT;
	autojson json_t *doc = NULL;
	autofree char *path = NULL;
	char answer[ANSWER_BYTES] = "";

	if (!isatty(STDIN_FILENO))
		return command_usage(
			"%s asks for confirmation on a terminal; give --yes in scripts", verb);
	if (host_ref_path(word, "", &path, &err) < 0 || api_get(path, &doc, &err) < 0)
		return command_fail(&err);
	autofree char *name = display_text(api_text(doc, "name"));
	autofree char *serial = display_text(api_text(doc, "serial"));
	fprintf(stderr, "%s host %s%s%s, serial '%s', %s? [y/N] ", verb,
		api_text(doc, "short_code"), *name ? " " : "", name, serial,
		api_text(doc, "state"));
	if (!fgets(answer, sizeof(answer), stdin) || !is_yes(answer)) {
		fprintf(stderr, "nothing was changed\n");
		return EXIT_FAILED;
	}
	(void)str_copy(ret_view, VIEW_BYTES, api_text(doc, "view"));
	return EXIT_WELL;
}

int host_verb_confirmed(int argc, char **argv)
{
	struct {
		bool json, yes;
	} a = {0};
	const struct option_row rows[] = {
		{"json", OPTION_FLAG, offsetof(__typeof__(a), json), NULL, NULL},
		{"yes", OPTION_FLAG, offsetof(__typeof__(a), yes), NULL, NULL}};
	const char *verb = argv[0];
	char view[VIEW_BYTES] = "";
	autofree char *suffix = xasprintf("/%s", verb);
	struct words words;
	int status = option_table_read(argc, argv, OPTION_TABLE(rows, 1, OPTION_WORDS_ANY), &a,
				       &words);

	if (!status && !a.yes)
		status = ask(verb, words.items[0], view);
	return status ? status : send_viewed("POST", suffix, &words, view, a.json);
}

/* ---- one host becomes two -------------------------------------------------------------------- */

int host_split(int argc, char **argv)
{
	struct err err = ERR_INIT;
	autojson json_t *doc = NULL;
	autofree char *path = NULL;
	struct words words;
	bool json;
	int status = words_read_json(argc, argv, 2, OPTION_WORDS_ANY, &json, &words);

	if (status)
		return status;
	json_t *values = json_array();
	for (int i = 1; i < words.n; i++)
		(void)json_array_append_new(values, json_string(words.items[i]));
	autojson json_t *body = json_pack("{s:o}", "values", values);
	if (host_ref_path(words.items[0], "/split", &path, &err) < 0 ||
	    api_send("POST", path, json_incref(body), &doc, &err) < 0)
		return command_fail(&err);
	if (json)
		api_print_json(doc);
	else
		printf("%s is a host of its own\n", api_text(doc, "short_code"));
	return EXIT_WELL;
}
