/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of orders. Of two decisions one wins, whatever the store. Input: documents that the daemon
 * has checked, notes of people.
 */
#include <inventory/order.h>

#include <base/clock.h>
#include <base/json.h>
#include <base/str.h>
#include <base/vec.h>
#include <inventory/event.h>

#include "../hosts/history.h"
#include "flow_row.h"

struct order_id {
	char text[FLOW_ID_BYTES];
};
typedef VEC(struct order_id) id_list;

/* ---- asking ---------------------------------------------------------------------------------- */

static int add_hosts(struct db *db, int64_t order_num, const struct flow_order_host *hosts,
		     size_t n_hosts, struct err *err)
{
	for (size_t i = 0; i < n_hosts; i++)
		TRY(db_exec(db, err,
			    "INSERT INTO flow_order_host (host_num, order_num) VALUES ($1, $2)",
			    p_int(hosts[i].num), p_int(order_num)));
	return 0;
}

static json_t *codes_of(const struct flow_order_host *hosts, size_t n_hosts)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n_hosts; i++)
		(void)json_array_append_new(list, json_string(hosts[i].short_code));
	return list;
}

static int announce(struct db *db, const struct flow_order *o, json_t *codes,
		    const struct moment *m, struct err *err)
{
	autofree char *summary = xasprintf("an order to %s %zu host%s waits for a second person",
					   o->work, json_array_size(codes),
					   json_array_size(codes) == 1 ? "" : "s");
	autojson json_t *detail = json_pack("{s:s, s:s, s:s, s:s, s:s, s:O}", "order", o->id,
					    "work", o->work, "second_person", o->why, "owner",
					    o->owner, "reason", o->reason, "hosts", codes);
	struct event_draft e = {o->host_num, "order.pending", o->who, summary, detail};

	return event_append_at(db, &e, m, err);
}

static int add(struct db *db, const struct flow_order *o, const struct flow_order_host *hosts,
	       size_t n_hosts, int64_t now_us, struct err *err)
{
	struct moment m;
	autojson json_t *codes = codes_of(hosts, n_hosts);
	autofree char *text = json_text(codes);

	TRY(moment_next(db, now_us, &m, err));
	TRY(db_exec(db, err,
		    "INSERT INTO flow_order (num, id, work, host_num, host_count, hosts, body, "
		    "plan_hash, why, reason, who, owner, token_num, created_us, expires_us, state, "
		    "decided_us, decided_by, decided_owner, note, changed_us, revision) VALUES "
		    "($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, "
		    "'" FLOW_ORDER_PENDING "', NULL, '', '', '', $14, 1)",
		    p_int(m.id), p_text(o->id), p_text(o->work), p_int(o->host_num),
		    p_int((int64_t)n_hosts), p_text(text), p_text(o->body), p_text(o->plan_hash),
		    p_text(o->why), p_text(o->reason), p_text(o->who), p_text(o->owner),
		    p_int(o->token_num), p_int(m.at_us), p_int(o->expires_us)));
	TRY(add_hosts(db, m.id, hosts, n_hosts, err));
	if (o->secret)
		TRY(db_exec(db, err,
			    "INSERT INTO flow_order_secret (order_id, sealed) VALUES ($1, $2)",
			    p_text(o->id), p_text(o->secret)));
	return announce(db, o, codes, &m, err);
}

int flow_order_add(struct db *db, const struct flow_order *o, const struct flow_order_host *hosts,
		   size_t n_hosts, int64_t now_us, struct err *err)
{
	TRY(db_begin(db, err));
	return db_end(db, add(db, o, hosts, n_hosts, now_us, err), err);
}

/* ---- reading --------------------------------------------------------------------------------- */

/* Only read: what an order has besides is written once, and by its decision. */
static const struct flow_column order_columns[] = {
	FLOW_COLUMN(struct flow_order, id),
	FLOW_COLUMN(struct flow_order, work),
	FLOW_COLUMN(struct flow_order, host_num),
	FLOW_COLUMN(struct flow_order, body),
	FLOW_COLUMN(struct flow_order, plan_hash),
	FLOW_COLUMN(struct flow_order, why),
	FLOW_COLUMN(struct flow_order, reason),
	FLOW_COLUMN(struct flow_order, who),
	FLOW_COLUMN(struct flow_order, owner),
	FLOW_COLUMN(struct flow_order, token_num),
	FLOW_COLUMN(struct flow_order, created_us),
	FLOW_COLUMN(struct flow_order, expires_us),
	FLOW_COLUMN(struct flow_order, state),
	FLOW_COLUMN_AS(struct flow_order, secret,
		       "coalesce((SELECT sealed FROM flow_order_secret WHERE order_id = id), '')"),
};
static const struct flow_table order_table = FLOW_TABLE("flow_order", "order", struct flow_order,
							order_columns);

void flow_order_done(struct flow_order *o)
{
	free(o->body);
	free(o->secret);
	o->body = o->secret = NULL;
}

int flow_order_get(struct db *db, const char *id, struct flow_order *ret, struct err *err)
{
	return flow_row_one(db, &order_table, &(struct db_call){"id = $1", DB_PARAMS_(p_text(id))},
			    ret, err);
}

static json_t *row_json(const struct db_rows *rows)
{
	char expires[TIME_TEXT_BYTES];

	time_rfc3339(db_int(rows, 6), expires);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I}", "id", db_text(rows, 0), "work",
			 db_text(rows, 1), "second_person", db_text(rows, 2), "who",
			 db_text(rows, 3), "owner", db_text(rows, 4), "reason", db_text(rows, 5),
			 "expires", expires, "host_count", (json_int_t)db_int(rows, 7));
}

