/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of agent sessions and of the plans that were handed to them, and what the flow remembers of
 * a host. Storage only.
 */
#include <inventory/flow.h>

#include <base/json.h>
#include <base/str.h>

#include "flow_row.h"

/* ---- hosts ----------------------------------------------------------------------------------- */

static const struct flow_column host_columns[] = {
	FLOW_COLUMN(struct flow_host, host_num),  FLOW_COLUMN(struct flow_host, approved),
	FLOW_COLUMN(struct flow_host, inspected), FLOW_COLUMN(struct flow_host, tested),
	FLOW_COLUMN(struct flow_host, profile),   FLOW_COLUMN(struct flow_host, macs),
	FLOW_COLUMN(struct flow_host, epoch),     FLOW_COLUMN(struct flow_host, tries),
	FLOW_COLUMN(struct flow_host, fail_code), FLOW_COLUMN(struct flow_host, run_id),
	FLOW_COLUMN(struct flow_host, disk_wwn),  FLOW_COLUMN(struct flow_host, disk_serial),
	FLOW_COLUMN(struct flow_host, in_use),
};
static const struct flow_table host_table = FLOW_TABLE("flow_host", "host", struct flow_host,
						       host_columns);

int flow_host_get(struct db *db, int64_t host_num, struct flow_host *ret, struct err *err)
{
	const struct db_call own = {"host_num = $1", DB_PARAMS_(p_int(host_num))};
	int rc = flow_row_find(db, &host_table, &own, ret, err);

	ret->host_num = host_num;
	return rc < 0 ? rc : 0;
}

int flow_host_put(struct db *db, const struct flow_host *h, struct err *err)
{
	return flow_row_put(db, &host_table, h, err);
}

int flow_drives_put(struct db *db, int64_t host_num, const json_t *drives, struct err *err)
{
	autofree char *text = json_text(drives);

	return db_exec(db, err,
		       "INSERT INTO flow_drives (host_num, drives) VALUES ($1, $2) ON CONFLICT "
		       "(host_num) DO UPDATE SET drives = $2",
		       p_int(host_num), p_text(text ? text : "[]"));
}

int flow_drives_get(struct db *db, int64_t host_num, json_t **ret, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;

	TRY(db_query(db, err, &rows, "SELECT drives FROM flow_drives WHERE host_num = $1",
		     p_int(host_num)));
	int rc = db_rows_next(rows, err);
	if (rc < 0)
		return rc;
	*ret = rc > 0 ? json_loads(db_text(rows, 0), 0, NULL) : NULL;
	if (!*ret)
		*ret = json_array();
	return 0;
}

int flow_hosts_unapproved(struct db *db, int64_t *ret, struct err *err)
{
	return db_query_int(db, err, ret, 0,
			    "SELECT count(*) FROM flow_host f JOIN host h ON h.num = f.host_num "
			    "WHERE f.approved = 0 AND h.state IN ('discovered', 'inspecting', "
			    "'failed', 'quarantined')");
}

int flow_hosts_overdue(struct db *db, int64_t now_us, int max,
		       int (*visit)(void *arg, int64_t host_num, struct err *err), void *arg,
		       struct err *err)
{
	int64_t found[64];
	int n = 0, rc;
	AUTO(db_rows) struct db_rows *rows = NULL;

	TRY(db_query(db, err, &rows,
		     "SELECT num FROM host WHERE deadline_us IS NOT NULL AND deadline_us > 0 AND "
		     "deadline_us <= $1 ORDER BY deadline_us LIMIT $2",
		     p_int(now_us), p_int(max < 64 ? max : 64)));
	while ((rc = db_rows_next(rows, err)) > 0 && n < 64)
		found[n++] = db_int(rows, 0);
	db_rows_free(take_ptr(rows));
	for (int i = 0; rc >= 0 && i < n; i++)
		rc = visit(arg, found[i], err);
	return rc < 0 ? rc : 0;
}

/* ---- sessions -------------------------------------------------------------------------------- */

static const struct flow_column session_columns[] = {
	FLOW_COLUMN(struct flow_session, id),        FLOW_COLUMN(struct flow_session, host_num),
	FLOW_COLUMN(struct flow_session, agent_key), FLOW_COLUMN(struct flow_session, nonce),
	FLOW_COLUMN(struct flow_session, boot_id),   FLOW_COLUMN(struct flow_session, epoch),
	FLOW_COLUMN(struct flow_session, arch),      FLOW_COLUMN(struct flow_session, firmware),
	FLOW_COLUMN(struct flow_session, opened_us), FLOW_COLUMN(struct flow_session, closed_us),
	FLOW_COLUMN(struct flow_session, acked),     FLOW_COLUMN(struct flow_session, steps),
};
static const struct flow_table session_table = FLOW_TABLE("flow_session", "session",
							  struct flow_session, session_columns);

