/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slipway delivery check: what an import of a vendor's file would do, row by row, without a server:
 * the import itself runs on an empty scratch store, which is removed. Against the hosts that an
 * appliance has, `slipway delivery import FILE NAME --dry-run` does the same.
 */
#include "delivery_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <base/clock.h>
#include <base/file.h>
#include <base/json.h>
#include <base/str.h>
#include <inventory/delivery.h>

#include "api.h"
#include "command.h"
#include "option_table.h"

static int read_list(const char *path, struct delivery_list *ret, struct err *err)
{
	autofree char *text = NULL;
	size_t n = 0;

	TRY(file_read(path, DELIVERY_BYTES_MAX, &text, &n, err));
	if (!str_ends(path, ".json"))
		return delivery_list_from_csv(text, n, ret, err);
	autojson json_t *doc = NULL;
	TRY(json_load_strict(text, n, DELIVERY_BYTES_MAX, &doc, err));
	json_t *rows = json_is_object(doc) ? json_object_get(doc, "hosts") : doc;
	*ret = (struct delivery_list){.rows = json_incref(rows)};
	return 0;
}

static int import_all(struct db *db, const struct delivery_list *list, json_t **ret,
		      struct err *err)
{
	const struct delivery_head head = {.name = "check", .state = "expected"};
	const struct delivery_import_options how = {
		.actor = "check", .dry_run = true, .now_us = time_wall_us()};
	AUTO(delivery_import) struct delivery_import *w = NULL;
	int more = 1;

	TRY(delivery_import_new(db, &head, list, &how, &w, err));
	while (more == 1)
		TRY(more = delivery_import_next(w, err));
	*ret = delivery_import_result(w);
	return 0;
}

static int import_on_scratch(const struct delivery_list *list, json_t **ret, struct err *err)
{
	const char *tmp = getenv("TMPDIR");
	autofree char *dir = xasprintf("%s/slipway-check-XXXXXX", tmp && tmp[0] ? tmp : "/tmp");

	if (!mkdtemp(dir))
		return err_sys(err, ERR_IO, "cannot make a folder like %s", dir);
	autofree char *url = xasprintf("sqlite:%s/store.db", dir);
	struct db *db = NULL;
	int r = db_open(url, DB_CREATE, &db, err);
	if (r >= 0)
		r = import_all(db, list, ret, err);
	db_close(db);
	IGNORE_RESULT(file_remove_tree(dir, NULL));
	return r;
}

int delivery_check(int argc, char **argv)
{
	struct err err = ERR_INIT;
	struct delivery_list list = {0};
	autojson json_t *doc = NULL;
	struct words words;
	bool json; /* the answer is JSON with and without */
	int status = words_read_json(argc, argv, 1, 1, &json, &words);

	if (status)
		return status;
	int r = read_list(words.items[0], &list, &err);
	if (r >= 0)
		r = import_on_scratch(&list, &doc, &err);
	delivery_list_done(&list);
	if (r < 0)
		return command_fail(&err);
	api_print_json(doc);
	return api_number(doc, "refused") ? EXIT_CONFLICT : EXIT_WELL;
}
