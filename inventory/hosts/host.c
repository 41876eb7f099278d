/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finding hosts and changing the columns that the lifecycle owns. Each change compares first, keeps
 * the old version, counts the revision, appends one event. Input: keys may come from anybody,
 * details from hosts; both are bound.
 */
#include <inventory/host.h>

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include <base/hw_id.h>
#include <base/json.h>
#include <base/str.h>
#include <base/text.h>

#include "history.h"
#include "../parts/version.h"
#include "host_row.h"

/* ---- reading --------------------------------------------------------------------------------- */

void host_from_row(const struct db_rows *r, struct host *h)
{
	int c = 0;

	*h = (struct host){.num = db_int(r, c++)};
#define TEXT_OF(field) (void)str_copy(h->field, sizeof(h->field), db_text(r, c++))
	TEXT_OF(id);
	TEXT_OF(short_code);
	TEXT_OF(name);
	TEXT_OF(state);
	h->state_since_us = db_int(r, c++);
	TEXT_OF(state_detail);
	TEXT_OF(turn);
	h->deadline_us = db_int(r, c++);
	TEXT_OF(arch);
	TEXT_OF(firmware);
	TEXT_OF(manufacturer);
	TEXT_OF(model);
	TEXT_OF(serial);
	TEXT_OF(uuid);
	TEXT_OF(sku);
	TEXT_OF(delivery);
	TEXT_OF(image_digest);
	TEXT_OF(image_line);
	TEXT_OF(image_version);
	h->open_faults = db_int(r, c++);
	h->weak = db_int(r, c++) != 0;
	TEXT_OF(review);
	h->created_us = db_int(r, c++);
	h->changed_us = db_int(r, c++);
	h->revision = db_int(r, c++);
#undef TEXT_OF
}

#define SELECT_HOST "SELECT " HOST_ROW_COLUMNS " FROM host "

static const char *const find_sql[] = {
	[HOST_BY_NUM] = NULL,
	[HOST_BY_ID] = SELECT_HOST "WHERE id = $1",
	[HOST_BY_SHORT_CODE] = SELECT_HOST "WHERE short_code = $1",
	[HOST_BY_NAME] = SELECT_HOST "WHERE name = $1 LIMIT 2",
	[HOST_BY_SERIAL] = SELECT_HOST "WHERE serial = $1 LIMIT 2",
	[HOST_BY_MAC] = SELECT_HOST
	"WHERE num IN (SELECT host_num FROM evidence WHERE kind = 'mac' AND value = $1) LIMIT 2",
};

static int one_host(struct db_rows *rows, const char *key, struct host *ret, struct err *err)
{
	int r = db_rows_next(rows, err);

	if (r < 0)
		return r;
	if (r == 0)
		return err_set(err, ERR_HOST_UNKNOWN, "no host is known as '%s'", key);
	host_from_row(rows, ret);
	r = db_rows_next(rows, err);
	if (r < 0)
		return r;
	if (r == 1)
		return err_set(err, ERR_HOST_AMBIGUOUS, "several hosts are known as '%s'", key);
	return 0;
}

int host_get(struct db *db, int64_t num, struct host *ret, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;

	TRY(db_query(db, err, &rows, SELECT_HOST "WHERE num = $1", p_int(num)));
	char key[24];
	(void)snprintf(key, sizeof(key), "%lld", (long long)num);
	return one_host(rows, key, ret, err);
}

static int find_merged(struct db *db, const char *old_id, struct host *ret, struct err *err)
{
	int64_t num = 0;

	TRY(db_query_int(db, err, &num, 0, "SELECT new_num FROM host_merged WHERE old_id = $1",
			 p_text(old_id)));
	if (num == 0)
		return err_set(err, ERR_HOST_UNKNOWN, "no host is known as '%s'", old_id);
	return host_get(db, num, ret, err);
}

/* Ids and MACs are lower case in the store, short codes upper case. A MAC may be typed as
 * a switch prints it, but not as bare digits: those may be a serial. */
