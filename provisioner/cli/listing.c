/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists: what is asked for, all its pages, and how they are printed. Input: the command line, the
 * server's answers.
 */
#include "listing.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>

#include "api.h"
#include "command.h"
#include "csv.h"
#include "filter_check.h"
#include "name_value.h"
#include "question.h"
#include "watch.h"

#define COLUMNS_MAX 32
#define PAGE_ROWS   500

struct listing {
	bool json, csv, watch;
	uint64_t limit; /* 0: all */
	const char *sort, *at, *search, *fields;
	const char *path;
	const struct column *columns;
	struct str query;
	struct column chosen[COLUMNS_MAX + 1]; /* --fields: the columns, in that order */
	char *names[COLUMNS_MAX];
};

#define MEMBER(name) offsetof(struct listing, name)
static const struct option_row options[] = {
	{"json", OPTION_FLAG, MEMBER(json), NULL, NULL},
	{"csv", OPTION_FLAG, MEMBER(csv), NULL, NULL},
	{"watch", OPTION_FLAG, MEMBER(watch), NULL, NULL},
	{"sort", OPTION_TEXT, MEMBER(sort), NULL, NULL},
	{"limit", OPTION_NUMBER, MEMBER(limit), NULL, NULL},
	{"at", OPTION_TEXT, MEMBER(at), NULL, NULL},
	{"search", OPTION_TEXT, MEMBER(search), NULL, NULL},
	{"fields", OPTION_TEXT, MEMBER(fields), NULL, NULL},
};

/* ---- what is asked for ----------------------------------------------------------------------- */

static int choose_columns(struct listing *l)
{
	struct sv rest = sv_of(l->fields);
	size_t n = 0;

	for (; rest.n > 0 && n < COLUMNS_MAX; n++) {
		struct sv one = sv_split(&rest, ',');

		l->names[n] = xstrndup(one.p, one.n);
		l->chosen[n] = (struct column){l->names[n], l->names[n], COLUMN_TEXT};
	}
	l->chosen[n] = (struct column){NULL, NULL, COLUMN_TEXT};
	l->columns = l->chosen;
	return rest.n == 0 && n > 0 ? 0
				    : command_usage("--fields takes 1 to %d names", COLUMNS_MAX);
}

static int write_query(struct listing *l, const struct words *filters)
{
	const struct {
		const char *name, *value;
	} pairs[] = {{"sort", l->sort}, {"at", l->at}, {"q", l->search}, {"fields", l->fields}};

	int status;

	for (size_t i = 0; i < ARRAY_LEN(pairs); i++)
		if (pairs[i].value)
			name_value_add_pair(&l->query, pairs[i].name, pairs[i].value);
	name_value_add_query(&l->query, filters);
	if (!str_ok(&l->query))
		return command_usage("the filters are longer than %d bytes", LIMIT_URL_BYTES);
	status = filter_check(l->path, filters);
	return status || !l->fields ? status : choose_columns(l);
}

/* ---- pages ----------------------------------------------------------------------------------- */

static int fetch(const struct listing *l, json_t *items, struct err *err)
{
	autofree char *cursor = NULL;

	do {
		autojson json_t *page = NULL;
		uint64_t left = l->limit ? l->limit - json_array_size(items) : PAGE_ROWS;
		autofree char *path = xasprintf("%s%s%climit=%" PRIu64 "%s%s", l->path, l->query.p,
						l->query.n_bytes ? '&' : '?',
						left < PAGE_ROWS ? left : PAGE_ROWS,
						cursor ? "&cursor=" : "", cursor ? cursor : "");

		TRY(api_get(path, &page, err));
		(void)json_array_extend(items, json_object_get(page, "items"));
		free(cursor);
		cursor = xstrdup(json_string_value(json_object_get(page, "next")));
	} while (cursor && (!l->limit || json_array_size(items) < l->limit));
	return 0;
}

static void print(const struct listing *l, const json_t *items)
{
	if (l->json)
		api_print_json(items);
	else if (l->csv)
		csv_print(items, l->columns);
	else
		table_print(items, l->columns);
}

static int print_once(const struct listing *l)
{
	struct err err = ERR_INIT;
	autojson json_t *items = json_array();

	if (fetch(l, items, &err) < 0)
		return command_fail(&err);
	print(l, items);
	return EXIT_WELL;
}

/* A table for a person is shown within the screen; for a program one document follows another. */
static int look(void *arg, char **ret_text, struct err *err)
{
	const struct listing *l = arg;
	autojson json_t *items = json_array();

	TRY(fetch(l, items, err));
	if (!l->json && !l->csv)
		*ret_text = table_text(items, l->columns);
	else
		print(l, items);
	return 0;
}

static int run(struct listing *l, const struct words *filters)
{
	int status = write_query(l, filters);

	if (status)
		return status;
	return l->watch ? watch_run(look, l) : print_once(l);
}

static void finish(struct listing *l)
{
	str_done(&l->query);
	for (size_t i = 0; i < COLUMNS_MAX; i++)
		free(l->names[i]);
}

/* path_of: NULL, or finds the path of the first word. */
static int list(int argc, char **argv, struct listing *l, listing_path path_of, const char *suffix)
{
	struct err err = ERR_INIT;
	autofree char *path = NULL;
	struct words words;
	int n_own = path_of ? 1 : 0;
	int status = option_table_read(argc, argv, OPTION_TABLE(options, n_own, OPTION_WORDS_ANY),
				       l, &words);

	if (status)
		return status;
	if (path_of && path_of(words.items[0], suffix, &path, &err) < 0)
		return command_fail(&err);
	if (path)
		l->path = path;
	struct words filters = words_after(&words, n_own);
	str_init(&l->query, LIMIT_URL_BYTES);
	status = run(l, &filters);
	finish(l);
	return status;
}

int listing_run(int argc, char **argv, const char *path, const struct column *columns)
{
	struct listing l = {.path = path, .columns = columns};

	return list(argc, argv, &l, NULL, NULL);
}

int listing_run_below(int argc, char **argv, listing_path path_of, const char *suffix,
		      const struct column *columns)
{
	struct listing l = {.columns = columns};

	return list(argc, argv, &l, path_of, suffix);
}

/* ---- all at once ----------------------------------------------------------------------------- */

struct whole {
	const char *path, *member;
	const struct column *columns;
};

static int ask_whole(const struct question *q, const struct words *words, json_t **ret,
		     struct err *err)
{
	const struct whole *w = q->arg;

	(void)words;
	return api_get(w->path, ret, err);
}

static void print_whole(const struct question *q, json_t *doc)
{
	const struct whole *w = q->arg;

	table_print(json_object_get(doc, w->member), w->columns);
}

int listing_whole(int argc, char **argv, const char *path, const char *member,
		  const struct column *columns)
{
	const struct whole w = {path, member, columns};

	return question_run(argc, argv,
			    &(struct question){.ask = ask_whole, .print = print_whole, .arg = &w});
}
