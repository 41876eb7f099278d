/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of profiles (documents, ordered by priority) and of the appliance's settings. What a profile
 * means is the daemon's business.
 */
#include <inventory/flow.h>

#include <base/json.h>
#include <base/str.h>

int flow_profile_put(struct db *db, const char *name, int64_t priority, const json_t *doc,
		     int64_t now_us, struct err *err)
{
	autofree char *text = json_text(doc);

	if (!text)
		return err_set(err, ERR_JSON, "profile '%s' cannot be written", name);
	return db_exec(
		db, err,
		"INSERT INTO flow_profile (name, priority, doc, changed_us) VALUES ($1, $2, $3, "
		"$4) ON CONFLICT (name) DO UPDATE SET priority = $2, doc = $3, changed_us = $4",
		p_text(name), p_int(priority), p_text(text), p_int(now_us));
}

int flow_profile_set_secret(struct db *db, const char *name, const char *sealed, struct err *err)
{
	return db_exec(db, err, "UPDATE flow_profile SET secret = $2 WHERE name = $1", p_text(name),
		       p_text(sealed));
}

int flow_profile_secret(struct db *db, const char *name, char **ret, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;

	TRY(db_query(db, err, &rows, "SELECT secret FROM flow_profile WHERE name = $1",
		     p_text(name)));
	int rc = db_rows_next(rows, err);
	if (rc < 0)
		return rc;
	*ret = xstrdup(rc > 0 ? db_text(rows, 0) : "");
	return 0;
}

int flow_profile_reword(struct db *db, const char *name, const json_t *doc, const char *sealed,
			struct err *err)
{
	autofree char *text = json_text(doc);

	return db_exec(db, err, "UPDATE flow_profile SET doc = $2, secret = $3 WHERE name = $1",
		       p_text(name), p_text(text), p_text(sealed));
}

int flow_profile_agree(struct db *db, const char *name, const char *owner, struct err *err)
{
	return db_exec(db, err, "UPDATE flow_profile SET agreed = $2 WHERE name = $1", p_text(name),
		       p_text(owner));
}

int flow_profile_agreed(struct db *db, const char *name, char *ret, size_t ret_bytes,
			struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;

	ret[0] = '\0';
	TRY(db_query(db, err, &rows, "SELECT agreed FROM flow_profile WHERE name = $1",
		     p_text(name)));
	int rc = db_rows_next(rows, err);
	if (rc > 0)
		(void)str_copy(ret, ret_bytes, db_text(rows, 0));
	return rc < 0 ? rc : 0;
}

int flow_profiles_disagree(struct db *db, int64_t max_priority, struct err *err)
{
	return db_exec(db, err, "UPDATE flow_profile SET agreed = '' WHERE priority <= $1",
		       p_int(max_priority));
}

int flow_profile_get(struct db *db, const char *name, json_t **ret, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;

	TRY(db_query(db, err, &rows, "SELECT doc FROM flow_profile WHERE name = $1", p_text(name)));
	int rc = db_rows_next(rows, err);
	if (rc < 0)
		return rc;
	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND, "there is no profile '%s'", name);
	*ret = json_loads(db_text(rows, 0), 0, NULL);
	return *ret ? 0 : err_set(err, ERR_JSON, "the stored profile '%s' is damaged", name);
}

int flow_profile_remove(struct db *db, const char *name, struct err *err)
{
	int64_t changed = 0;

	TRY(db_exec_changed(db, err, &changed, "DELETE FROM flow_profile WHERE name = $1",
			    p_text(name)));
	return changed ? 0 : err_set(err, ERR_NOT_FOUND, "there is no profile '%s'", name);
}

int flow_profile_list(struct db *db, json_t **ret, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	autojson json_t *list = json_array();
	int rc;

	TRY(db_query(db, err, &rows, "SELECT doc FROM flow_profile ORDER BY priority DESC, name"));
	while ((rc = db_rows_next(rows, err)) > 0) {
		json_t *doc = json_loads(db_text(rows, 0), 0, NULL);
		if (doc)
			json_array_append_new(list, doc);
	}
	if (rc < 0)
		return rc;
	*ret = take_ptr(list);
	return 0;
}

int flow_setting_put(struct db *db, const char *key, const char *value, struct err *err)
{
	return db_exec(db, err,
		       "INSERT INTO flow_setting (key, value) VALUES ($1, $2) ON CONFLICT (key) DO "
		       "UPDATE SET value = $2",
		       p_text(key), p_text(value));
}

int flow_setting_get(struct db *db, const char *key, const char *fallback, char *ret,
		     size_t ret_bytes, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;

	(void)str_copy(ret, ret_bytes, fallback);
	TRY(db_query(db, err, &rows, "SELECT value FROM flow_setting WHERE key = $1", p_text(key)));
	int rc = db_rows_next(rows, err);
	if (rc > 0)
		(void)str_copy(ret, ret_bytes, db_text(rows, 0));
	return rc < 0 ? rc : 0;
}
