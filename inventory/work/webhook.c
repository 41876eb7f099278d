/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an administrator says about webhooks. The secret is kept as the caller has sealed it, and is
 * never read out again. Input: names, URLs and patterns from an administrator.
 */
#include <inventory/webhook.h>

#include <string.h>

#include <base/clock.h>
#include <base/json.h>
#include <base/str.h>

#define SHOWN_MAX 200

/* ---- checks ---------------------------------------------------------------------------------- */

static bool good_name(const char *name)
{
	size_t n = strlen(name);

	return n > 0 && n < 65 &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
		       n;
}

/* http or https, a host, no user or password in it, nothing that would need quoting */
static bool good_url(const char *url)
{
	const char *host = str_starts(url, "https://")  ? url + 8
			   : str_starts(url, "http://") ? url + 7
							: "";
	size_t n = strcspn(host, "/?#");

	if (n == 0 || strlen(url) > WEBHOOK_URL_MAX_BYTES || memchr(host, '@', n))
		return false;
	for (const char *p = url; *p; p++)
		if (*p <= ' ' || *p > '~' || strchr("\"<>\\^`{|}#", *p))
			return false;
	return true;
}

static bool good_secret(const char *secret)
{
	size_t n = strlen(secret);

	return n >= WEBHOOK_SECRET_MIN_BYTES && n <= WEBHOOK_STORED_MAX_BYTES;
}

static int refuse(const char *pointer, const char *why, struct err *err)
{
	(void)err_set(err, ERR_INVALID, "%s", why);
	return err_at(err, pointer);
}

static int join_kinds(const json_t *kinds, struct str *ret, struct err *err)
{
	size_t i;
	const json_t *j;

	if (json_array_size(kinds) > WEBHOOK_KINDS_MAX)
		return refuse("/kinds", "too many kinds", err);
	json_array_foreach (kinds, i, j) {
		const char *kind = json_string_value(j);
		size_t n = kind ? strlen(kind) : 0;
		if (n == 0 || n > 64 ||
		    strspn(kind, "abcdefghijklmnopqrstuvwxyz0123456789._-*") != n)
			return refuse("/kinds", "a kind is as 'host.state' or 'fault.*'", err);
		str_addf(ret, "%s%s", i ? " " : "", kind);
	}
	return 0;
}

static int check(const struct webhook_draft *d, struct str *kinds, struct err *err)
{
	if (!d->name || !good_name(d->name))
		return refuse("/name", "a name has 1 to 64 letters, digits, '.', '_' or '-'", err);
	if (!d->url || !good_url(d->url))
		return refuse("/url", "the URL is http or https, without a user in it", err);
	if (!d->secret || !good_secret(d->secret))
		return refuse("/secret", "a secret has 16 to 256 bytes", err);
	if (d->max_tries < 1 || d->max_tries > WEBHOOK_TRIES_MAX)
		return refuse("/max_tries", "there are 1 to 100 tries", err);
	return join_kinds(d->kinds, kinds, err);
}

/* ---- as JSON --------------------------------------------------------------------------------- */

static json_t *words_json(const char *words)
{
	json_t *list = json_array();
	struct sv rest = sv_of(words);

	while (rest.n > 0) {
		struct sv one = sv_split(&rest, ' ');
		(void)json_array_append_new(list, json_stringn(one.p, one.n));
	}
	return list;
}

static void add_time(json_t *j, const char *name, int64_t us)
{
	char text[TIME_TEXT_BYTES];

	time_rfc3339(us, text);
	(void)json_object_set_new(j, name, json_string(text));
}

#define SHOW                                                                                       \
	"SELECT num, name, url, kinds, max_tries, last_id, delivered, (SELECT count(*) FROM "      \
	"webhook_dead d WHERE d.webhook_num = w.num), tries, next_us, last_error, created_us "     \
	"FROM webhook w "

