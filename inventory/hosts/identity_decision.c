/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a person decides about identity: accept the evidence that waits, merge two rows, split one.
 * Input: numbers that the caller looked up, values that a person typed.
 */
#include <inventory/identity.h>

#include <string.h>

#include <base/clock.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>
#include <inventory/flow.h>

#include "birth.h"
#include "evidence_store.h"
#include "history.h"
#include "host_row.h"

/* ---- accept ---------------------------------------------------------------------------------- */

static int load_pending(struct db *db, int64_t num, json_t **ret, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;

	TRY(db_query(db, err, &rows, "SELECT body FROM identity_pending WHERE host_num = $1",
		     p_int(num)));
	int r = db_rows_next(rows, err);
	if (r < 0)
		return r;
	if (r == 0)
		return err_set(err, ERR_IDENTITY_PENDING, "no evidence waits for this host");
	const char *text = db_text(rows, 0);
	return json_load_strict(text, strlen(text), LIMIT_JSON_BODY_BYTES, ret, err);
}

static void set_from_json(const json_t *items, struct evidence_set *ret)
{
	size_t i;
	json_t *j;

	json_array_foreach (items, i, j) {
		const char *kind = json_string_value(json_object_get(j, "kind"));
		const char *value = json_string_value(json_object_get(j, "value"));
		struct evidence_item item = {.kind = evidence_kind_parse(kind ? kind : "")};
		if (item.kind == _EVIDENCE_MAX || !value ||
		    !str_copy(item.value, sizeof(item.value), value))
			continue;
		VEC_PUSH(&ret->items, item);
	}
}

/* What the machine shows now replaces what another board showed before. */
static int drop_old_boards(struct db *db, int64_t num, const struct evidence_set *s,
			   struct err *err)
{
	unsigned replaced = evidence_set_kinds(s) & (EVIDENCE_BOARDS | BIT(EVIDENCE_EK));

	for (unsigned k = 0; k < _EVIDENCE_MAX; k++)
		if (replaced & BIT(k))
			TRY(db_exec(db, err,
				    "DELETE FROM evidence WHERE host_num = $1 AND kind = $2",
				    p_int(num), p_text(evidence_kind_str((enum evidence_kind)k))));
	return 0;
}

/* Cards and disks that another host showed before are this host's now. */
static int take_from_others(struct db *db, int64_t num, const struct evidence_set *s,
			    struct err *err)
{
	for (size_t i = 0; i < s->items.n; i++)
		TRY(db_exec(db, err,
			    "DELETE FROM evidence WHERE kind = $1 AND value = $2 AND host_num <> "
			    "$3 AND kind IN ('mac', 'wwn', 'disk')",
			    p_text(evidence_kind_str(s->items.items[i].kind)),
			    p_text(s->items.items[i].value), p_int(num)));
	return 0;
}

/* 0: none but the host itself. */
static int other_holder(struct db *db, int64_t num, const struct evidence_item *item, int64_t *ret,
			struct err *err)
{
	return db_query_int(db, err, ret, 0,
			    "SELECT host_num FROM evidence WHERE kind = $1 AND value = $2 AND "
			    "host_num <> $3 AND kind IN ('mac', 'wwn', 'disk')",
			    p_text(evidence_kind_str(item->kind)), p_text(item->value), p_int(num));
}

int identity_accept_takes(struct db *db, int64_t num, bool (*matters)(void *arg, int64_t host_num),
			  void *arg, int64_t *ret, struct err *err)
{
	autojson json_t *doc = NULL;
	struct evidence_set s = {0};

	*ret = 0;
	int r = load_pending(db, num, &doc, err);
	if (r == -ERR_IDENTITY_PENDING) {
		err_clear(err);
		return 0;
	}
	if (r < 0)
		return r;
	set_from_json(json_object_get(doc, "items"), &s);
	for (size_t i = 0; r >= 0 && i < s.items.n && !*ret; i++) {
		int64_t holder = 0;
		r = other_holder(db, num, &s.items.items[i], &holder, err);
		if (r >= 0 && holder && matters(arg, holder))
			*ret = holder;
	}
	evidence_set_done(&s);
	return r;
}

static int accept_set(struct db *db, int64_t num, const json_t *doc, const struct evidence_set *s,
		      int64_t now_us, struct err *err)
{
	struct host_evidence e = {
		.system_serial = json_string_value(json_object_get(doc, "serial")),
		.smbios_uuid = json_string_value(json_object_get(doc, "uuid")),
	};

	TRY(drop_old_boards(db, num, s, err));
	TRY(take_from_others(db, num, s, err));
	TRY(evidence_add(db, num, &e, s, now_us, err));
	/* what another host shows, too, proves nothing any more: a person has said so */
	TRY(evidence_learn_shared(db, s, EVIDENCE_BOARDS | BIT(EVIDENCE_CHASSIS),
				  "accepted for two machines", now_us, err));
	return db_exec(db, err, "DELETE FROM identity_pending WHERE host_num = $1", p_int(num));
}

