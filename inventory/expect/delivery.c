/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deliveries: a vendor's list becomes expected hosts. Each row stands for itself, in a savepoint: a
 * wrong one is reported with its reason and the others are taken. Input: rows from CSV or JSON.
 */
#include <inventory/expect.h>

#include <string.h>

#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>
#include <inventory/event.h>
#include <inventory/identity.h>

#include "../hosts/history.h"
#include "edit.h"

struct delivery_import {
	struct db *db;
	struct delivery_head head;
	const char *actor;
	bool dry_run;
	int64_t now_us, delivery_num;
	json_t *rows, *results;
	json_t *seen; /* of a dry run: serials and MACs of rows that were taken, and where */
	size_t at;    /* the next row */
	unsigned accepted, refused;
};

static const char *or_empty(const char *text)
{
	return text ? text : "";
}

/* ---- the head -------------------------------------------------------------------------------- */

static int put_head(struct delivery_import *w, struct err *err)
{
	const struct delivery_head *h = &w->head;
	struct moment m;

	TRY(db_query_int(w->db, err, &w->delivery_num, 0,
			 "SELECT num FROM delivery WHERE name = $1", p_text(h->name)));
	if (w->delivery_num)
		return 0;
	TRY(moment_next(w->db, w->now_us, &m, err));
	w->delivery_num = m.id;
	TRY(db_exec(
		w->db, err,
		"INSERT INTO delivery (num, name, vendor, purchase_order, site, due_us, hosts, "
		"note, created_us, changed_us, revision) VALUES ($1, $2, $3, $4, $5, $6, $9, $7, "
		"$8, $8, 1)",
		p_int(m.id), p_text(h->name), p_text(or_empty(h->vendor)),
		p_text(or_empty(h->purchase_order)), p_text(or_empty(h->site)),
		h->due_us ? p_int(h->due_us) : p_null(), p_text(or_empty(h->note)), p_int(m.at_us),
		p_int((int64_t)json_array_size(w->rows))));
	autofree char *summary = xasprintf("delivery %s announced", h->name);
	struct event_draft e = {0, "delivery.announced", w->actor, summary, NULL};
	return event_append_at(w->db, &e, &m, err);
}

static int count_head(struct delivery_import *w, struct err *err)
{
	struct moment m;
	int64_t n = 0, had = 0;

	TRY(db_query_int(w->db, err, &n, 0,
			 "SELECT count(*) FROM delivery_line WHERE delivery_num = $1",
			 p_int(w->delivery_num)));
	TRY(db_query_int(w->db, err, &had, 0, "SELECT hosts FROM delivery WHERE num = $1",
			 p_int(w->delivery_num)));
	if (n == had)
		return 0;
	TRY(moment_next(w->db, w->now_us, &m, err));
	TRY(history_keep(w->db, "delivery", w->delivery_num, &m, err));
	return db_exec(w->db, err,
		       "UPDATE delivery SET hosts = $2, changed_us = $3, revision = revision + 1 "
		       "WHERE num = $1",
		       p_int(w->delivery_num), p_int(n), p_int(m.at_us));
}

/* ---- a row ----------------------------------------------------------------------------------- */

struct row {
	const char *serial, *sku, *site, *rack_row, *rack, *asset_tag, *switch_name, *port, *name;
	int64_t unit; /* -1 unknown */
	const char *macs[DELIVERY_MACS_MAX];
	size_t n_macs;
	json_t *macs_json;
};

static int read_macs(struct json_reader *reader, struct row *ret)
{
	size_t i;
	json_t *j;

	ret->macs_json = json_opt_arr(reader, "macs", DELIVERY_MACS_MAX);
	json_array_foreach (ret->macs_json, i, j) {
		const char *mac = json_string_value(j);
		if (!mac || placeholder_mac(mac))
			json_reader_fail(reader, "macs", ERR_INVALID, "'%.40s' is no MAC address",
					 mac ? mac : "");
		else
			ret->macs[ret->n_macs++] = mac;
	}
	return reader->status;
}

static int read_row(json_t *obj, const struct delivery_head *head, struct row *ret, struct err *err)
{
	struct json_reader reader = json_reader_root(obj, err);

	*ret = (struct row){0};
	ret->serial = json_opt_str(&reader, "serial", LIMIT_NAME_BYTES, "");
	ret->sku = json_opt_str(&reader, "sku", LIMIT_NAME_BYTES, "");
	ret->site = json_opt_str(&reader, "site", LIMIT_NAME_BYTES, or_empty(head->site));
	ret->rack_row = json_opt_str(&reader, "row", LIMIT_NAME_BYTES, "");
	ret->rack = json_opt_str(&reader, "rack", LIMIT_NAME_BYTES, "");
	ret->unit = json_opt_int(&reader, "unit", 0, 1000, -1);
	ret->asset_tag = json_opt_str(&reader, "asset_tag", LIMIT_NAME_BYTES, "");
	ret->switch_name = json_opt_str(&reader, "switch", LIMIT_NAME_BYTES, "");
	ret->port = json_opt_str(&reader, "port", LIMIT_NAME_BYTES, "");
	ret->name = json_opt_str(&reader, "name", LIMIT_NAME_BYTES, "");
	(void)read_macs(&reader, ret);
	TRY(json_reader_end(&reader));
	if (placeholder_serial(ret->serial) && ret->n_macs == 0) {
		(void)err_set(err, ERR_FIELD_MISSING, "a row needs a serial or a MAC address");
		return err_at(err, "/serial");
	}
	return 0;
}

