/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists as tables, CSV and JSON. Text from hosts is made printable before it reaches a terminal.
 * Input: the server's answers.
 */
#include "listing.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>

#include "api.h"
#include "command.h"

#define COLUMNS_MAX 16
#define WIDTH_MAX   40
#define PAGE        500
#define WATCH_S     2

struct listing {
	const char *path;
	const struct column *columns;
	bool json, csv, watch;
	long limit; /* 0: all */
	struct str query;
	struct column chosen[COLUMNS_MAX + 1]; /* --fields: the columns, in that order */
	char *names[COLUMNS_MAX];
};

static const json_t *member_of(const json_t *obj, const char *path)
{
	struct sv rest = sv_of(path);
	while (obj && rest.n > 0) {
		struct sv one = sv_split(&rest, '.');
		autofree char *name = xstrndup(one.p, one.n);
		obj = json_object_get(obj, name);
	}
	return obj;
}

/* A list of texts: "read arm approve". */
static void add_words(struct str *out, const json_t *list)
{
	size_t i;
	json_t *word;
	json_array_foreach (list, i, word) {
		if (!json_is_string(word))
			continue;
		str_add(out, out->n_bytes ? " " : "");
		str_add_printable(out, json_string_value(word));
	}
}

/* The caller frees. */
static char *cell(const json_t *row, const char *path)
{
	const json_t *j = member_of(row, path);
	autostr struct str s;
	str_init(&s, 4096);
	if (json_is_string(j))
		str_add_printable(&s, json_string_value(j));
	else if (json_is_integer(j))
		str_addf(&s, "%lld", (long long)json_integer_value(j));
	else if (json_is_boolean(j))
		str_add(&s, json_is_true(j) ? "yes" : "no");
	else
		add_words(&s, j);
	char *text = str_take(&s);
	return text ? text : xstrdup("...");
}

void listing_print_table(json_t *items, const struct column *columns)
{
	int widths[COLUMNS_MAX] = {0};
	size_t i;
	json_t *row;
	for (int c = 0; c < COLUMNS_MAX && columns[c].title; c++) {
		widths[c] = (int)strlen(columns[c].title);
		json_array_foreach (items, i, row) {
			autofree char *text = cell(row, columns[c].member);
			int n = (int)strlen(text);
			if (n > widths[c])
				widths[c] = n < WIDTH_MAX ? n : WIDTH_MAX;
		}
	}
	for (int c = 0; c < COLUMNS_MAX && columns[c].title; c++)
		printf("%-*s%s", widths[c], columns[c].title, columns[c + 1].title ? "  " : "\n");
	json_array_foreach (items, i, row) {
		for (int c = 0; c < COLUMNS_MAX && columns[c].title; c++) {
			autofree char *text = cell(row, columns[c].member);
			bool last = !columns[c + 1].title;
			printf("%-*.*s%s", last ? 0 : widths[c], last ? 200 : WIDTH_MAX, text,
			       last ? "\n" : "  ");
		}
	}
}

static void print_csv_value(const char *text)
{
	bool formula = text[0] && strchr("=+-@", text[0]);
	if (!formula && !strpbrk(text, ",\"\r\n")) {
		printf("%s", text);
		return;
	}
	printf(formula ? "\"'" : "\"");
	for (; *text; text++)
		printf(*text == '"' ? "\"\"" : "%c", *text);
	printf("\"");
}

static void print_csv(json_t *items, const struct column *columns)
{
	size_t i;
	json_t *row;
	for (int c = 0; c < COLUMNS_MAX && columns[c].title; c++)
		printf("%s%s", columns[c].member, columns[c + 1].title ? "," : "\r\n");
	json_array_foreach (items, i, row) {
		for (int c = 0; c < COLUMNS_MAX && columns[c].title; c++) {
			autofree char *text = cell(row, columns[c].member);
			print_csv_value(text);
			printf(columns[c + 1].title ? "," : "\r\n");
		}
	}
}

/* ---- arguments ------------------------------------------------------------------------------- */

static void add_pair(struct str *query, const char *key, size_t key_bytes, const char *value)
{
	autofree char *name = xstrndup(key, key_bytes);
	str_addc(query, query->n_bytes ? '&' : '?');
	str_add_url(query, name);
	if (!value)
		return;
	str_addc(query, '=');
	str_add_url(query, value);
}

static void add_filter(struct str *query, const char *text)
{
	const char *eq = strchr(text, '=');
	add_pair(query, text, eq ? (size_t)(eq - text) : strlen(text), eq ? eq + 1 : "");
}

/* False when there are more than a table holds. */
static bool choose_columns(struct listing *l, const char *fields)
{
	struct sv rest = sv_of(fields);
	size_t n = 0;
	for (; rest.n > 0 && n < COLUMNS_MAX; n++) {
		struct sv one = sv_split(&rest, ',');
		free(l->names[n]);
		l->names[n] = xstrndup(one.p, one.n);
		l->chosen[n] = (struct column){l->names[n], l->names[n]};
	}
	l->chosen[n] = (struct column){NULL, NULL};
	l->columns = l->chosen;
	return rest.n == 0;
}