static int accept(struct db *db, int64_t num, const char *actor, int64_t now_us, struct err *err)
{
	autojson json_t *doc = NULL;
	struct host h;

	TRY(host_get(db, num, &h, err));
	int r = load_pending(db, num, &doc, err);
	if (r == -ERR_IDENTITY_PENDING &&
	    h.review[0]) /* a clone: nothing to take, only to settle */
		return host_set_review(db, num, "", actor, now_us, err);
	if (r < 0)
		return r;
	struct evidence_set s = {0};
	set_from_json(json_object_get(doc, "items"), &s);
	r = accept_set(db, num, doc, &s, now_us, err);
	evidence_set_done(&s);
	return r < 0 ? r : host_set_review(db, num, "", actor, now_us, err);
}

int identity_accept(struct db *db, int64_t num, const char *actor, int64_t now_us, struct err *err)
{
	TRY(db_begin(db, err));
	return db_end(db, accept(db, num, actor, now_us, err), err);
}

/* ---- show ------------------------------------------------------------------------------------ */

static int list_evidence(struct db *db, int64_t num, json_t *items, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;

	TRY(db_query(
		db, err, &rows,
		"SELECT e.kind, e.value, e.first_us, e.last_us, (SELECT count(*) FROM "
		"evidence_shared s WHERE s.kind = e.kind AND s.value = e.value) FROM evidence e "
		"WHERE e.host_num = $1 ORDER BY e.kind, e.value",
		p_int(num)));
	int r;
	while ((r = db_rows_next(rows, err)) == 1) {
		char first[TIME_TEXT_BYTES], last[TIME_TEXT_BYTES];
		time_rfc3339(db_int(rows, 2), first);
		time_rfc3339(db_int(rows, 3), last);
		(void)json_array_append_new(
			items, json_pack("{s:s, s:s, s:s, s:s, s:b}", "kind", db_text(rows, 0),
					 "value", db_text(rows, 1), "first", first, "last", last,
					 "shared", db_int(rows, 4) > 0));
	}
	return r;
}

int identity_evidence(struct db *db, int64_t num, json_t **ret, struct err *err)
{
	autojson json_t *items = json_array();
	autojson json_t *doc = NULL;

	TRY(list_evidence(db, num, items, err));
	int r = load_pending(db, num, &doc, err);
	if (r < 0 && r != -ERR_IDENTITY_PENDING)
		return r;
	json_t *pending = r < 0 ? json_null() : json_incref(json_object_get(doc, "items"));
	*ret = json_pack("{s:O, s:o}", "items", items, "pending", pending);
	return 0;
}

/* ---- merge ----------------------------------------------------------------------------------- */

/* Every table that names a host by number and follows it. What the flow knew of the row that goes
 * (its arm, its plan, its session, an approval) does not: nobody gave it to the other one. */
static const char *const merge_sql[] = {
	"INSERT INTO evidence (kind, value, host_num, first_us, last_us) SELECT kind, value, "
	"CAST($2 AS BIGINT), first_us, last_us FROM evidence WHERE host_num = $1 ON CONFLICT DO "
	"NOTHING",
	"DELETE FROM evidence WHERE host_num = $1",
	"UPDATE placement SET host_num = $2 WHERE host_num = $1",
	"UPDATE event SET host_num = $2 WHERE host_num = $1",
	"UPDATE run SET host_num = $2 WHERE host_num = $1",
	"UPDATE fault SET host_num = $2 WHERE host_num = $1",
	"UPDATE receipt SET host_num = $2 WHERE host_num = $1",
	"UPDATE delivery_line SET host_num = $2 WHERE host_num = $1",
	"DELETE FROM difference WHERE host_num = $1",
	"DELETE FROM flow_host WHERE host_num = $1",
	"DELETE FROM flow_drives WHERE host_num = $1",
	"DELETE FROM identity_pending WHERE host_num = $1 OR host_num = $2",
	"DELETE FROM host_seen WHERE host_num = $1",
	"DELETE FROM host_facts WHERE num = $1",
	"DELETE FROM host WHERE num = $1",
};

