/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slipway webhook: who is told of events, what was delivered, and dead letters once more. A webhook
 * is named by its name or its number. The secret is never a word of the command line, which others
 * can read: it comes from the environment or from standard input, and is never shown again.
 */
#include "command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <base/file.h>
#include <base/json.h>
#include <base/str.h>

#include "api.h"
#include "listing.h"

#define HOOKS            "/api/v1/webhooks"
#define SECRET_VARIABLE  "SLIPWAY_WEBHOOK_SECRET"
#define SECRET_MAX_BYTES 1024

static const struct column hook_columns[] = {
	{"ID", "id"},
	{"NAME", "name"},
	{"URL", "url"},
	{"DONE", "last_event"},
	{"DELIVERED", "delivered"},
	{"DEAD", "dead"},
	{"TRIES", "tries"},
	{"LAST ERROR", "last_error"},
	{NULL, NULL},
};
static const struct column attempt_columns[] = {
	{"AT", "at"},           {"EVENT", "event"},   {"TRY", "try"}, {"STATUS", "status"},
	{"TOOK ms", "took_ms"}, {"RESULT", "result"}, {NULL, NULL},
};
static const struct column letter_columns[] = {
	{"DEAD LETTER", "event"}, {"AT", "at"}, {"AGAIN", "again"}, {"WHY", "why"}, {NULL, NULL},
};

