/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SKUs: what a host of a kind must hold. Learned from a good host or written by hand; a new text is
 * a new version, and the old one stays in the history. Input: JSON from callers.
 */
#include <inventory/expect.h>

#include <string.h>

#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>
#include <inventory/event.h>
#include <inventory/facts.h>

#include "../hosts/history.h"
#include "../parts/slot.h"

static int check_part(struct json_reader *parent, json_t *j, size_t i)
{
	struct json_reader r = json_reader_item(parent, j, "parts", i);
	static const char *const texts[] = {"slot", "Manufacturer", "PartNumber", "Model",
					    "FirmwareVersion"};

	(void)json_need_str(&r, "type", 1, 16);
	for (size_t k = 0; k < ARRAY_LEN(texts); k++)
		(void)json_opt_str(&r, texts[k], LIMIT_FACT_STRING_BYTES, "");
	(void)json_opt_int(&r, "CapacityMiB", 0, INT64_MAX, 0);
	(void)json_opt_int(&r, "CapacityBytes", 0, INT64_MAX, 0);
	return json_reader_end(&r);
}

static int check_contents(json_t *contents, struct err *err)
{
	struct json_reader r = json_reader_root(contents, err);
	size_t i;
	json_t *j;

	(void)json_opt_int(&r, "cores", 0, 1000000, 0);
	(void)json_opt_int(&r, "sockets", 0, 1000, 0);
	(void)json_opt_int(&r, "MemoryMiB", 0, INT64_MAX, 0);
	(void)json_opt_str(&r, "BiosVersion", LIMIT_FACT_STRING_BYTES, "");
	json_t *parts = json_opt_arr(&r, "parts", SKU_PARTS_MAX);
	json_array_foreach (parts, i, j)
		TRY(check_part(&r, j, i));
	return json_reader_end(&r);
}

/* A SKU as the store has it; zeros: not yet. same: the draft says nothing new. */
struct sku_now {
	int64_t num, version;
	bool same;
};

static int current(struct db *db, const struct sku_draft *d, const char *text, struct sku_now *ret,
		   struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;

	*ret = (struct sku_now){0};
	TRY(db_query(db, err, &rows, "SELECT num, version, body, note FROM sku WHERE name = $1",
		     p_text(d->name)));
	int r = db_rows_next(rows, err);
	if (r <= 0)
		return r;
	*ret = (struct sku_now){
		.num = db_int(rows, 0),
		.version = db_int(rows, 1),
		.same = str_eq(db_text(rows, 2), text) && str_eq(db_text(rows, 3), d->note),
	};
	return 0;
}

static int write_sku(struct db *db, const struct sku_draft *d, const char *text,
		     const struct sku_now *now, const struct moment *m, struct err *err)
{
	if (now->num) {
		TRY(history_keep(db, "sku", now->num, m, err));
		return db_exec(
			db, err,
			"UPDATE sku SET version = $2, body = $3, note = $4, changed_us = $5, "
			"revision = revision + 1 WHERE num = $1",
			p_int(now->num), p_int(now->version + 1), p_text(text), p_text(d->note),
			p_int(m->at_us));
	}
	return db_exec(db, err,
		       "INSERT INTO sku (num, name, version, body, note, created_us, changed_us, "
		       "revision) VALUES ($1, $2, 1, $3, $4, $5, $5, 1)",
		       p_int(m->id), p_text(d->name), p_text(text), p_text(d->note),
		       p_int(m->at_us));
}

static int put(struct db *db, const struct sku_draft *d, int64_t *ret_version, struct err *err)
{
	autofree char *text = json_text(d->contents);
	struct sku_now now;
	struct moment m;

	TRY(current(db, d, text, &now, err));
	*ret_version = now.same ? now.version : now.version + 1;
	if (now.same)
		return 0;
	TRY(moment_next(db, d->now_us, &m, err));
	TRY(write_sku(db, d, text, &now, &m, err));
	autofree char *summary = xasprintf("SKU %s, version %lld", d->name,
					   (long long)*ret_version);
	struct event_draft e = {0, "sku.written", d->actor, summary, NULL};
	return event_append_at(db, &e, &m, err);
}

int sku_put(struct db *db, const struct sku_draft *draft, int64_t *ret_version, struct err *err)
{
	TRY(check_contents(draft->contents, err));
	TRY(db_begin(db, err));
	return db_end(db, put(db, draft, ret_version, err), err);
}

/* ---- learning -------------------------------------------------------------------------------- */

static void set_text(json_t *j, const char *name, const char *text)
{
	if (text[0])
		(void)json_object_set_new(j, name, json_string(text));
}

static json_t *learn_part(const struct db_rows *rows)
{
	json_t *j = json_object();
	static const char *const texts[] = {"type",       "slot",  "Manufacturer",
					    "PartNumber", "Model", "FirmwareVersion"};

	for (int i = 0; i < (int)ARRAY_LEN(texts); i++)
		set_text(j, texts[i],
			 i == 1 ? slot_known(db_text(rows, 0), db_text(rows, 1))
				: db_text(rows, i));
	if (!db_is_null(rows, 6))
		(void)json_object_set_new(j, "CapacityMiB", json_integer(db_int(rows, 6)));
	if (!db_is_null(rows, 7))
		(void)json_object_set_new(j, "CapacityBytes", json_integer(db_int(rows, 7)));
	return j;
}

static int learn_parts(struct db *db, int64_t host_num, json_t *parts, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;

	TRY(db_query(
		db, err, &rows,
		"SELECT p.type, p.slot, q.manufacturer, q.part_number, q.model, q.firmware, "
		"q.capacity_mib, q.capacity_bytes FROM placement p JOIN part q ON q.num = "
		"p.part_num WHERE p.host_num = $1 AND p.until_us = $2 ORDER BY p.type, p.slot, "
		"p.num",
		p_int(host_num), p_int(MOMENT_OPEN)));
	int r;
	while ((r = db_rows_next(rows, err)) == 1)
		(void)json_array_append_new(parts, learn_part(rows));
	return r;
}

int sku_learn(struct db *db, int64_t host_num, json_t **ret, struct err *err)
{
	autojson json_t *doc = json_object();
	autojson json_t *parts = json_array();
	AUTO(db_rows) struct db_rows *rows = NULL;

	TRY(db_query(db, err, &rows,
		     "SELECT cores, sockets, memory_mib, bios_version FROM host WHERE num = $1",
		     p_int(host_num)));
	int r = db_rows_next(rows, err);
	if (r <= 0)
		return r < 0 ? r : err_set(err, ERR_HOST_UNKNOWN, "there is no such host");
	static const char *const numbers[] = {"cores", "sockets", "MemoryMiB"};
	for (int i = 0; i < 3; i++)
		if (!db_is_null(rows, i))
			(void)json_object_set_new(doc, numbers[i], json_integer(db_int(rows, i)));
	set_text(doc, "BiosVersion", db_text(rows, 3));
	TRY(learn_parts(db, host_num, parts, err));
	if (json_array_size(parts) == 0)
		return err_set(err, ERR_NOT_FOUND, "the host has reported no parts yet");
	(void)json_object_set(doc, "parts", parts);
	*ret = take_ptr(doc);
	return 0;
}
