/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slipway webhook: which URLs get events, what was delivered, and dead letters once more. A webhook
 * is named by its name or its number. The secret is never a word of the command line, which others
 * can read: it comes from the environment or from standard input, and is never shown again.
 */
#include "command.h"
#include "listing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <base/file.h>
#include <base/json.h>
#include <base/str.h>

#include "api.h"
#include "name_value.h"
#include "page.h"
#include "question.h"
#include "table.h"

#define HOOKS            "/api/v1/webhooks"
#define SECRET_VARIABLE  "SLIPWAY_WEBHOOK_SECRET"
#define SECRET_MAX_BYTES 1024

static const struct column hook_columns[] = {
	{"ID", "id", COLUMN_KEY},
	{"NAME", "name", COLUMN_KEY},
	{"URL", "url", COLUMN_TEXT},
	{"DONE", "last_event", COLUMN_TEXT},
	{"DELIVERED", "delivered", COLUMN_WHEN},
	{"DEAD", "dead", COLUMN_TEXT},
	{"TRIES", "tries", COLUMN_TEXT},
	{"LAST ERROR", "last_error", COLUMN_WRAPPED},
	{NULL, NULL, COLUMN_TEXT},
};
static const struct column attempt_columns[] = {
	{"AT", "at", COLUMN_KEY},
	{"EVENT", "event", COLUMN_TEXT},
	{"TRY", "try", COLUMN_TEXT},
	{"STATUS", "status", COLUMN_TEXT},
	{"TOOK ms", "took_ms", COLUMN_TEXT},
	{"RESULT", "result", COLUMN_WRAPPED},
	{NULL, NULL, COLUMN_TEXT},
};
static const struct column letter_columns[] = {
	{"DEAD LETTER", "event", COLUMN_KEY},
	{"AT", "at", COLUMN_KEY},
	{"AGAIN", "again", COLUMN_TEXT},
	{"WHY", "why", COLUMN_WRAPPED},
	{NULL, NULL, COLUMN_TEXT},
};

/* The number of the hook that a word names; the caller frees. */
static int find_hook(const char *word, char **ret_id, struct err *err)
{
	autojson json_t *doc = NULL;
	int64_t num = 0;
	size_t i;
	json_t *hook;

	TRY(api_get(HOOKS, &doc, err));
	bool is_number = parse_i64(word, &num);
	json_array_foreach (json_object_get(doc, "items"), i, hook) {
		json_int_t id = json_integer_value(json_object_get(hook, "id"));
		const char *name = json_string_value(json_object_get(hook, "name"));
		if ((is_number && id == num) || (name && strcmp(name, word) == 0)) {
			*ret_id = xasprintf("%lld", (long long)id);
			return 0;
		}
	}
	return err_set(err, ERR_NOT_FOUND, "there is no webhook '%s'", word);
}

/* "/api/v1/webhooks/7" + suffix for the hook that a word names; the caller frees. */
static int hook_path(const char *word, const char *suffix, char **ret, struct err *err)
{
	autofree char *id = NULL;

	TRY(find_hook(word, &id, err));
	*ret = xasprintf(HOOKS "/%s%s", id, suffix);
	return 0;
}

static int list(int argc, char **argv)
{
	return listing_whole(argc, argv, HOOKS, "items", hook_columns);
}

static int show(int argc, char **argv)
{
	return page_show_of(argc, argv, hook_path, "");
}

static int ask_deliveries(const struct question *q, const struct words *words, json_t **ret,
			  struct err *err)
{
	autofree char *path = NULL;

	(void)q;
	TRY(hook_path(words->items[0], "/deliveries", &path, err));
	return api_get(path, ret, err);
}

static void print_deliveries(const struct question *q, json_t *doc)
{
	(void)q;
	table_print(json_object_get(doc, "items"), attempt_columns);
	if (json_array_size(json_object_get(doc, "dead")) == 0)
		return;
	printf("\n");
	table_print(json_object_get(doc, "dead"), letter_columns);
}

static int deliveries(int argc, char **argv)
{
	return question_run(argc, argv,
			    &(struct question){.min_words = 1,
					       .max_words = 1,
					       .ask = ask_deliveries,
					       .print = print_deliveries});
}

/* ---- changes --------------------------------------------------------------------------------- */