static int close_placements(struct db *db, int64_t num, const struct moment *m, struct err *err)
{
	return db_exec(db, err,
		       "UPDATE placement SET until_us = $2 WHERE host_num = $1 AND until_us = $3",
		       p_int(num), p_int(m->at_us), p_int(MOMENT_OPEN));
}

static int merge(struct db *db, int64_t from, int64_t into, const char *actor, int64_t now_us,
		 struct err *err)
{
	struct host a, b;
	struct moment m;

	TRY(host_get(db, from, &a, err));
	TRY(host_get(db, into, &b, err));
	if (from == into)
		return err_set(err, ERR_INVALID, "a host cannot be merged with itself");
	TRY(moment_next(db, now_us, &m, err));
	TRY(history_keep(db, "host", from, &m, err));
	TRY(history_keep(db, "host", into, &m, err));
	TRY(history_keep(db, "host_facts", from, &m, err));
	TRY(close_placements(db, from, &m, err)); /* the next report says what is in it */
	TRY(flow_arm_end(db, from, "merged", m.at_us, err));
	TRY(flow_plan_end(db, from, "merged", m.at_us, err));
	TRY(flow_sessions_close(db, from, m.at_us, err));
	for (size_t i = 0; i < ARRAY_LEN(merge_sql); i++) {
		const struct db_param p[] = {p_int(from), p_int(into)};
		size_t n = strstr(merge_sql[i], "$2") ? 2 : 1;
		TRY(db_exec_n(db, merge_sql[i], p, n, NULL, err));
	}
	TRY(db_exec(db, err, "INSERT INTO host_merged (old_id, new_num, at_us) VALUES ($1, $2, $3)",
		    p_text(a.id), p_int(into), p_int(m.at_us)));
	TRY(db_exec(db, err, "UPDATE host_merged SET new_num = $2 WHERE new_num = $1", p_int(from),
		    p_int(into)));
	TRY(db_exec(
		db, err,
		"UPDATE host SET review = '', changed_us = $2, revision = revision + 1, faults = "
		"(SELECT count(*) FROM fault WHERE host_num = $1 AND state = 'open') WHERE num = "
		"$1",
		p_int(into), p_int(m.at_us)));
	autofree char *summary = xasprintf("host %s is the same machine: merged", a.short_code);
	autojson json_t *detail = json_pack("{s:s, s:s}", "merged_id", a.id, "merged_code",
					    a.short_code);
	struct event_draft d = {into, "host.merged", actor, summary, detail};
	return event_append_at(db, &d, &m, err);
}

int identity_merge(struct db *db, int64_t from, int64_t into, const char *actor, int64_t now_us,
		   struct err *err)
{
	TRY(db_begin(db, err));
	return db_end(db, merge(db, from, into, actor, now_us, err), err);
}

/* ---- split ----------------------------------------------------------------------------------- */

static int move_value(struct db *db, int64_t from, int64_t to, const char *value, struct err *err)
{
	int64_t moved = 0;

	TRY(db_exec_changed(db, err, &moved,
			    "UPDATE evidence SET host_num = $2 WHERE host_num = $1 AND value = $3",
			    p_int(from), p_int(to), p_text(value)));
	if (moved == 0)
		return err_set(err, ERR_NOT_FOUND, "the host never showed '%.100s'", value);
	return 0;
}

static int split(struct db *db, const struct identity_cut *cut, int64_t *ret_num, struct err *err)
{
	struct host_evidence nothing = {0};
	struct host h;
	int64_t left = 0;

	TRY(host_get(db, cut->host_num, &h, err));
	if (cut->n_values == 0)
		return err_set(err, ERR_INVALID, "say which evidence belongs to the other host");
	TRY(host_make(db, &nothing, &cut->birth, cut->now_us, ret_num, err));
	for (size_t i = 0; i < cut->n_values; i++)
		TRY(move_value(db, cut->host_num, *ret_num, cut->values[i], err));
	TRY(db_query_int(db, err, &left, 0, "SELECT count(*) FROM evidence WHERE host_num = $1",
			 p_int(cut->host_num)));
	if (left == 0)
		return err_set(err, ERR_INVALID, "nothing would be left of the host");
	TRY(host_set_review(db, cut->host_num, "", cut->birth.actor, cut->now_us, err));
	autofree char *summary = xasprintf("split from host %s", h.short_code);
	struct event_draft d = {*ret_num, "host.split", cut->birth.actor, summary, NULL};
	return event_append(db, &d, cut->now_us, NULL, err);
}

int identity_split(struct db *db, const struct identity_cut *cut, int64_t *ret_num, struct err *err)
{
	TRY(db_begin(db, err));
	return db_end(db, split(db, cut, ret_num, err), err);
}