static json_t *hook_json(const struct db_rows *rows)
{
	json_t *j = json_pack(
		"{s:I, s:s, s:s, s:o, s:I, s:I, s:I, s:I, s:I}", "id", (json_int_t)db_int(rows, 0),
		"name", db_text(rows, 1), "url", db_text(rows, 2), "kinds",
		words_json(db_text(rows, 3)), "max_tries", (json_int_t)db_int(rows, 4),
		"last_event", (json_int_t)db_int(rows, 5), "delivered", (json_int_t)db_int(rows, 6),
		"dead", (json_int_t)db_int(rows, 7), "tries", (json_int_t)db_int(rows, 8));

	if (db_int(rows, 8) > 0) {
		add_time(j, "next", db_int(rows, 9));
		(void)json_object_set_new(j, "last_error", json_string(db_text(rows, 10)));
	}
	add_time(j, "created", db_int(rows, 11));
	return j;
}

int webhook_list(struct db *db, json_t **ret, struct err *err)
{
	autojson json_t *items = json_array();
	AUTO(db_rows) struct db_rows *rows = NULL;

	TRY(db_query(db, err, &rows, SHOW "ORDER BY num"));
	int r;
	while ((r = db_rows_next(rows, err)) == 1)
		(void)json_array_append_new(items, hook_json(rows));
	if (r < 0)
		return r;
	*ret = json_pack("{s:O}", "items", items);
	return 0;
}

int webhook_get(struct db *db, int64_t num, json_t **ret, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;

	TRY(db_query(db, err, &rows, SHOW "WHERE num = $1", p_int(num)));
	int r = db_rows_next(rows, err);
	if (r < 0)
		return r;
	if (r == 0)
		return err_set(err, ERR_NOT_FOUND, "there is no such webhook");
	*ret = hook_json(rows);
	return 0;
}

/* ---- changes --------------------------------------------------------------------------------- */

static int insert(struct db *db, const struct webhook_draft *d, const char *kinds, int64_t now_us,
		  int64_t *ret_num, struct err *err)
{
	int64_t same = 0, all = 0, at_us = 0, last = 0;

	TRY(db_query_int(db, err, &same, 0, "SELECT count(*) FROM webhook WHERE name = $1",
			 p_text(d->name)));
	TRY(db_query_int(db, err, &all, 0, "SELECT count(*) FROM webhook"));
	if (same)
		return err_set(err, ERR_EXISTS, "a webhook called '%s' exists already", d->name);
	if (all >= WEBHOOKS_MAX)
		return err_set(err, ERR_TOO_BIG, "there are %d webhooks already", WEBHOOKS_MAX);
	TRY(db_last_tick(db, &last, &at_us, err));
	TRY(db_tick(db, now_us, ret_num, &at_us, err));
	return db_exec(db, err,
		       "INSERT INTO webhook (num, name, url, secret, kinds, state, last_id, tries, "
		       "next_us, lease_us, last_error, delivered, dead, created_us, max_tries) "
		       "VALUES ($1, $2, $3, $4, $5, 'active', $6, 0, 0, 0, '', 0, 0, $7, $8)",
		       p_int(*ret_num), p_text(d->name), p_text(d->url), p_text(d->secret),
		       p_text(kinds), p_int(d->since < 0 ? last : d->since), p_int(at_us),
		       p_int(d->max_tries));
}

int webhook_create(struct db *db, const struct webhook_draft *d, int64_t now_us, json_t **ret,
		   struct err *err)
{
	int64_t num = 0;
	autostr struct str kinds;

	str_init(&kinds, 4096);
	TRY(check(d, &kinds, err));
	TRY(db_begin(db, err));
	TRY(db_end(db, insert(db, d, kinds.p, now_us, &num, err), err));
	return webhook_get(db, num, ret, err);
}