/* From the environment, or one line of standard input; the caller frees. */
static int read_secret(char **ret, struct err *err)
{
	const char *given = getenv(SECRET_VARIABLE);
	size_t n = 0;

	if (given) {
		*ret = xstrdup(given);
		return 0;
	}
	if (isatty(STDIN_FILENO))
		fprintf(stderr, "secret (16 bytes or more), then end of file: ");
	TRY(file_read_fd(STDIN_FILENO, SECRET_MAX_BYTES, ret, &n, err));
	(*ret)[strcspn(*ret, "\r\n")] = '\0';
	return 0;
}

static const struct value_row value_kinds[] = {
	{"kinds", VALUE_LIST},
	{"max_tries", VALUE_NUMBER},
	{"since", VALUE_NUMBER},
	{NULL, VALUE_LIST},
};

/* words: name, URL, then NAME=VALUE. */
static int create(const struct words *words, json_t *body, json_t **ret_doc)
{
	struct err err = ERR_INIT;
	autofree char *secret = NULL;
	int r;

	if (read_secret(&secret, &err) < 0)
		return command_fail(&err);
	(void)json_object_set_new(body, "name", json_string(words->items[0]));
	(void)json_object_set_new(body, "url", json_string(words->items[1]));
	(void)json_object_set_new(body, "secret", json_string(secret));
	explicit_bzero(secret, strlen(secret));
	r = api_send("POST", HOOKS, json_incref(body), ret_doc, &err);
	return r < 0 ? command_fail(&err) : EXIT_WELL;
}

static int add(int argc, char **argv)
{
	autojson json_t *doc = NULL;
	autojson json_t *body = json_object();
	struct words words;
	bool json;
	int status = words_read_json(argc, argv, 2, OPTION_WORDS_ANY, &json, &words);

	if (status)
		return status;
	struct words values = words_after(&words, 2);
	status = name_value_json(&values, value_kinds, body);
	if (!status)
		status = create(&words, body, &doc);
	if (status)
		return status;
	if (json)
		api_print_json(doc);
	else
		printf("webhook %lld, %s\n", api_number(doc, "id"), words.items[0]);
	return EXIT_WELL;
}

static int remove_hook(int argc, char **argv)
{
	struct err err = ERR_INIT;
	autofree char *path = NULL;
	struct words words;
	int status = words_read(argc, argv, 1, 1, &words);

	if (status)
		return status;
	if (hook_path(words.items[0], "", &path, &err) < 0 ||
	    api_send("DELETE", path, NULL, NULL, &err) < 0)
		return command_fail(&err);
	printf("removed\n");
	return EXIT_WELL;
}

static int retry(int argc, char **argv)
{
	struct err err = ERR_INIT;
	autofree char *path = NULL;
	autojson json_t *doc = NULL;
	autojson json_t *body = json_object();
	struct words words;
	int64_t event = 0;
	int status = words_read(argc, argv, 1, 2, &words);

	if (status)
		return status;
	if (words.n == 2 && !parse_i64(words.items[1], &event))
		return command_usage("expected the number of an event, found '%s'", words.items[1]);
	if (words.n == 2)
		(void)json_object_set_new(body, "event", json_integer(event));
	if (hook_path(words.items[0], "/redeliver", &path, &err) < 0 ||
	    api_send("POST", path, json_incref(body), &doc, &err) < 0)
		return command_fail(&err);
	printf("%lld sent again\n", api_number(doc, "again"));
	return EXIT_WELL;
}

const struct command webhook_commands[] = {
	{"webhook", "add", "[--json] NAME URL [kinds=LIST] [max_tries=N] [since=EVENT]",
	 "send events to a URL; the secret comes from " SECRET_VARIABLE " or standard input", add},
	{"webhook", "list", "[--json]", "list webhooks", list},
	{"webhook", "show", "[--json] HOOK", "show one webhook", show},
	{"webhook", "deliveries", "[--json] HOOK", "list the newest attempts, and the dead letters",
	 deliveries},
	{"webhook", "retry", "HOOK [EVENT]", "send dead letters again, one or all", retry},
	{"webhook", "remove", "HOOK", "remove a webhook and its dead letters", remove_hook},
	{NULL, NULL, NULL, NULL, NULL},
};
