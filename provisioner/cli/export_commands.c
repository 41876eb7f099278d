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
#include "listing.h"

#define EXPORT_TIMEOUT_MS (3600 * 1000)
#define PAGE_ROWS         1000

/* "?of=parts&type=memory" of NAME=VALUE words; a word without '=' is a filter ("cores>32"). */
static void add_words(struct str *path, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		const char *eq = strchr(argv[i], '=');
		autofree char *name = xstrndup(argv[i],
					       eq ? (size_t)(eq - argv[i]) : strlen(argv[i]));
		str_addc(path, strchr(path->p, '?') ? '&' : '?');
		str_add_url(path, name);
		str_addc(path, '=');
		str_add_url(path, eq ? eq + 1 : "");
	}
}

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
	return r >= 0 && fflush(stdout) != 0 ? err_sys(err, ERR_IO, "cannot write") : r;
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
	str_init(&path, LIMIT_URL_BYTES);
	for (size_t i = 0; i < ARRAY_LEN(formats); i++)
		if (strcmp(formats[i].verb, argv[0]) == 0)
			str_add(&path, formats[i].path);
	add_words(&path, argc, argv);
	return stream(path.p, &err) < 0 ? command_fail(&err) : EXIT_WELL;
}

/* ---- between two moments --------------------------------------------------------------------- */

static void add_value(struct str *out, const json_t *v)
{
	autofree char *text = v && !json_is_null(v) && !json_is_string(v) ? json_text(v) : NULL;
	str_add_printable(out, text ? text : json_is_string(v) ? json_string_value(v) : "-");
}

static void print_change(const char *host, const char *what, const char *name, const json_t *was,
			 const json_t *is)
{
	autostr struct str line;
	str_init(&line, 8192);
	str_addf(&line, "%-9s %-8s %s", host, what, name);
	if (was || is) {
		str_add(&line, ": ");
		add_value(&line, was);
		str_add(&line, " -> ");
		add_value(&line, is);
	}
	puts(line.p);
}

static const char *text_of(const json_t *j, const char *key)
{
	const char *text = json_string_value(json_object_get(j, key));
	return text ? text : "";
}

static void print_parts(const char *host, const char *what, const json_t *parts)
{
	size_t i;
	json_t *p;
	json_array_foreach (parts, i, p) {
		autostr struct str words;
		str_init(&words, 2048);
		str_addf(&words, "%s ", text_of(p, "slot"));
		str_add_printable(&words, text_of(p, "fru_id"));
		print_change(host, what, words.p, NULL, NULL);
	}
}

static void print_host(json_t *item)
{
	const char *host = text_of(item, "host"), *name;
	json_t *pair;
	if (strcmp(text_of(item, "change"), "changed") != 0)
		print_change(host, text_of(item, "change"), "", NULL, NULL);
	json_object_foreach (json_object_get(item, "fields"), name, pair)
		print_change(host, "changed", name, json_array_get(pair, 0),
			     json_array_get(pair, 1));
	print_parts(host, "part in", json_object_get(item, "parts_added"));
	print_parts(host, "part out", json_object_get(item, "parts_removed"));
}

static int diff(int argc, char **argv)
{
	struct err err = ERR_INIT;
	AUTO(json) json_t *all = json_array();
	int64_t after = 0;
	int json = listing_take_json(&argc, argv);
	do {
		AUTO(json) json_t *page = NULL;
		autostr struct str path;
		size_t i;
		json_t *item;
		str_init(&path, LIMIT_URL_BYTES);
		str_addf(&path, "/api/v1/diff?limit=%d&after=%lld", PAGE_ROWS, (long long)after);
		add_words(&path, argc, argv);
		if (api_get(path.p, &page, &err) < 0)
			return command_fail(&err);
		json_array_foreach (json_object_get(page, "items"), i, item)
			if (!json)
				print_host(item);
		if (json)
			(void)json_array_extend(all, json_object_get(page, "items"));
		after = json_integer_value(json_object_get(page, "next"));
	} while (after);
	if (json)
		api_print_json(all);
	return EXIT_WELL;
}

const struct command export_commands[] = {
	{"export", "csv", "[of=COLLECTION] [fields=NAMES] [at=TIME] [FILTER]...",
	 "a whole collection, from one snapshot, as CSV", export_all},
	{"export", "ndjson", "[of=COLLECTION] [fields=NAMES] [at=TIME] [FILTER]...",
	 "the same, an object a line", export_all},
	{"export", "netbox", "[at=TIME] [FILTER]...", "hosts as NetBox imports devices",
	 export_all},
	{"diff", "show", "[--json] from=TIME [to=TIME]",
	 "what changed of hosts and parts between two moments", diff},
	{NULL, NULL, NULL, NULL, NULL},
};
