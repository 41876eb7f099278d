/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Imports of deliveries, step by step: the rows are read, then the head, each row against the store, each row against the
 * others, then the rows that were not refused, each in a savepoint of its own. A dry run takes the
 * same steps and undoes each. Input: lists from CSV or JSON.
 */
#include <inventory/delivery.h>

#include <string.h>

#include <base/clock.h>
#include <base/json.h>
#include <base/limits.h>
#include <inventory/event.h>

#include "../hosts/history.h"
#include "delivery_row.h"

#define RESULTS_MAX_BYTES (256 * MIB) /* 10,000 rows whose every column has findings */

enum step { STEP_READ, STEP_HEAD, STEP_LOOK, STEP_JUDGE, STEP_SETTLE, STEP_WRITE, STEP_COUNT };

struct delivery_import {
	struct db *db;
	struct delivery_head head;
	char site[LIMIT_NAME_BYTES + 1]; /* of the delivery, for rows that name none */
	const char *actor;
	bool dry_run;
	int64_t now_us, delivery_num;
	enum step step;
	size_t at; /* the row of the step */
	struct delivery_source source;
	size_t n, size;
	struct delivery_row *rows;
	struct delivery_twins *twins;
	json_t *changed, *read_as;
	int64_t existing; /* lines of the delivery */
	int64_t listed;   /* of them in this list */
	unsigned accepted, refused;
	struct str results; /* rows as JSON, with commas between */
};

static const char *or_empty(const char *text)
{
	return text ? text : "";
}

static json_t *time_json(int64_t us)
{
	char text[TIME_TEXT_BYTES];

	time_rfc3339(us, text);
	return us ? json_string(text) : json_null();
}

/* ---- the head -------------------------------------------------------------------------------- */

static void change_text(struct delivery_import *w, const char *member, const char *was,
			const char **is)
{
	if (!or_empty(*is)[0])
		*is = was; /* not given: stays */
	else if (!str_eq(was, *is))
		(void)json_object_set_new(
			w->changed, member,
			json_pack("[o, s]", was[0] ? json_string(was) : json_null(), *is));
}

static int make_head(struct delivery_import *w, struct err *err)
{
	const struct delivery_head *h = &w->head;
	struct moment m;

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
		p_int((int64_t)w->n)));
	autofree char *summary = xasprintf("delivery %s announced", h->name);
	struct event_draft e = {0, "delivery.announced", w->actor, summary, NULL};
	return event_append_at(w->db, &e, &m, err);
}

static int update_head(struct delivery_import *w, const struct delivery_head *h, struct err *err)
{
	struct moment m;

	if (json_object_size(w->changed) == 0)
		return 0;
	TRY(moment_next(w->db, w->now_us, &m, err));
	TRY(history_keep(w->db, "delivery", w->delivery_num, &m, err));
	TRY(db_exec(w->db, err,
		    "UPDATE delivery SET vendor = $2, purchase_order = $3, site = $4, note = $5, "
		    "due_us = $6, changed_us = $7, revision = revision + 1 WHERE num = $1",
		    p_int(w->delivery_num), p_text(h->vendor), p_text(h->purchase_order),
		    p_text(h->site), p_text(h->note), h->due_us ? p_int(h->due_us) : p_null(),
		    p_int(m.at_us)));
	autofree char *summary = xasprintf("delivery %s changed by another import", h->name);
	struct event_draft e = {0, "delivery.changed", w->actor, summary, w->changed};
	return event_append_at(w->db, &e, &m, err);
}

static int put_head(struct delivery_import *w, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	struct delivery_head h = w->head;

	TRY(db_query(w->db, err, &rows,
		     "SELECT num, vendor, purchase_order, site, note, due_us FROM delivery WHERE "
		     "name = $1",
		     p_text(h.name)));
	int more = db_rows_next(rows, err);
	if (more < 0)
		return more;
	(void)str_copy(w->site, sizeof(w->site), or_empty(h.site));
	if (more == 0)
		return make_head(w, err);
	w->delivery_num = db_int(rows, 0);
	if (!w->site[0])
		(void)str_copy(w->site, sizeof(w->site), db_text(rows, 3));
	change_text(w, "vendor", db_text(rows, 1), &h.vendor);
	change_text(w, "purchase_order", db_text(rows, 2), &h.purchase_order);
	change_text(w, "site", db_text(rows, 3), &h.site);
	change_text(w, "note", db_text(rows, 4), &h.note);
	int64_t due_us = db_int(rows, 5);
	if (h.due_us && h.due_us != due_us)
		(void)json_object_set_new(
			w->changed, "due",
			json_pack("[o, o]", time_json(due_us), time_json(h.due_us)));
	else
		h.due_us = due_us;
	return update_head(w, &h, err);
}

static int count_lines(struct delivery_import *w, int64_t *ret, struct err *err)
{
	return db_query_int(w->db, err, ret, 0,
			    "SELECT count(*) FROM delivery_line WHERE delivery_num = $1",
			    p_int(w->delivery_num));
}

