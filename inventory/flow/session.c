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

int flow_host_get(struct db *db, int64_t host_num, struct flow_host *ret, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;

	memset(ret, 0, sizeof(*ret));
	ret->host_num = host_num;
	TRY(db_query(db, err, &rows,
		     "SELECT approved, inspected, tested, profile, macs, epoch, tries, fail_code, "
		     "run_id, disk_wwn, disk_serial, in_use FROM flow_host WHERE host_num = $1",
		     p_int(host_num)));
	int rc = db_rows_next(rows, err);
	if (rc <= 0)
		return rc;
	ret->approved = db_int(rows, 0);
	ret->inspected = db_int(rows, 1);
	ret->tested = db_int(rows, 2);
	COL(rows, 3, ret->profile);
	COL(rows, 4, ret->macs);
	ret->epoch = db_int(rows, 5);
	ret->tries = db_int(rows, 6);
	COL(rows, 7, ret->fail_code);
	COL(rows, 8, ret->run_id);
	COL(rows, 9, ret->disk_wwn);
	COL(rows, 10, ret->disk_serial);
	ret->in_use = db_int(rows, 11);
	return 0;
}

int flow_host_put(struct db *db, const struct flow_host *h, struct err *err)
{
	return db_exec(
		db, err,
		"INSERT INTO flow_host (host_num, approved, inspected, tested, profile, macs, "
		"epoch, tries, fail_code, run_id, disk_wwn, disk_serial, in_use) VALUES ($1, $2, "
		"$3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) ON CONFLICT (host_num) DO UPDATE "
		"SET approved = $2, inspected = $3, tested = $4, profile = $5, macs = $6, epoch = "
		"$7, tries = $8, fail_code = $9, run_id = $10, disk_wwn = $11, disk_serial = $12, "
		"in_use = $13",
		p_int(h->host_num), p_int(h->approved), p_int(h->inspected), p_int(h->tested),
		p_text(h->profile), p_text(h->macs), p_int(h->epoch), p_int(h->tries),
		p_text(h->fail_code), p_text(h->run_id), p_text(h->disk_wwn),
		p_text(h->disk_serial), p_int(h->in_use));
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

#define SESSION_COLUMNS                                                                            \
	"id, host_num, agent_key, nonce, boot_id, epoch, arch, firmware, opened_us, closed_us, "   \
	"acked, steps"

int flow_session_add(struct db *db, const struct flow_session *s, struct err *err)
{
	return db_exec(db, err,
		       "INSERT INTO flow_session (" SESSION_COLUMNS
		       ") VALUES ($1, $2, $3, $4, $5, $6, "
		       "$7, $8, $9, $10, $11, $12)",
		       p_text(s->id), p_int(s->host_num), p_text(s->agent_key), p_text(s->nonce),
		       p_text(s->boot_id), p_int(s->epoch), p_text(s->arch), p_text(s->firmware),
		       p_int(s->opened_us), p_int(s->closed_us), p_int(s->acked), p_int(s->steps));
}

static void session_read(const struct db_rows *rows, void *ret)
{
	struct flow_session *s = ret;

	COL(rows, 0, s->id);
	s->host_num = db_int(rows, 1);
	COL(rows, 2, s->agent_key);
	COL(rows, 3, s->nonce);
	COL(rows, 4, s->boot_id);
	s->epoch = db_int(rows, 5);
	COL(rows, 6, s->arch);
	COL(rows, 7, s->firmware);
	s->opened_us = db_int(rows, 8);
	s->closed_us = db_int(rows, 9);
	s->acked = db_int(rows, 10);
	s->steps = db_int(rows, 11);
}

static int session_one(struct db *db, const char *sql, const struct db_param *params,
		       size_t n_params, struct flow_session *ret, struct err *err)
{
	static const struct flow_row_kind kind = {"session", session_read, sizeof(*ret)};

	return flow_row_one(db, &kind, &(struct db_call){sql, params, n_params}, ret, err);
}

int flow_session_get(struct db *db, const char *id, struct flow_session *ret, struct err *err)
{
	return session_one(db, "SELECT " SESSION_COLUMNS " FROM flow_session WHERE id = $1",
			   DB_PARAMS_(p_text(id)), ret, err);
}

int flow_session_find(struct db *db, const char *agent_key, const char *nonce,
		      struct flow_session *ret, struct err *err)
{
	return session_one(db,
			   "SELECT " SESSION_COLUMNS
			   " FROM flow_session WHERE agent_key = $1 AND nonce "
			   "= $2 AND closed_us = 0",
			   DB_PARAMS_(p_text(agent_key), p_text(nonce)), ret, err);
}

int flow_session_of_host(struct db *db, int64_t host_num, struct flow_session *ret, struct err *err)
{
	return session_one(db,
			   "SELECT " SESSION_COLUMNS " FROM flow_session WHERE host_num = $1 AND "
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

#define PLAN_COLUMNS                                                                               \
	"id, session_id, host_num, seq, kind, arm_id, run_id, issued_us, expires_us, ended_us, "   \
	"result, envelope"

int flow_plan_add(struct db *db, const struct flow_plan *p, struct err *err)
{
	return db_exec(db, err,
		       "INSERT INTO flow_plan (" PLAN_COLUMNS
		       ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, "
		       "$9, 0, '', $10)",
		       p_text(p->id), p_text(p->session_id), p_int(p->host_num), p_int(p->seq),
		       p_text(p->kind), p_text(p->arm_id), p_text(p->run_id), p_int(p->issued_us),
		       p_int(p->expires_us), p_text(p->envelope));
}

static void plan_read(const struct db_rows *rows, void *ret)
{
	struct flow_plan *p = ret;

	COL(rows, 0, p->id);
	COL(rows, 1, p->session_id);
	p->host_num = db_int(rows, 2);
	p->seq = db_int(rows, 3);
	COL(rows, 4, p->kind);
	COL(rows, 5, p->arm_id);
	COL(rows, 6, p->run_id);
	p->issued_us = db_int(rows, 7);
	p->expires_us = db_int(rows, 8);
	p->ended_us = db_int(rows, 9);
	COL(rows, 10, p->result);
	p->envelope = xstrdup(db_text(rows, 11));
}

static int plan_one(struct db *db, const char *sql, const struct db_param *params, size_t n_params,
		    struct flow_plan *ret, struct err *err)
{
	static const struct flow_row_kind kind = {"plan", plan_read, sizeof(*ret)};

	return flow_row_one(db, &kind, &(struct db_call){sql, params, n_params}, ret, err);
}

int flow_plan_get(struct db *db, const char *id, struct flow_plan *ret, struct err *err)
{
	return plan_one(db, "SELECT " PLAN_COLUMNS " FROM flow_plan WHERE id = $1",
			DB_PARAMS_(p_text(id)), ret, err);
}

int flow_plan_live(struct db *db, int64_t host_num, struct flow_plan *ret, struct err *err)
{
	return plan_one(
		db, "SELECT " PLAN_COLUMNS " FROM flow_plan WHERE host_num = $1 AND ended_us = 0",
		DB_PARAMS_(p_int(host_num)), ret, err);
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
