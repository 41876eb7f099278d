/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slipway export, diff: whole collections as a stream, and what changed between two moments. Input:
 * words that become a URL; the server's answers.
 */
#include "command.h"

#include <stdio.h>
#include <string.h>

#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>

#include "api.h"
#include "display.h"
#include "name_value.h"

#define EXPORT_TIMEOUT_MS (3600 * 1000)
#define PAGE_ROWS         1000

/* ---- exports --------------------------------------------------------------------------------- */

static bool to_stdout(void *arg, const void *p, size_t n_bytes)
{
	(void)arg;
	return fwrite(p, 1, n_bytes, stdout) == n_bytes;
}

static int stream(const char *path, struct err *err)
{
	struct http_call call = {.path = path, .timeout_ms = EXPORT_TIMEOUT_MS, .sink = to_stdout};
	struct http_reply reply = {0};
	int r = api_call(&call, &reply, err);

	http_reply_done(&reply);
	return r;
}

/* argv[0] is the format */
static int export_all(int argc, char **argv)
{
	static const struct {
		const char *verb, *path;
	} formats[] = {
		{"csv", "/api/v1/export.csv"},
		{"ndjson", "/api/v1/export.ndjson"},
		{"netbox", "/api/v1/export-netbox.csv"},
	};
	struct err err = ERR_INIT;
	autostr struct str path;
	struct words words;

	str_init(&path, LIMIT_URL_BYTES);
	for (size_t i = 0; i < ARRAY_LEN(formats); i++)
		if (str_eq(formats[i].verb, argv[0]))
			str_add(&path, formats[i].path);
	int status = words_read(argc, argv, 0, OPTION_WORDS_ANY, &words);
	if (status)
		return status;
	name_value_add_query(&path, &words);
	return stream(path.p, &err) < 0 ? command_fail(&err) : EXIT_WELL;
}

/* ---- between two moments --------------------------------------------------------------------- */

static void add_value(struct str *out, const json_t *v)
{
	autofree char *text = v && !json_is_null(v) && !json_is_string(v) ? json_text(v) : NULL;

	display_add(out, text ? text : json_is_string(v) ? json_string_value(v) : "-");
}

static void print_change(const char *host, const char *what, const char *name, const json_t *was,
			 const json_t *is)
{
	autostr struct str line;

	str_init(&line, 8192);
	str_addf(&line, "%-9s %-8s ", host, what);
	display_add(&line, name);
	if (was || is) {
		str_add(&line, ": ");
		add_value(&line, was);
		str_add(&line, " -> ");
		add_value(&line, is);
	}
	puts(line.p);
}

static void print_parts(const char *host, const char *what, const json_t *parts)
{
	size_t i;
	json_t *p;

	json_array_foreach (parts, i, p) {
		autostr struct str words;
		str_init(&words, 2048);
		str_addf(&words, "%s %s", api_text(p, "slot"), api_text(p, "fru_id"));
		print_change(host, what, words.p, NULL, NULL);
	}
}

static void print_host(json_t *item)
{
	const char *host = api_text(item, "host"), *name;
	json_t *pair;

	if (strcmp(api_text(item, "change"), "changed") != 0)
		print_change(host, api_text(item, "change"), "", NULL, NULL);
	json_object_foreach (json_object_get(item, "fields"), name, pair)
		print_change(host, "changed", name, json_array_get(pair, 0),
			     json_array_get(pair, 1));
	print_parts(host, "part in", json_object_get(item, "parts_added"));
	print_parts(host, "part out", json_object_get(item, "parts_removed"));
}

/* A page after a row, printed or appended to `all`; *after is 0 after the last. */
static int diff_page(const struct words *words, int64_t *after, json_t *all, struct err *err)
{
	autojson json_t *page = NULL;
	autostr struct str path;
	json_t *items, *item;
	size_t i;

	str_init(&path, LIMIT_URL_BYTES);
	str_addf(&path, "/api/v1/diff?limit=%d&after=%lld", PAGE_ROWS, (long long)*after);
	name_value_add_query(&path, words);
	TRY(api_get(path.p, &page, err));
	items = json_object_get(page, "items");
	if (all)
		(void)json_array_extend(all, items);
	json_array_foreach (items, i, item)
		if (!all)
			print_host(item);
	*after = api_number(page, "next");
	return 0;
}

static int diff(int argc, char **argv)
{
	struct err err = ERR_INIT;
	autojson json_t *all = json_array();
	struct words words;
	int64_t after = 0;
	bool json;
	int status = words_read_json(argc, argv, 0, OPTION_WORDS_ANY, &json, &words);

	if (status)
		return status;
	do {
		if (diff_page(&words, &after, json ? all : NULL, &err) < 0)
			return command_fail(&err);
	} while (after);
	if (json)
		api_print_json(all);
	return EXIT_WELL;
}

const struct command export_commands[] = {
	{"export", "csv", "[of=COLLECTION] [fields=NAMES] [at=TIME] [FILTER]...",
	 "print a whole collection, from one snapshot, as CSV", export_all},
	{"export", "ndjson", "[of=COLLECTION] [fields=NAMES] [at=TIME] [FILTER]...",
	 "print a whole collection, an object a line", export_all},
	{"export", "netbox", "[at=TIME] [FILTER]...", "print hosts as NetBox imports devices",
	 export_all},
	{"diff", "show", "[--json] from=TIME [to=TIME]",
	 "show what changed of hosts and parts between two moments", diff},
	{NULL, NULL, NULL, NULL, NULL},
};