int flow_orders_of_host(struct db *db, int64_t host_num, json_t **ret, struct err *err)
{
	autojson json_t *list = json_array();
	AUTO(db_rows) struct db_rows *rows = NULL;
	int rc;

	TRY(db_query(db, err, &rows,
		     "SELECT o.id, o.work, o.why, o.who, o.owner, o.reason, o.expires_us, "
		     "o.host_count FROM flow_order_host h JOIN flow_order o ON o.num = h.order_num "
		     "WHERE h.host_num = $1 AND o.state = '" FLOW_ORDER_PENDING "' ORDER BY o.num",
		     p_int(host_num)));
	while ((rc = db_rows_next(rows, err)) > 0)
		(void)json_array_append_new(list, row_json(rows));
	if (rc < 0)
		return rc;
	*ret = take_ptr(list);
	return 0;
}

int flow_order_hosts(struct db *db, const struct flow_order_hosts_of *of, int64_t *ret_nums,
		     size_t max, size_t *ret_n, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int rc = 0;

	*ret_n = 0;
	TRY(db_query(
		db, err, &rows,
		"SELECT DISTINCT h.host_num FROM flow_order_host h JOIN flow_order o ON o.num = "
		"h.order_num JOIN host ON host.num = h.host_num WHERE o.id = $1 OR ($1 = '' AND o.state = '" FLOW_ORDER_PENDING
		"' AND o.expires_us <= $2)",
		p_text(of->id), p_int(of->expired_us)));
	while (*ret_n < max && (rc = db_rows_next(rows, err)) > 0)
		ret_nums[(*ret_n)++] = db_int(rows, 0);
	return *ret_n < max && rc < 0 ? rc : 0;
}

/* ---- deciding -------------------------------------------------------------------------------- */

static int note_decision(struct db *db, const char *id, int64_t host_num,
			 const struct flow_order_decision *d, const struct moment *m,
			 struct err *err)
{
	autofree char *kind = xasprintf("order.%s", d->state);
	autofree char *summary = xasprintf("the order that waited for a second person: %s%s%s",
					   d->state, d->note[0] ? ": " : "", d->note);
	autojson json_t *detail = json_pack("{s:s, s:s, s:s}", "order", id, "owner", d->owner,
					    "note", d->note);
	struct event_draft e = {host_num, kind, d->who[0] ? d->who : NULL, summary, detail};

	return event_append_at(db, &e, m, err);
}

/* Inside a transaction, in which writers take turns: of two that decide, the second reads what the
 * first wrote. */
static int decide(struct db *db, const char *id, const struct flow_order_decision *d,
		  int64_t now_us, bool *ret_done, struct err *err)
{
	int64_t num = 0, host_num = 0;
	bool approved = str_eq(d->state, FLOW_ORDER_APPROVED);
	struct moment m;

	TRY(moment_next(db, now_us, &m, err));
	TRY(db_query_int(db, err, &num, 0,
			 "SELECT num FROM flow_order WHERE id = $1 AND state = '" FLOW_ORDER_PENDING
			 "' AND expires_us > $2",
			 p_text(id), p_int(approved ? now_us : 0)));
	*ret_done = num != 0;
	if (!num)
		return 0;
	TRY(db_query_int(db, err, &host_num, 0, "SELECT host_num FROM flow_order WHERE num = $1",
			 p_int(num)));
	TRY(history_keep(db, "flow_order", num, &m, err));
	TRY(db_exec(db, err,
		    "UPDATE flow_order SET state = $2, decided_us = $3, decided_by = $4, "
		    "decided_owner = $5, note = $6, changed_us = $3, revision = revision + 1 WHERE "
		    "num = $1",
		    p_int(num), p_text(d->state), p_int(m.at_us), p_text(d->who), p_text(d->owner),
		    p_text(d->note)));
	TRY(db_exec(db, err, "DELETE FROM flow_order_secret WHERE order_id = $1", p_text(id)));
	return note_decision(db, id, host_num, d, &m, err);
}

int flow_order_decide(struct db *db, const char *id, const struct flow_order_decision *d,
		      int64_t now_us, bool *ret_done, struct err *err)
{
	TRY(db_begin(db, err));
	return db_end(db, decide(db, id, d, now_us, ret_done, err), err);
}

static int end_each(struct db *db, const char *state, int64_t expired_us, int64_t now_us,
		    struct err *err)
{
	const struct flow_order_decision d = {state, "", "", ""};
	AUTO(db_rows) struct db_rows *rows = NULL;
	id_list ids = {0};
	int rc;

	TRY(db_query(db, err, &rows,
		     "SELECT id FROM flow_order WHERE state = '" FLOW_ORDER_PENDING
		     "' AND expires_us <= $1",
		     p_int(expired_us)));
	while ((rc = db_rows_next(rows, err)) > 0) {
		struct order_id id = {""};
		(void)str_copy(id.text, sizeof(id.text), db_text(rows, 0));
		VEC_PUSH(&ids, id);
	}
	for (size_t i = 0; i < ids.n && rc >= 0; i++) {
		bool done = false;
		rc = flow_order_decide(db, ids.items[i].text, &d, now_us, &done, err);
	}
	VEC_DONE(&ids);
	return rc;
}

int flow_orders_expire(struct db *db, int64_t now_us, struct err *err)
{
	return end_each(db, FLOW_ORDER_EXPIRED, now_us, now_us, err);
}

int flow_orders_end(struct db *db, const char *why, int64_t now_us, struct err *err)
{
	return end_each(db, why, INT64_MAX, now_us, err);
}