/* The delivery's own number of hosts follows its lines. */
static int count_head(struct delivery_import *w, struct err *err)
{
	struct moment m;
	int64_t had = 0;

	TRY(count_lines(w, &w->existing, err));
	TRY(db_query_int(w->db, err, &had, 0, "SELECT hosts FROM delivery WHERE num = $1",
			 p_int(w->delivery_num)));
	if (w->existing == had)
		return 0;
	TRY(moment_next(w->db, w->now_us, &m, err));
	TRY(history_keep(w->db, "delivery", w->delivery_num, &m, err));
	return db_exec(w->db, err,
		       "UPDATE delivery SET hosts = $2, changed_us = $3, revision = revision + 1 "
		       "WHERE num = $1",
		       p_int(w->delivery_num), p_int(w->existing), p_int(m.at_us));
}

/* ---- rows ------------------------------------------------------------------------------------ */

static int look_up(struct delivery_import *w, struct err *err)
{
	struct delivery_row *r = &w->rows[w->at];
	const struct delivery_look look = {w->db, w->delivery_num, or_empty(w->head.gone)};

	if (!r->text[ROW_SITE][0]) {
		free(r->text[ROW_SITE]);
		r->text[ROW_SITE] = xstrdup(w->site);
	}
	TRY(delivery_look_up(&look, r, err));
	delivery_twins_note(w->twins, w->rows, w->at);
	return 0;
}

static void report_row(struct delivery_import *w, struct delivery_row *r)
{
	static const char *const first[] = {"code", "detail", "pointer"};
	const json_t *e = json_array_get(r->errors, 0);
	autojson json_t *j = json_pack("{s:I, s:i, s:s}", "line", (json_int_t)r->line, "status",
				       e ? 400 : 200, "action", e ? "refused" : r->action);

	for (size_t i = 0; e && i < ARRAY_LEN(first); i++)
		if (json_object_get(e, first[i]))
			(void)json_object_set(j, first[i], json_object_get(e, first[i]));
	if (e)
		(void)json_object_set(j, "errors", r->errors);
	else if (r->host_id[0])
		(void)json_object_set_new(j, "host_id", json_string(r->host_id));
	if (r->warnings)
		(void)json_object_set(j, "warnings", r->warnings);
	if (!e && r->changes && r->action[0] != 'n')
		(void)json_object_set(j, "changes", r->changes);
	autofree char *text = json_text(j);
	str_add(&w->results, w->results.n_bytes ? "," : "");
	str_add(&w->results, text);
	w->listed += r->line_num || !e;
	w->refused += e != NULL;
	w->accepted += e == NULL;
}

static int write_row(struct delivery_import *w, struct err *err)
{
	struct err own = ERR_INIT;
	struct delivery_row *r = &w->rows[w->at];
	const struct delivery_write write = {w->db, &w->head, w->actor, w->delivery_num, w->now_us};
	int64_t known = r->host_num;

	TRY(db_begin(w->db, err));
	int done = db_end(w->db, delivery_write_row(&write, r, &own), &own);
	if (done < 0 && err_class(own.code) != ERR_CLASS_REJECT) {
		*err = own;
		return done;
	}
	if (done < 0)
		delivery_refuse(r, delivery_finding(own.code, NULL, NULL, "%s", own.msg));
	else if (!r->line_num)
		w->existing++;
	if (w->dry_run && !known)
		r->host_id[0] = '\0'; /* it was undone */
	return 0;
}

/* ---- steps ----------------------------------------------------------------------------------- */

static int take_step(struct delivery_import *w, struct err *err)
{
	struct delivery_row *r = &w->rows[w->at];

	switch (w->step) {
	case STEP_READ:
		break;
	case STEP_HEAD:
		return count_lines(w, &w->existing, err);
	case STEP_LOOK:
		return look_up(w, err);
	case STEP_JUDGE:
		delivery_twins_judge(w->twins, w->rows, w->at);
		return 0;
	case STEP_SETTLE:
		delivery_settle_claims(w->twins, w->rows, w->n);
		return 0;
	case STEP_WRITE:
		if (!r->errors)
			TRY(write_row(w, err));
		report_row(w, r);
		return 0;
	case STEP_COUNT:
		return w->dry_run ? 0 : count_head(w, err);
	}
	return 0;
}

static void advance(struct delivery_import *w)
{
	bool by_row = w->step == STEP_LOOK || w->step == STEP_JUDGE || w->step == STEP_WRITE;

	if (by_row && ++w->at < w->n)
		return;
	w->at = 0;
	w->step++;
}

static int next_step(struct delivery_import *w, struct err *err)
{
	if (!w->delivery_num)
		TRY(put_head(w, err));
	return take_step(w, err);
}

/* One row of the source, or its end. */
static int read_row(struct delivery_import *w, struct err *err)
{
	autojson json_t *row = NULL, *place = NULL;

	int more = w->source.next(w->source.arg, &row, &place, err);

	if (more < 0)
		return more;
	if ((more == 0 && w->n == 0) || (more == 1 && w->n == DELIVERY_ROWS_MAX))
		return err_set(err, ERR_INVALID, "a delivery has 1 to %d rows", DELIVERY_ROWS_MAX);
	if (more == 0) {
		w->step = STEP_HEAD;
		return 1;
	}
	if (w->n == w->size) {
		w->size = w->size ? 2 * w->size : 64;
		w->rows = xrealloc(w->rows, w->size * sizeof(*w->rows));
	}
	w->rows[w->n] = (struct delivery_row){0};
	delivery_row_read(&w->rows[w->n], row, place, (int64_t)w->n + 1);
	w->n++;
	return 1;
}

