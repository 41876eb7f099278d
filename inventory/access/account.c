/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The accounts themselves. Input: names from anybody who tries to sign in; all else comes from
 * callers who checked it.
 */
#include <inventory/account.h>

#include <string.h>

#include <base/clock.h>
#include <base/json.h>
#include <base/str.h>

/* The same letters as a token's owner. */
static bool fold_name(const char *name, char ret[static ACCOUNT_NAME_BYTES])
{
	size_t n = strlen(name);

	if (n == 0 || n >= ACCOUNT_NAME_BYTES ||
	    strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._@-") != n)
		return false;
	for (size_t i = 0; i <= n; i++)
		ret[i] = name[i] >= 'A' && name[i] <= 'Z' ? (char)(name[i] + 32) : name[i];
	return true;
}

static int insert(struct db *db, const struct account_draft *d, const char *name, int64_t *ret_num,
		  struct err *err)
{
	int64_t id, at_us, n = 0;

	TRY(db_query_int(db, err, &n, 0, "SELECT count(*) FROM account WHERE name = $1",
			 p_text(name)));
	if (n)
		return err_set(err, ERR_EXISTS, "there is an account '%s' already", name);
	TRY(db_tick(db, d->now_us, &id, &at_us, err));
	*ret_num = id;
	return db_exec(db, err,
		       "INSERT INTO account (num, name, role, password, created_us, created_by) "
		       "VALUES ($1, $2, $3, $4, $5, $6)",
		       p_int(id), p_text(name), p_text(d->role), p_text(d->password),
		       p_int(d->now_us), p_text(d->who));
}

int account_create(struct db *db, const struct account_draft *draft, int64_t *ret_num,
		   struct err *err)
{
	char name[ACCOUNT_NAME_BYTES];

	if (!fold_name(draft->name, name)) {
		(void)err_set(err, ERR_INVALID,
			      "an account's name has 1 to 64 of A-Z a-z 0-9 . _ @ -");
		return err_at(err, "/name");
	}
	TRY(db_begin(db, err));
	return db_end(db, insert(db, draft, name, ret_num, err), err);
}

int account_find(struct db *db, const char *name, struct account *ret, struct err *err)
{
	char folded[ACCOUNT_NAME_BYTES];

	if (!fold_name(name, folded))
		return err_set(err, ERR_NOT_FOUND, "there is no such account");
	AUTO(db_rows) struct db_rows *rows = NULL;
	TRY(db_query(db, err, &rows,
		     "SELECT num, name, role, password, disabled_us FROM account WHERE name = $1",
		     p_text(folded)));
	int r = db_rows_next(rows, err);
	if (r <= 0)
		return r < 0 ? r : err_set(err, ERR_NOT_FOUND, "there is no account '%s'", folded);
	*ret = (struct account){.num = db_int(rows, 0), .disabled = !db_is_null(rows, 4)};
	(void)str_copy(ret->name, sizeof(ret->name), db_text(rows, 1));
	(void)str_copy(ret->role, sizeof(ret->role), db_text(rows, 2));
	(void)str_copy(ret->password, sizeof(ret->password), db_text(rows, 3));
	return 0;
}

static int end_all(struct db *db, int64_t num, struct err *err)
{
	TRY(db_exec(db, err, "DELETE FROM account_session WHERE account = $1", p_int(num)));
	return db_exec(db, err, "DELETE FROM account_link WHERE account = $1", p_int(num));
}

static int change(struct db *db, int64_t num, const struct account_change *c, int64_t now_us,
		  struct err *err)
{
	if (c->role)
		TRY(db_exec(db, err, "UPDATE account SET role = $2 WHERE num = $1", p_int(num),
			    p_text(c->role)));
	if (c->password)
		TRY(db_exec(db, err, "UPDATE account SET password = $2 WHERE num = $1", p_int(num),
			    p_text(c->password)));
	if (c->disabled == 1)
		TRY(db_exec(db, err,
			    "UPDATE account SET disabled_us = $2 WHERE num = $1 AND disabled_us IS "
			    "NULL",
			    p_int(num), p_int(now_us)));
	if (c->disabled == 0)
		TRY(db_exec(db, err, "UPDATE account SET disabled_us = NULL WHERE num = $1",
			    p_int(num)));
	return c->role || c->password || c->disabled == 1 ? end_all(db, num, err) : 0;
}

int account_change(struct db *db, int64_t num, const struct account_change *c, int64_t now_us,
		   struct err *err)
{
	TRY(db_begin(db, err));
	return db_end(db, change(db, num, c, now_us, err), err);
}

bool account_is_live(struct db *db, int64_t num)
{
	int64_t n = 0;

	return db_query_int(db, NULL, &n, 0,
			    "SELECT count(*) FROM account WHERE num = $1 AND disabled_us IS NULL",
			    p_int(num)) == 0 &&
	       n == 1;
}

int account_list(struct db *db, json_t **ret, struct err *err)
{
	autojson json_t *items = json_array();
	AUTO(db_rows) struct db_rows *rows = NULL;
	int r;

	TRY(db_query(db, err, &rows,
		     "SELECT name, role, created_by, created_us, signed_in_us, disabled_us, "
		     "password FROM account ORDER BY name"));
	while ((r = db_rows_next(rows, err)) == 1) {
		json_t *j = json_pack("{s:s, s:s, s:s, s:b}", "name", db_text(rows, 0), "role",
				      db_text(rows, 1), "created_by", db_text(rows, 2), "password",
				      db_text(rows, 6)[0] != '\0');
		db_time_json(j, "created", rows, 3);
		db_time_json(j, "signed_in", rows, 4);
		db_time_json(j, "disabled", rows, 5);
		(void)json_array_append_new(items, j);
	}
	if (r < 0)
		return r;
	*ret = json_pack("{s:O}", "items", items);
	return 0;
}