/* The number of the hook that a word names; the caller frees. */
static int find_hook(const char *word, char **ret_id, struct err *err)
{
	AUTO(json) json_t *doc = NULL;
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

/* "/api/v1/webhooks/7" + suffix for the hook that argv[1] names; the caller frees. */
static int hook_path(const char *word, const char *suffix, char **ret, struct err *err)
{
	autofree char *id = NULL;
	TRY(find_hook(word, &id, err));
	*ret = xasprintf(HOOKS "/%s%s", id, suffix);
	return 0;
}

static int list(int argc, char **argv)
{
	struct err err = ERR_INIT;
	AUTO(json) json_t *doc = NULL;
	int json = listing_take_json(&argc, argv);
	if (argc != 1)
		return command_usage("only --json may follow");
	if (api_get(HOOKS, &doc, &err) < 0)
		return command_fail(&err);
	if (json)
		api_print_json(doc);
	else
		listing_print_table(json_object_get(doc, "items"), hook_columns);
	return EXIT_WELL;
}

static int show(int argc, char **argv)
{
	struct err err = ERR_INIT;
	autofree char *path = NULL;
	int json = listing_take_json(&argc, argv);
	if (argc != 2)
		return command_usage("one webhook is wanted");
	if (hook_path(argv[1], "", &path, &err) < 0)
		return command_fail(&err);
	return listing_show(path, json);
}

static int deliveries(int argc, char **argv)
{
	struct err err = ERR_INIT;
	autofree char *path = NULL;
	AUTO(json) json_t *doc = NULL;
	int json = listing_take_json(&argc, argv);
	if (argc != 2)
		return command_usage("one webhook is wanted");
	if (hook_path(argv[1], "/deliveries", &path, &err) < 0 || api_get(path, &doc, &err) < 0)
		return command_fail(&err);
	if (json) {
		api_print_json(doc);
		return EXIT_WELL;
	}
	listing_print_table(json_object_get(doc, "items"), attempt_columns);
	if (json_array_size(json_object_get(doc, "dead")) == 0)
		return EXIT_WELL;
	printf("\n");
	listing_print_table(json_object_get(doc, "dead"), letter_columns);
	return EXIT_WELL;
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

/* kinds=host.state,fault.* as a list, numbers as numbers. */
static int add_word(json_t *body, const char *word)
{
	static const char *const numbers[] = {"max_tries", "since"};
	const char *eq = strchr(word, '=');
	int64_t n = 0;
	if (!eq)
		return command_usage("'%s' is not NAME=VALUE", word);
	autofree char *name = xstrndup(word, (size_t)(eq - word));
	if (strcmp(name, "kinds") == 0) {
		json_t *kinds = json_array();
		struct sv rest = sv_of(eq + 1);
		while (rest.n > 0) {
			struct sv one = sv_split(&rest, ',');
			(void)json_array_append_new(kinds, json_stringn(one.p, one.n));
		}
		(void)json_object_set_new(body, name, kinds);
		return EXIT_WELL;
	}
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
		if (strcmp(numbers[i], name) == 0 && parse_i64(eq + 1, &n)) {
			(void)json_object_set_new(body, name, json_integer(n));
			return EXIT_WELL;
		}
	return command_usage("'%s' is not kinds=LIST, max_tries=N or since=EVENT", word);
}

static int add(int argc, char **argv)
{
	struct err err = ERR_INIT;
	autofree char *secret = NULL;
	AUTO(json) json_t *doc = NULL;
	AUTO(json) json_t *body = json_object();
	int json = listing_take_json(&argc, argv);
	if (argc < 3)
		return command_usage("a name and a URL are wanted");
	for (int i = 3; i < argc; i++) {
		int status = add_word(body, argv[i]);
		if (status != EXIT_WELL)
			return status;
	}
	if (read_secret(&secret, &err) < 0)
		return command_fail(&err);
	(void)json_object_set_new(body, "name", json_string(argv[1]));
	(void)json_object_set_new(body, "url", json_string(argv[2]));
	(void)json_object_set_new(body, "secret", json_string(secret));
	explicit_bzero(secret, strlen(secret));
	if (api_send("POST", HOOKS, json_incref(body), &doc, &err) < 0)
		return command_fail(&err);
	if (json)
		api_print_json(doc);
	else
		printf("webhook %lld, %s\n",
		       (long long)json_integer_value(json_object_get(doc, "id")), argv[1]);
	return EXIT_WELL;
}

static int remove_hook(int argc, char **argv)
{
	struct err err = ERR_INIT;
	autofree char *path = NULL;
	if (argc != 2)
		return command_usage("one webhook is wanted");
	if (hook_path(argv[1], "", &path, &err) < 0 ||
	    api_send("DELETE", path, NULL, NULL, &err) < 0)
		return command_fail(&err);
	printf("removed\n");
	return EXIT_WELL;
}

static int retry(int argc, char **argv)
{
	struct err err = ERR_INIT;
	autofree char *path = NULL;
	AUTO(json) json_t *doc = NULL;
	int64_t event = 0;
	if (argc < 2 || argc > 3 || (argc == 3 && !parse_i64(argv[2], &event)))
		return command_usage("a webhook, and perhaps the number of an event, are wanted");
	json_t *body = argc == 3 ? json_pack("{s:I}", "event", (json_int_t)event) : json_object();
	if (hook_path(argv[1], "/redeliver", &path, &err) < 0) {
		json_decref(body);
		return command_fail(&err);
	}
	if (api_send("POST", path, body, &doc, &err) < 0)
		return command_fail(&err);
	printf("%lld sent again\n", (long long)json_integer_value(json_object_get(doc, "again")));
	return EXIT_WELL;
}

const struct command webhook_commands[] = {
	{"webhook", "add", "[--json] NAME URL [kinds=LIST] [max_tries=N] [since=EVENT]",
	 "tell a URL of events; the secret comes from " SECRET_VARIABLE " or standard input", add},
	{"webhook", "list", "[--json]", "list webhooks", list},
	{"webhook", "show", "[--json] HOOK", "one webhook", show},
	{"webhook", "deliveries", "[--json] HOOK", "the newest attempts, and the dead letters",
	 deliveries},
	{"webhook", "retry", "HOOK [EVENT]", "send dead letters again, one or all", retry},
	{"webhook", "remove", "HOOK", "forget a webhook and its dead letters", remove_hook},
	{NULL, NULL, NULL, NULL, NULL},
};