int delivery_import_next(struct delivery_import *w, struct err *err)
{
	if (w->step == STEP_READ)
		return read_row(w, err);
	TRY(db_begin(w->db, err));
	int r = next_step(w, err);
	if (r < 0 || !w->dry_run) {
		r = db_end(w->db, r, err);
	} else {
		db_rollback(w->db);
		w->delivery_num = 0;
	}
	if (r < 0)
		return r;
	bool last = w->step == STEP_COUNT;
	if (!last)
		advance(w);
	return last ? 0 : 1;
}

static int check_head(const struct delivery_head *head, struct err *err)
{
	size_t n_name = head->name ? strlen(head->name) : 0;

	if (n_name < 1 || n_name > 64)
		return err_set(err, ERR_INVALID, "a delivery needs a name of 1 to 64 bytes");
	if (strlen(or_empty(head->site)) > LIMIT_NAME_BYTES)
		return err_set(err, ERR_INVALID, "'site' is too long");
	return 0;
}

int delivery_import_from(struct db *db, const struct delivery_head *head,
			 const struct delivery_source *source,
			 const struct delivery_import_options *options,
			 struct delivery_import **ret, struct err *err)
{
	int r = check_head(head, err);

	if (r < 0) {
		if (source->free)
			source->free(source->arg);
		return r;
	}
	struct delivery_import *w = xcalloc(1, sizeof(*w));
	*w = (struct delivery_import){.db = db,
				      .head = *head,
				      .actor = options->actor,
				      .dry_run = options->dry_run,
				      .now_us = options->now_us,
				      .source = *source,
				      .twins = delivery_twins_new(),
				      .changed = json_object(),
				      .read_as = json_incref(source->read_as)};
	str_init(&w->results, RESULTS_MAX_BYTES);
	*ret = w;
	return 0;
}

/* ---- lists that were read at once ------------------------------------------------------------- */

struct list_rows {
	json_t *rows, *places;
	size_t at;
};

static int next_of_list(void *arg, json_t **ret_row, json_t **ret_place, struct err *err)
{
	struct list_rows *l = arg;

	(void)err;
	if (l->at == json_array_size(l->rows))
		return 0;
	*ret_row = json_incref(json_array_get(l->rows, l->at));
	*ret_place = json_incref(json_array_get(l->places, l->at));
	l->at++;
	return 1;
}

static void list_rows_free(void *arg)
{
	struct list_rows *l = arg;

	json_decref(l->rows);
	json_decref(l->places);
	free(l);
}

int delivery_import_new(struct db *db, const struct delivery_head *head,
			const struct delivery_list *list,
			const struct delivery_import_options *options, struct delivery_import **ret,
			struct err *err)
{
	struct list_rows *l = xcalloc(1, sizeof(*l));

	*l = (struct list_rows){json_incref(list->rows), json_incref(list->places), 0};
	const struct delivery_source source = {next_of_list, list_rows_free, l, list->read_as};
	return delivery_import_from(db, head, &source, options, ret, err);
}

/* ---- results --------------------------------------------------------------------------------- */

char *delivery_import_text(const struct delivery_import *w)
{
	autojson json_t *doc = json_pack("{s:s, s:I, s:i, s:i, s:I, s:I, s:b, s:O}", "delivery",
					 w->head.name, "announced", (json_int_t)w->n, "accepted",
					 (int)w->accepted, "refused", (int)w->refused, "existing",
					 (json_int_t)w->existing, "not_in_list",
					 (json_int_t)(w->existing - w->listed), "dry_run",
					 w->dry_run, "changed", w->changed);

	if (doc && w->read_as)
		(void)json_object_set(doc, "read_as", w->read_as);
	autofree char *head = json_text(doc);
	BUG_ON(!doc || !str_ok(&w->results)); /* rows are bounded, and so are their findings */
	return xasprintf("%.*s,\"results\":[%s]}", (int)strlen(head) - 1, head, w->results.p);
}

json_t *delivery_import_result(const struct delivery_import *w)
{
	autofree char *text = delivery_import_text(w);

	return json_loads(text, 0, NULL);
}

void delivery_import_free(struct delivery_import *w)
{
	if (!w)
		return;
	for (size_t i = 0; i < w->n; i++)
		delivery_row_done(&w->rows[i]);
	free(w->rows);
	delivery_twins_free(w->twins);
	json_decref(w->changed);
	json_decref(w->read_as);
	str_done(&w->results);
	if (w->source.free)
		w->source.free(w->source.arg);
	free(w);
}

void delivery_list_done(struct delivery_list *list)
{
	json_decref(list->rows);
	json_decref(list->places);
	json_decref(list->read_as);
	*list = (struct delivery_list){0};
}