static void fold(enum host_key by, const char *key, char *ret, size_t ret_bytes)
{
	if (by == HOST_BY_MAC && hw_mac_parse(sv_of(key), ~(unsigned)MAC_BARE, ret))
		return;
	(void)str_copy(ret, ret_bytes, key);
	for (char *c = ret; *c; c++) {
		if (by == HOST_BY_ID || by == HOST_BY_MAC)
			*c = (char)tolower((unsigned char)*c);
		else if (by == HOST_BY_SHORT_CODE)
			*c = (char)toupper((unsigned char)*c);
	}
}

int host_find(struct db *db, enum host_key by, const char *key, struct host *ret, struct err *err)
{
	char folded[LIMIT_KEY_BYTES];

	if (!key[0] || strlen(key) >= sizeof(folded))
		return err_set(err, ERR_HOST_UNKNOWN, "no host is known by such a key");
	if (by == HOST_BY_NUM) {
		int64_t num = 0;
		if (!parse_i64(key, &num))
			return err_set(err, ERR_HOST_UNKNOWN, "no host is known as '%s'", key);
		return host_get(db, num, ret, err);
	}
	fold(by, key, folded, sizeof(folded));
	AUTO(db_rows) struct db_rows *rows = NULL;
	TRY(db_query_n(db, find_sql[by], &(struct db_param){DB_TEXT, 0, folded, strlen(folded)}, 1,
		       &rows, err));
	int r = one_host(rows, key, ret, err);
	return r == -ERR_HOST_UNKNOWN && by == HOST_BY_ID ? find_merged(db, folded, ret, err) : r;
}

/* One that is found already must be the same host. */
static int find_also(struct db *db, enum host_key by, const char *text, struct host *ret,
		     struct err *err)
{
	struct host h;
	int r = host_find(db, by, text, &h, err);

	if (r == -ERR_HOST_UNKNOWN)
		return 0;
	if (r < 0)
		return r;
	if (ret->num && ret->num != h.num)
		return err_set(err, ERR_HOST_AMBIGUOUS,
			       "'%s' is a name, serial or MAC of host %s and of host %s: name it "
			       "by its short code",
			       text, ret->short_code, h.short_code);
	*ret = h;
	return 0;
}

int host_find_any(struct db *db, const char *text, struct host *ret, struct err *err)
{
	static const enum host_key ours[] = {HOST_BY_ID, HOST_BY_SHORT_CODE};
	static const enum host_key said[] = {HOST_BY_MAC, HOST_BY_SERIAL, HOST_BY_NAME};
	struct host h = {.num = 0};
	int r = -ERR_HOST_UNKNOWN;

	for (size_t i = 0; i < ARRAY_LEN(ours) && r == -ERR_HOST_UNKNOWN; i++)
		r = host_find(db, ours[i], text, ret, err);
	if (r != -ERR_HOST_UNKNOWN)
		return r;
	/* MACs and serials are any machine's words: one may be another host's name */
	for (size_t i = 0; i < ARRAY_LEN(said); i++)
		TRY(find_also(db, said[i], text, &h, err));
	if (!h.num)
		return r;
	err_clear(err);
	*ret = h;
	return 0;
}

int host_each_in_state(struct db *db, const char *state,
		       int (*visit)(void *arg, const struct host *h, struct err *err), void *arg,
		       struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;

	TRY(db_query(db, err, &rows, SELECT_HOST "WHERE state = $1 ORDER BY state_since_us, num",
		     p_text(state)));
	int r;
	while ((r = db_rows_next(rows, err)) == 1) {
		struct host h;
		host_from_row(rows, &h);
		TRY(visit(arg, &h, err));
	}
	return r;
}

#define SUMMARY_MAX_BYTES 420

/* ---- changing -------------------------------------------------------------------------------- */

int host_change_begin(struct db *db, int64_t num, int64_t now_us, struct moment *ret,
		      struct err *err)
{
	TRY(moment_next(db, now_us, ret, err));
	return history_keep(db, "host", num, ret, err);
}

static json_t *state_detail_json(const struct host *h, const struct host_state_change *c)
{
	json_t *j = json_pack("{s:s, s:s, s:s}", "from", h->state, "to", c->state, "detail",
			      c->detail ? c->detail : "");

	if (c->why)
		(void)json_object_set_new(j, "why", json_string(c->why));
	if (c->turn && c->turn[0])
		(void)json_object_set_new(j, "turn", json_string(c->turn));
	return j;
}