static int host_of_row(struct delivery_import *w, const struct row *row, int64_t *ret_num,
		       struct err *err)
{
	struct host_evidence e = {
		.system_serial = row->serial, .macs = row->macs, .n_macs = row->n_macs};
	struct host_birth birth = {.state = w->head.state,
				   .turn = w->head.turn,
				   .detail = "announced by a delivery",
				   .actor = w->actor};
	struct err own = ERR_INIT;
	int r = identity_expect(w->db, &e, &birth, w->now_us, ret_num, &own);

	if (r == -ERR_EXISTS) {
		int64_t other = 0;
		TRY(db_query_int(w->db, err, &other, 0,
				 "SELECT delivery_num FROM delivery_line WHERE host_num = $1",
				 p_int(*ret_num)));
		if (other && other != w->delivery_num)
			return err_set(err, ERR_EXISTS, "this host belongs to another delivery");
		return 0;
	}
	if (r < 0)
		*err = own;
	return r;
}

static json_t *members_of(const struct delivery_import *w, const struct row *row)
{
	json_t *set = json_pack("{s:s}", "delivery", w->head.name);

	const struct {
		const char *name, *value;
	} texts[] = {{"sku", row->sku},   {"site", row->site}, {"row", row->rack_row},
		     {"rack", row->rack}, {"name", row->name}, {"asset_tag", row->asset_tag}};
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (texts[i].value[0])
			(void)json_object_set_new(set, texts[i].name, json_string(texts[i].value));
	if (row->unit >= 0)
		(void)json_object_set_new(set, "unit", json_integer(row->unit));
	return set;
}

static int write_line(struct delivery_import *w, const struct row *row, int64_t line,
		      int64_t host_num, struct err *err)
{
	int64_t num = 0;
	autofree char *macs = row->macs_json ? json_text(row->macs_json) : xstrdup("[]");

	/* two statements: with OR, neither index would find them */
	TRY(db_exec(w->db, err, "DELETE FROM delivery_line WHERE delivery_num = $1 AND line = $2",
		    p_int(w->delivery_num), p_int(line)));
	TRY(db_exec(w->db, err,
		    "DELETE FROM delivery_line WHERE host_num = $2 AND delivery_num = $1",
		    p_int(w->delivery_num), p_int(host_num)));
	TRY(db_query_int(w->db, err, &num, 0,
			 "SELECT COALESCE(max(num), 0) + 1 FROM delivery_line"));
	return db_exec(
		w->db, err,
		"INSERT INTO delivery_line (num, delivery_num, line, host_num, serial, macs, "
		"sku, site, rack_row, rack, rack_unit, asset_tag, switch_name, switch_port, "
		"created_us) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, "
		"$14, $15)",
		p_int(num), p_int(w->delivery_num), p_int(line), p_int(host_num),
		p_text(row->serial), p_text(macs), p_text(row->sku), p_text(row->site),
		p_text(row->rack_row), p_text(row->rack),
		row->unit >= 0 ? p_int(row->unit) : p_null(), p_text(row->asset_tag),
		p_text(row->switch_name), p_text(row->port), p_int(w->now_us));
}

static int import_row(struct delivery_import *w, json_t *obj, int64_t line,
		      char host_id[static HOST_ID_BYTES], struct err *err)
{
	struct row row;
	struct host h;
	bool changed = false;
	int64_t num = 0;

	if (!json_is_object(obj))
		return err_set(err, ERR_FIELD_TYPE, "a row is an object");
	TRY(read_row(obj, &w->head, &row, err));
	TRY(host_of_row(w, &row, &num, err));
	autojson json_t *set = members_of(w, &row);
	TRY(host_edit_members(w->db, num, set, -1, true, w->actor, w->now_us, &changed, err));
	TRY(write_line(w, &row, line, num, err));
	TRY(host_get(w->db, num, &h, err));
	(void)str_copy(host_id, HOST_ID_BYTES, h.id);
	return 0;
}

/* ---- dry runs -------------------------------------------------------------------------------- */

static json_t *marks_of(const json_t *obj)
{
	size_t i;
	json_t *mac, *marks = json_array();

	(void)json_array_append(marks, json_object_get(obj, "serial"));
	json_array_foreach (json_object_get(obj, "macs"), i, mac)
		(void)json_array_append(marks, mac);
	return marks;
}

