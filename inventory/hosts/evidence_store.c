/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Evidence in the store. Values are folded and bounded by evidence_set_from(). "Last seen" is
 * refreshed once a day at most: a host that boots ten times writes once.
 */
#include "evidence_store.h"

#include <string.h>

#include <base/json.h>
#include <base/str.h>

#include "history.h"
#include "host_row.h"

#define REFRESH_US (24LL * 3600 * 1000000)

int evidence_mark_shared(struct db *db, struct evidence_set *s, struct err *err)
{
	for (size_t i = 0; i < s->items.n; i++) {
		struct evidence_item *item = &s->items.items[i];
		int64_t n = 0;
		TRY(db_query_int(
			db, err, &n, 0,
			"SELECT count(*) FROM evidence_shared WHERE kind = $1 AND value = $2",
			p_text(evidence_kind_str(item->kind)), p_text(item->value)));
		item->shared = n > 0;
	}
	return 0;
}

int evidence_learn_shared(struct db *db, const struct evidence_set *s, unsigned kinds,
			  const char *why, int64_t now_us, struct err *err)
{
	for (size_t i = 0; i < s->items.n; i++) {
		const struct evidence_item *item = &s->items.items[i];
		if (item->shared || !(kinds & BIT(item->kind)))
			continue;
		int64_t owners = 0;
		TRY(db_query_int(db, err, &owners, 0,
				 "SELECT count(*) FROM evidence WHERE kind = $1 AND value = $2",
				 p_text(evidence_kind_str(item->kind)), p_text(item->value)));
		if (owners < 2) /* of that kind matched another value */
			continue;
		TRY(db_exec(db, err,
			    "INSERT INTO evidence_shared (kind, value, since_us, why) VALUES ($1, "
			    "$2, $3, $4) ON CONFLICT (kind, value) DO NOTHING",
			    p_text(evidence_kind_str(item->kind)), p_text(item->value),
			    p_int(now_us), p_text(why)));
	}
	return 0;
}

int identity_shared(struct db *db, json_t **ret, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	autojson json_t *list = json_array();
	int r;

	TRY(db_query(db, err, &rows,
		     "SELECT kind, value, why FROM evidence_shared ORDER BY kind, value"));
	while ((r = db_rows_next(rows, err)) == 1)
		(void)json_array_append_new(
			list, json_pack("{s:s, s:s, s:s}", "kind", db_text(rows, 0), "value",
					db_text(rows, 1), "why", db_text(rows, 2)));
	*ret = r < 0 ? NULL : take_ptr(list);
	return r;
}

static json_t *item_json(const struct evidence_item *item)
{
	return json_pack("{s:s, s:s}", "kind", evidence_kind_str(item->kind), "value", item->value);
}

static int add_items(struct db *db, int64_t host_num, const struct evidence_set *s, int64_t now_us,
		     json_t *ret_new, struct err *err)
{
	for (size_t i = 0; i < s->items.n; i++) {
		const struct evidence_item *item = &s->items.items[i];
		const char *kind = evidence_kind_str(item->kind);
		int64_t last_us = 0;
		TRY(db_query_int(db, err, &last_us, -1,
				 "SELECT last_us FROM evidence WHERE kind = $1 AND value = $2 AND "
				 "host_num = $3",
				 p_text(kind), p_text(item->value), p_int(host_num)));
		if (last_us >= 0 && now_us - last_us < REFRESH_US)
			continue;
		if (last_us < 0)
			(void)json_array_append_new(ret_new, item_json(item));
		TRY(db_exec(
			db, err,
			"INSERT INTO evidence (kind, value, host_num, first_us, last_us) VALUES "
			"($1, $2, $3, $4, $4) ON CONFLICT (kind, value, host_num) DO UPDATE SET "
			"last_us = $4",
			p_text(kind), p_text(item->value), p_int(host_num), p_int(now_us)));
	}
	return 0;
}

/* The columns people search by follow what the machine says now. */
static int refresh_columns(struct db *db, int64_t host_num, const struct host_evidence *e,
			   json_t *news, int64_t now_us, struct err *err)
{
	struct host h;

	TRY(host_get(db, host_num, &h, err));
	const char *serial = e && !placeholder_serial(e->system_serial) ? e->system_serial
									: h.serial;
	const char *uuid = e && !placeholder_uuid(e->smbios_uuid) ? e->smbios_uuid : h.uuid;
	bool differs = !str_eq(serial, h.serial) || !str_eq(uuid, h.uuid);
	if (!differs && (json_array_size(news) == 0 || h.revision == 1))
		return 0;
	struct moment m;
	TRY(host_change_begin(db, host_num, now_us, &m, err));
	TRY(db_exec(
		db, err,
		"UPDATE host SET serial = $2, uuid = $3, changed_us = $4, revision = revision + 1 "
		"WHERE num = $1",
		p_int(host_num), p_text(serial), p_text(uuid), p_int(m.at_us)));
	autojson json_t *detail = json_pack("{s:O}", "new", news);
	struct event_draft d = {host_num, "host.evidence", NULL, "it shows new evidence", detail};
	return event_append_at(db, &d, &m, err);
}

int evidence_add(struct db *db, int64_t host_num, const struct host_evidence *e,
		 const struct evidence_set *s, int64_t now_us, struct err *err)
{
	autojson json_t *news = json_array();

	TRY(add_items(db, host_num, s, now_us, news, err));
	return refresh_columns(db, host_num, e, news, now_us, err);
}

int evidence_set_pending(struct db *db, int64_t host_num, const struct host_evidence *e,
			 const struct evidence_set *s, int64_t now_us, struct err *err)
{
	autojson json_t *items = json_array();

	for (size_t i = 0; i < s->items.n; i++)
		(void)json_array_append_new(items, item_json(&s->items.items[i]));
	autojson json_t *doc = json_pack("{s:O, s:s, s:s}", "items", items, "serial",
					 e->system_serial ? e->system_serial : "", "uuid",
					 e->smbios_uuid ? e->smbios_uuid : "");
	autofree char *text = doc ? json_text(doc) : xstrdup("{\"items\":[]}");
	return db_exec(
		db, err,
		"INSERT INTO identity_pending (host_num, at_us, body) VALUES ($1, $2, $3) ON "
		"CONFLICT (host_num) DO UPDATE SET at_us = $2, body = $3",
		p_int(host_num), p_int(now_us), p_text(text));
}