int flow_session_add(struct db *db, const struct flow_session *s, struct err *err)
{
	return flow_row_add(db, &session_table, s, err);
}

static int session_one(struct db *db, const char *where, const struct db_param *params,
		       size_t n_params, struct flow_session *ret, struct err *err)
{
	return flow_row_one(db, &session_table, &(struct db_call){where, params, n_params}, ret,
			    err);
}

int flow_session_get(struct db *db, const char *id, struct flow_session *ret, struct err *err)
{
	return session_one(db, "id = $1", DB_PARAMS_(p_text(id)), ret, err);
}

int flow_session_find(struct db *db, const char *agent_key, const char *nonce,
		      struct flow_session *ret, struct err *err)
{
	return session_one(db,
			   "agent_key = $1 AND nonce "
			   "= $2 AND closed_us = 0",
			   DB_PARAMS_(p_text(agent_key), p_text(nonce)), ret, err);
}

int flow_session_of_host(struct db *db, int64_t host_num, struct flow_session *ret, struct err *err)
{
	return session_one(db,
			   "host_num = $1 AND "
			   "closed_us = 0 ORDER BY epoch DESC LIMIT 1",
			   DB_PARAMS_(p_int(host_num)), ret, err);
}

int flow_session_progress(struct db *db, const char *id, int64_t acked, int64_t steps,
			  struct err *err)
{
	return db_exec(db, err, "UPDATE flow_session SET acked = $2, steps = $3 WHERE id = $1",
		       p_text(id), p_int(acked), p_int(steps));
}

int flow_sessions_close(struct db *db, int64_t host_num, int64_t now_us, struct err *err)
{
	return db_exec(
		db, err,
		"UPDATE flow_session SET closed_us = $2 WHERE host_num = $1 AND closed_us = 0",
		p_int(host_num), p_int(now_us));
}

/* ---- plans ----------------------------------------------------------------------------------- */

static const struct flow_column plan_columns[] = {
	FLOW_COLUMN(struct flow_plan, id),         FLOW_COLUMN(struct flow_plan, session_id),
	FLOW_COLUMN(struct flow_plan, host_num),   FLOW_COLUMN(struct flow_plan, seq),
	FLOW_COLUMN(struct flow_plan, kind),       FLOW_COLUMN(struct flow_plan, arm_id),
	FLOW_COLUMN(struct flow_plan, run_id),     FLOW_COLUMN(struct flow_plan, issued_us),
	FLOW_COLUMN(struct flow_plan, expires_us), FLOW_COLUMN(struct flow_plan, ended_us),
	FLOW_COLUMN(struct flow_plan, result),     FLOW_COLUMN(struct flow_plan, envelope),
};
static const struct flow_table plan_table = FLOW_TABLE("flow_plan", "plan", struct flow_plan,
						       plan_columns);

int flow_plan_add(struct db *db, const struct flow_plan *p, struct err *err)
{
	struct flow_plan live = *p;

	live.ended_us = 0;
	live.result[0] = '\0';
	return flow_row_add(db, &plan_table, &live, err);
}

static int plan_one(struct db *db, const char *where, const struct db_param *params,
		    size_t n_params, struct flow_plan *ret, struct err *err)
{
	return flow_row_one(db, &plan_table, &(struct db_call){where, params, n_params}, ret, err);
}

int flow_plan_get(struct db *db, const char *id, struct flow_plan *ret, struct err *err)
{
	return plan_one(db, "id = $1", DB_PARAMS_(p_text(id)), ret, err);
}

int flow_plan_live(struct db *db, int64_t host_num, struct flow_plan *ret, struct err *err)
{
	return plan_one(db, "host_num = $1 AND ended_us = 0", DB_PARAMS_(p_int(host_num)), ret,
			err);
}

int flow_plan_end(struct db *db, int64_t host_num, const char *result, int64_t now_us,
		  struct err *err)
{
	return db_exec(
		db, err,
		"UPDATE flow_plan SET ended_us = $2, result = $3, envelope = '' WHERE host_num = $1 AND "
		"ended_us = 0",
		p_int(host_num), p_int(now_us), p_text(result));
}