static int write_state(struct db *db, const struct host *h, const struct host_state_change *c,
		       int64_t now_us, struct moment *m, struct err *err)
{
	bool moved = !str_eq(h->state, c->state);

	TRY(host_change_begin(db, h->num, now_us, m, err));
	TRY(db_exec(db, err,
		    "UPDATE host SET state = $2, state_detail = $3, turn = $4, deadline_us = $5, "
		    "state_since_us = $6, changed_us = $7, revision = revision + 1 WHERE num = $1",
		    p_int(h->num), p_text(c->state), p_text(c->detail ? c->detail : ""),
		    p_text(c->turn ? c->turn : ""),
		    c->deadline_us ? p_int(c->deadline_us) : p_null(),
		    p_int(moved ? m->at_us : h->state_since_us), p_int(m->at_us)));
	autojson json_t *detail = state_detail_json(h, c);
	if (moved)
		(void)json_object_set_new(detail, "seconds",
					  json_integer((m->at_us - h->state_since_us) / 1000000));
	autofree char *summary = moved ? xasprintf("%s -> %s", h->state, c->state)
				       : xasprintf("%s: %s", h->state, c->detail ? c->detail : "");
	(void)text_cut(summary, SUMMARY_MAX_BYTES);
	struct event_draft e = {.host_num = h->num,
				.kind = moved ? "host.state" : "host.detail",
				.actor = c->actor,
				.summary = summary,
				.detail = detail};
	return event_append_at(db, &e, m, err);
}

static bool same_state(const struct host *h, const struct host_state_change *c)
{
	return str_eq(h->state, c->state) && str_eq(h->state_detail, c->detail ? c->detail : "") &&
	       str_eq(h->turn, c->turn ? c->turn : "") && h->deadline_us == c->deadline_us;
}

static int set_state(struct db *db, int64_t num, const struct host_state_change *c, int64_t now_us,
		     struct moment *m, struct err *err)
{
	struct host h;

	TRY(host_get(db, num, &h, err));
	return same_state(&h, c) ? 0 : write_state(db, &h, c, now_us, m, err);
}

int host_set_state(struct db *db, int64_t num, const struct host_state_change *c, int64_t now_us,
		   struct moment *ret_moment, struct err *err)
{
	struct moment m = {0};

	TRY(db_begin(db, err));
	TRY(db_end(db, set_state(db, num, c, now_us, &m, err), err));
	if (ret_moment)
		*ret_moment = m;
	return 0;
}

static int set_image(struct db *db, int64_t num, const struct host_image *image, int64_t now_us,
		     struct err *err)
{
	struct host h;

	TRY(host_get(db, num, &h, err));
	if (str_eq(h.image_digest, image->digest) && str_eq(h.image_line, image->line) &&
	    str_eq(h.image_version, image->version))
		return 0;
	struct moment m;
	TRY(host_change_begin(db, num, now_us, &m, err));
	TRY(version_note(db, image->version, err));
	TRY(db_exec(db, err,
		    "UPDATE host SET image_digest = $2, image_line = $3, image_version = $4, "
		    "changed_us = $5, revision = revision + 1 WHERE num = $1",
		    p_int(num), p_text(image->digest), p_text(image->line), p_text(image->version),
		    p_int(m.at_us)));
	autofree char *summary = xasprintf("image %s@%s", image->line, image->version);
	autojson json_t *detail = json_pack("{s:s, s:s, s:s}", "digest", image->digest, "line",
					    image->line, "version", image->version);
	struct event_draft e = {num, "host.image", NULL, image->digest[0] ? summary : "no image",
				detail};
	return event_append_at(db, &e, &m, err);
}

int host_set_image(struct db *db, int64_t num, const struct host_image *image, int64_t now_us,
		   struct err *err)
{
	TRY(db_begin(db, err));
	return db_end(db, set_image(db, num, image, now_us, err), err);
}