static int remove_all(struct db *db, int64_t num, struct err *err)
{
	int64_t n = 0;

	TRY(db_exec(db, err, "DELETE FROM webhook_attempt WHERE webhook_num = $1", p_int(num)));
	TRY(db_exec(db, err, "DELETE FROM webhook_again WHERE webhook_num = $1", p_int(num)));
	TRY(db_exec(db, err, "DELETE FROM webhook_dead WHERE webhook_num = $1", p_int(num)));
	TRY(db_exec_changed(db, err, &n, "DELETE FROM webhook WHERE num = $1", p_int(num)));
	return n ? 0 : err_set(err, ERR_NOT_FOUND, "there is no such webhook");
}

int webhook_remove(struct db *db, int64_t num, struct err *err)
{
	TRY(db_begin(db, err));
	return db_end(db, remove_all(db, num, err), err);
}

/* ---- deliveries ------------------------------------------------------------------------------ */

static int attempts(struct db *db, int64_t num, json_t *items, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;

	TRY(db_query(db, err, &rows,
		     "SELECT event_id, tries, status, took_ms, result, at_us FROM webhook_attempt "
		     "WHERE webhook_num = $1 ORDER BY at_us DESC LIMIT $2",
		     p_int(num), p_int(SHOWN_MAX)));
	int r;
	while ((r = db_rows_next(rows, err)) == 1) {
		json_t *j = json_pack(
			"{s:I, s:I, s:I, s:I, s:s}", "event", (json_int_t)db_int(rows, 0), "try",
			(json_int_t)db_int(rows, 1), "status", (json_int_t)db_int(rows, 2),
			"took_ms", (json_int_t)db_int(rows, 3), "result", db_text(rows, 4));
		add_time(j, "at", db_int(rows, 5));
		(void)json_array_append_new(items, j);
	}
	return r;
}

static int dead_letters(struct db *db, int64_t num, json_t *items, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;

	TRY(db_query(db, err, &rows,
		     "SELECT event_id, at_us, why, (SELECT count(*) FROM webhook_again a WHERE "
		     "a.webhook_num = d.webhook_num AND a.event_id = d.event_id) FROM webhook_dead "
		     "d WHERE webhook_num = $1 ORDER BY event_id DESC LIMIT $2",
		     p_int(num), p_int(SHOWN_MAX)));
	int r;
	while ((r = db_rows_next(rows, err)) == 1) {
		json_t *j = json_pack("{s:I, s:s, s:b}", "event", (json_int_t)db_int(rows, 0),
				      "why", db_text(rows, 2), "again", db_int(rows, 3) > 0);
		add_time(j, "at", db_int(rows, 1));
		(void)json_array_append_new(items, j);
	}
	return r;
}

int webhook_deliveries(struct db *db, int64_t num, json_t **ret, struct err *err)
{
	autojson json_t *hook = NULL, *items = json_array(), *dead = json_array();

	TRY(webhook_get(db, num, &hook, err));
	TRY(attempts(db, num, items, err));
	TRY(dead_letters(db, num, dead, err));
	*ret = json_pack("{s:O, s:O}", "items", items, "dead", dead);
	return 0;
}

int webhook_redeliver(struct db *db, int64_t num, int64_t event_id, int64_t now_us, int64_t *ret_n,
		      struct err *err)
{
	autojson json_t *hook = NULL;
	int64_t n = 0;

	TRY(webhook_get(db, num, &hook, err));
	TRY(db_exec_changed(db, err, &n,
			    "INSERT INTO webhook_again (webhook_num, event_id, tries, next_us) "
			    "SELECT webhook_num, event_id, 0, $3 FROM webhook_dead WHERE "
			    "webhook_num = $1 AND ($2 = 0 OR event_id = $2) ON CONFLICT "
			    "(webhook_num, event_id) DO UPDATE SET tries = 0, next_us = $3",
			    p_int(num), p_int(event_id), p_int(now_us)));
	if (n == 0 && event_id)
		return err_set(err, ERR_NOT_FOUND, "there is no such dead letter");
	*ret_n = n;
	return 0;
}