/* In a dry run each row is taken back before the next, so rows that name the same machine are first
 * taken again: what the list says twice is judged as it would be. */
static int repeat_relatives(struct delivery_import *w, const json_t *obj, struct err *err)
{
	size_t i;
	json_t *mark;
	autojson json_t *marks = marks_of(obj);

	json_array_foreach (marks, i, mark) {
		char host_id[HOST_ID_BYTES];
		const json_t *line = json_is_string(mark)
					     ? json_object_get(w->seen, json_string_value(mark))
					     : NULL;
		size_t at = (size_t)json_integer_value(line);
		if (line)
			TRY(import_row(w, json_array_get(w->rows, at), (int64_t)at + 1, host_id,
				       err));
	}
	return 0;
}

static void note_marks(struct delivery_import *w, const json_t *obj)
{
	size_t i;
	json_t *mark;
	autojson json_t *marks = marks_of(obj);

	json_array_foreach (marks, i, mark)
		if (json_is_string(mark))
			(void)json_object_set_new(w->seen, json_string_value(mark),
						  json_integer((json_int_t)w->at));
}

/* ---- row by row ------------------------------------------------------------------------------ */

static void report_row(struct delivery_import *w, int64_t line, const char *host_id, int r,
		       const struct err *e)
{
	json_t *j = json_pack("{s:I, s:i}", "line", (json_int_t)line, "status", r < 0 ? 400 : 200);

	if (r < 0) {
		(void)json_object_set_new(j, "code", json_string(err_name(e->code)));
		(void)json_object_set_new(j, "detail", json_string(e->msg));
		if (e->pointer[0])
			(void)json_object_set_new(j, "pointer", json_string(e->pointer));
		w->refused++;
	} else {
		(void)json_object_set_new(j, "host_id", json_string(host_id));
		w->accepted++;
	}
	(void)json_array_append_new(w->results, j);
}

static int row_alone(struct delivery_import *w, json_t *obj, struct err *err)
{
	struct err own = ERR_INIT;
	char host_id[HOST_ID_BYTES] = "";
	int64_t line = (int64_t)w->at + 1;

	TRY(db_begin(w->db, err));
	int r = w->dry_run ? repeat_relatives(w, obj, &own) : 0;
	if (r >= 0)
		r = import_row(w, obj, line, host_id, &own);
	r = db_end(w->db, r, &own);
	if (r >= 0 && w->dry_run)
		note_marks(w, obj);
	if (r < 0 && err_class(own.code) != ERR_CLASS_REJECT) {
		*err = own;
		return r;
	}
	report_row(w, line, host_id, r, &own);
	return 0;
}

static int next_row(struct delivery_import *w, struct err *err)
{
	if (!w->delivery_num)
		TRY(put_head(w, err));
	TRY(row_alone(w, json_array_get(w->rows, w->at), err));
	w->at++;
	if (w->at < json_array_size(w->rows))
		return 1;
	return w->dry_run ? 0 : count_head(w, err);
}

int delivery_import_next(struct delivery_import *w, struct err *err)
{
	TRY(db_begin(w->db, err));
	int r = next_row(w, err);
	if (r < 0 || !w->dry_run)
		return db_end(w->db, r, err);
	db_rollback(w->db);
	w->delivery_num = 0;
	return r;
}

int delivery_import_new(struct db *db, const struct delivery_head *head, json_t *rows,
			const char *actor, bool dry_run, int64_t now_us,
			struct delivery_import **ret, struct err *err)
{
	size_t n = head->name ? strlen(head->name) : 0;

	if (n < 1 || n > 64)
		return err_set(err, ERR_INVALID, "a delivery needs a name of 1 to 64 bytes");
	if (json_array_size(rows) == 0 || json_array_size(rows) > DELIVERY_ROWS_MAX)
		return err_set(err, ERR_INVALID, "a delivery has 1 to %d rows", DELIVERY_ROWS_MAX);
	struct delivery_import *w = xcalloc(1, sizeof(*w));
	*w = (struct delivery_import){.db = db,
				      .head = *head,
				      .actor = actor,
				      .dry_run = dry_run,
				      .now_us = now_us,
				      .rows = json_incref(rows),
				      .results = json_array(),
				      .seen = json_object()};
	*ret = w;
	return 0;
}

json_t *delivery_import_result(const struct delivery_import *w)
{
	return json_pack("{s:s, s:i, s:i, s:b, s:O}", "delivery", w->head.name, "accepted",
			 (int)w->accepted, "refused", (int)w->refused, "dry_run", w->dry_run,
			 "results", w->results);
}

void delivery_import_free(struct delivery_import *w)
{
	if (!w)
		return;
	json_decref(w->rows);
	json_decref(w->results);
	json_decref(w->seen);
	free(w);
}