static int set_review(struct db *db, int64_t num, const char *why, const char *actor,
		      int64_t now_us, struct err *err)
{
	struct host h;
	char cut[sizeof(h.review)];

	(void)text_fit(cut, sizeof(cut), why);
	TRY(host_get(db, num, &h, err));
	if (str_eq(h.review, cut))
		return 0;
	struct moment m;
	TRY(host_change_begin(db, num, now_us, &m, err));
	TRY(db_exec(
		db, err,
		"UPDATE host SET review = $2, changed_us = $3, revision = revision + 1 WHERE num "
		"= $1",
		p_int(num), p_text(cut), p_int(m.at_us)));
	struct event_draft e = {num, "host.review", actor,
				cut[0] ? cut : "the question about its identity is settled", NULL};
	return event_append_at(db, &e, &m, err);
}

int host_set_review(struct db *db, int64_t num, const char *why, const char *actor, int64_t now_us,
		    struct err *err)
{
	TRY(db_begin(db, err));
	return db_end(db, set_review(db, num, why, actor, now_us, err), err);
}

int host_touch(struct db *db, int64_t num, int64_t now_us, struct err *err)
{
	return db_exec(db, err,
		       "INSERT INTO host_seen (host_num, seen_us) VALUES ($1, $2) ON CONFLICT "
		       "(host_num) DO UPDATE SET seen_us = $2",
		       p_int(num), p_int(now_us));
}

int host_each_seen(struct db *db,
		   int (*visit)(void *arg, int64_t num, int64_t seen_us, struct err *err),
		   void *arg, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;

	TRY(db_query_n(db,
		       "SELECT s.host_num, s.seen_us FROM host_seen s JOIN host h ON h.num = "
		       "s.host_num WHERE h.state NOT IN ('expected', 'ready', 'in-service', "
		       "'retired')",
		       NULL, 0, &rows, err));
	int r;
	while ((r = db_rows_next(rows, err)) == 1)
		TRY(visit(arg, db_int(rows, 0), db_int(rows, 1), err));
	return r;
}

int host_last_seen(struct db *db, int64_t num, int64_t *ret_us, struct err *err)
{
	return db_query_int(db, err, ret_us, 0, "SELECT seen_us FROM host_seen WHERE host_num = $1",
			    p_int(num));
}

/* ---- stages ---------------------------------------------------------------------------------- */

static void add_seconds(json_t *stages, const char *state, int64_t took_us)
{
	double before = json_number_value(json_object_get(stages, state));

	(void)json_object_set_new(stages, state, json_real(before + (double)took_us / 1e6));
}

/* The states as history tells them: each version's state lasted until the next one. */
int host_stages(struct db *db, int64_t num, int64_t now_us, json_t **ret, struct err *err)
{
	autojson json_t *stages = json_object();
	AUTO(db_rows) struct db_rows *rows = NULL;

	TRY(db_query(db, err, &rows,
		     "SELECT state, state_since_us FROM host_history WHERE num = $1 UNION SELECT "
		     "state, state_since_us FROM host WHERE num = $1 ORDER BY 2",
		     p_int(num)));
	char state[24] = "";
	int64_t since_us = 0;
	int r;
	while ((r = db_rows_next(rows, err)) == 1) {
		if (state[0])
			add_seconds(stages, state, db_int(rows, 1) - since_us);
		(void)str_copy(state, sizeof(state), db_text(rows, 0));
		since_us = db_int(rows, 1);
	}
	if (r < 0)
		return r;
	if (state[0])
		add_seconds(stages, state, now_us > since_us ? now_us - since_us : 0);
	*ret = take_ptr(stages);
	return 0;
}

int host_place(struct db *db, int64_t num, char *ret, size_t ret_bytes, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	autofree char *unit = NULL;

	ret[0] = '\0';
	TRY(db_query(db, err, &rows, "SELECT site, rack, rack_unit FROM host WHERE num = $1",
		     p_int(num)));
	int r = db_rows_next(rows, err);
	if (r < 0)
		return r;
	if (r == 0 || !db_text(rows, 1)[0])
		return 0;
	const char *site = db_text(rows, 0);
	unit = db_is_null(rows, 2) ? xstrdup("")
				   : xasprintf(", unit %lld", (long long)db_int(rows, 2));
	text_print(ret, ret_bytes, "%s%srack %s%s", site, site[0] ? ", " : "", db_text(rows, 1),
		   unit);
	return 0;
}
