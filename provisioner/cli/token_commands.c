/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slipway token: who may call the API. A token is printed once, when it is made.
 */
#include "command.h"
#include "listing.h"

#include <stdio.h>
#include <string.h>

#include <base/clock.h>
#include <base/json.h>
#include <base/str.h>

#include "api.h"
#include "name_value.h"
#include "table.h"

#define TOKENS "/api/v1/tokens"

static const struct column columns[] = {
	{"ID", "id", COLUMN_KEY},
	{"NAME", "name", COLUMN_TEXT},
	{"OWNER", "owner", COLUMN_TEXT},
	{"SCOPE", "scopes", COLUMN_WRAPPED},
	{"EXPIRES", "expires", COLUMN_WHEN},
	{"LAST USED", "last_used", COLUMN_WHEN},
	{"REVOKED", "revoked", COLUMN_WHEN},
	{NULL, NULL, COLUMN_TEXT},
};

static int list(int argc, char **argv)
{
	return listing_whole(argc, argv, TOKENS, "items", columns);
}

/* ---- making one ------------------------------------------------------------------------------ */

/* "90d", "12h", "30min", or the moment itself; *ret is seconds from now. */
static bool read_expiry(const char *text, void *member)
{
	static const struct {
		const char *suffix;
		int64_t seconds;
	} units[] = {{"min", 60}, {"h", 3600}, {"d", 86400}, {"s", 1}};
	int64_t *ret = member, at_us = 0;

	if (time_parse_rfc3339(text, &at_us)) {
		*ret = (at_us - time_wall_us()) / 1000000;
		return *ret > 0;
	}
	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		if (!str_ends(text, units[i].suffix))
			continue;
		autofree char *digits = xstrndup(text, strlen(text) - strlen(units[i].suffix));
		uint64_t n = 0;
		if (!parse_u64(digits, &n) || n == 0 || n > 366 * 86400)
			return false;
		*ret = (int64_t)n * units[i].seconds;
		return true;
	}
	return false;
}

/* NAME SCOPE... [owner=PERSON]: what is not NAME=VALUE is a scope. */
static int body_of(const struct words *words, int64_t ttl_s, json_t *body)
{
	json_t *scopes = json_array();

	(void)json_object_set_new(body, "name", json_string(words->items[0]));
	(void)json_object_set_new(body, "scopes", scopes);
	if (ttl_s)
		(void)json_object_set_new(body, "ttl_s", json_integer(ttl_s));
	for (int i = 1; i < words->n; i++) {
		struct words one = {&words->items[i], 1};
		struct sv name;
		const char *value;
		int status = 0;

		if (name_value_split(words->items[i], &name, &value))
			status = name_value_json(&one, NULL, body);
		else
			(void)json_array_append_new(scopes, json_string(words->items[i]));
		if (status)
			return status;
	}
	return json_array_size(scopes) ? 0 : command_usage("expected a name and scopes");
}

static int create(int argc, char **argv)
{
	static const struct option_row rows[] = {
		{"expires", OPTION_READ, 0, read_expiry,
		 "a duration (90d, 12h, 30min) or a time to come (2027-01-31T00:00:00Z)"},
	};
	struct err err = ERR_INIT;
	autojson json_t *body = json_object();
	autojson json_t *doc = NULL;
	struct words words;
	int64_t ttl_s = 0;
	int status = option_table_read(argc, argv, OPTION_TABLE(rows, 2, OPTION_WORDS_ANY), &ttl_s,
				       &words);

	if (!status)
		status = body_of(&words, ttl_s, body);
	if (status)
		return status;
	if (api_send("POST", TOKENS, json_incref(body), &doc, &err) < 0)
		return command_fail(&err);
	printf("%s\n", api_text(doc, "token"));
	fprintf(stderr, "valid until %s; this token is not shown again\n",
		api_text(doc, "expires"));
	return EXIT_WELL;
}

static int revoke_token(int argc, char **argv)
{
	struct err err = ERR_INIT;
	struct words words;
	int status = words_read(argc, argv, 1, 1, &words);

	if (status)
		return status;
	autofree char *path = api_path(TOKENS "/", words.items[0], "");
	if (api_send("DELETE", path, NULL, NULL, &err) < 0)
		return command_fail(&err);
	printf("revoked\n");
	return EXIT_WELL;
}

const struct command token_commands[] = {
	{"token", "list", "[--json]", "list API tokens", list},
	{"token", "create", "[--expires 90d|TIME] NAME SCOPE... [owner=PERSON]",
	 "create an API token, for a program or a person; it is printed once", create},
	{"token", "revoke", "ID", "revoke a token", revoke_token},
	{NULL, NULL, NULL, NULL, NULL},
};