static int parse(int argc, char **argv, struct listing *l)
{
	static const struct option options[] = {{"json", no_argument, NULL, 'j'},
						{"csv", no_argument, NULL, 'c'},
						{"watch", no_argument, NULL, 'w'},
						{"sort", required_argument, NULL, 's'},
						{"limit", required_argument, NULL, 'l'},
						{"at", required_argument, NULL, 'a'},
						{"search", required_argument, NULL, 'q'},
						{"fields", required_argument, NULL, 'f'},
						{NULL, 0, NULL, 0}};
	int64_t n = 0;
	int o;
	while ((o = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (o == 'j')
			l->json = true;
		else if (o == 'c')
			l->csv = true;
		else if (o == 'w')
			l->watch = true;
		else if (o == 's')
			add_pair(&l->query, "sort", 4, optarg);
		else if (o == 'f' && choose_columns(l, optarg))
			add_pair(&l->query, "fields", 6, optarg);
		else if (o == 'a')
			add_pair(&l->query, "at", 2, optarg);
		else if (o == 'q')
			add_pair(&l->query, "q", 1, optarg);
		else if (o == 'l' && parse_i64(optarg, &n) && n > 0)
			l->limit = (long)n;
		else
			return command_usage("unknown option or bad number");
	}
	for (int i = optind; i < argc; i++)
		add_filter(&l->query, argv[i]);
	return 0;
}

/* ---- pages ----------------------------------------------------------------------------------- */

static int fetch(struct listing *l, json_t *items, struct err *err)
{
	autofree char *cursor = NULL;
	do {
		AUTO(json) json_t *page = NULL;
		long left = l->limit ? l->limit - (long)json_array_size(items) : PAGE;
		autofree char *path = xasprintf(
			"%s%s%climit=%ld%s%s", l->path, l->query.p, l->query.n_bytes ? '&' : '?',
			left < PAGE ? left : PAGE, cursor ? "&cursor=" : "", cursor ? cursor : "");
		TRY(api_get(path, &page, err));
		(void)json_array_extend(items, json_object_get(page, "items"));
		free(cursor);
		cursor = xstrdup(json_string_value(json_object_get(page, "next")));
	} while (cursor && (!l->limit || (long)json_array_size(items) < l->limit));
	return 0;
}

static int print_once(struct listing *l)
{
	struct err err = ERR_INIT;
	AUTO(json) json_t *items = json_array();
	if (fetch(l, items, &err) < 0)
		return command_fail(&err);
	if (l->watch)
		printf("\033[H\033[2J");
	if (l->json)
		api_print_json(items);
	else if (l->csv)
		print_csv(items, l->columns);
	else
		listing_print_table(items, l->columns);
	(void)fflush(stdout);
	return EXIT_WELL;
}

int listing_run(int argc, char **argv, const char *path, const struct column *columns)
{
	struct listing l = {.path = path, .columns = columns};
	str_init(&l.query, LIMIT_URL_BYTES);
	int status = parse(argc, argv, &l);
	if (status == 0 && !str_ok(&l.query))
		status = command_usage("too many filters");
	if (status == 0)
		do {
			status = print_once(&l);
		} while (status == EXIT_WELL && l.watch && sleep(WATCH_S) == 0);
	str_done(&l.query);
	for (size_t i = 0; i < COLUMNS_MAX; i++)
		free(l.names[i]);
	return status;
}

/* ---- one object ------------------------------------------------------------------------------ */

int listing_take_json(int *argc, char **argv)
{
	int found = 0, n = 0;
	for (int i = 0; i < *argc; i++) {
		if (strcmp(argv[i], "--json") == 0)
			found = 1;
		else
			argv[n++] = argv[i];
	}
	*argc = n;
	return found;
}

static void print_member(const char *prefix, const char *key, const json_t *value)
{
	autofree char *name = xasprintf("%s%s%s", prefix, prefix[0] ? "." : "", key);
	const char *inner;
	json_t *j;
	size_t i;
	if (json_is_object(value)) {
		void *iter = json_object_iter((json_t *)(uintptr_t)value);
		for (; iter; iter = json_object_iter_next((json_t *)(uintptr_t)value, iter)) {
			inner = json_object_iter_key(iter);
			print_member(name, inner, json_object_iter_value(iter));
		}
		return;
	}
	if (json_is_array(value)) {
		json_array_foreach (value, i, j) {
			autofree char *index = xasprintf("%s[%zu]", key, i);
			print_member(prefix, index, j);
		}
		return;
	}
	AUTO(json) json_t *row = json_object();
	(void)json_object_set(row, "v", (json_t *)(uintptr_t)value);
	autofree char *text = json_is_real(value) ? xasprintf("%.1f", json_real_value(value))
						  : cell(row, "v");
	printf("%-28s  %s\n", name, text);
}

int listing_show(const char *path, int json)
{
	struct err err = ERR_INIT;
	AUTO(json) json_t *doc = NULL;
	if (api_get(path, &doc, &err) < 0)
		return command_fail(&err);
	if (json) {
		api_print_json(doc);
		return EXIT_WELL;
	}
	void *iter = json_object_iter(doc);
	for (; iter; iter = json_object_iter_next(doc, iter))
		print_member("", json_object_iter_key(iter), json_object_iter_value(iter));
	return EXIT_WELL;
}
