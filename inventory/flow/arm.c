/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of arms: one-shot, expiring permissions to write one image to one disk of one host.
 * Consuming is a conditional update, so that two requests cannot both win, whatever the store.
 */
#include <inventory/flow.h>

#include <base/json.h>
#include <base/str.h>

#include "flow_row.h"

#define ARM_COLUMNS                                                                                   \
	"id, host_num, image_digest, line, version, arch, disk_wwn, disk_serial, disk_bytes, "        \
	"wipe_consent, who, reason, created_us, expires_us, consumed_us, session_id, permit_id, "     \
	"first_boot_hash, ended_us, result, work, latest, profile_digest, owner, agreed, automatic, " \
	"waiver, methods"

static void arm_read(const struct db_rows *rows, void *ret)
{
	struct flow_arm *a = ret;

	COL(rows, 0, a->id);
	a->host_num = db_int(rows, 1);
	COL(rows, 2, a->image_digest);
	COL(rows, 3, a->line);
	COL(rows, 4, a->version);
	COL(rows, 5, a->arch);
	COL(rows, 6, a->disk_wwn);
	COL(rows, 7, a->disk_serial);
	a->disk_bytes = db_int(rows, 8);
	COL(rows, 9, a->wipe_consent);
	COL(rows, 10, a->who);
	COL(rows, 11, a->reason);
	a->created_us = db_int(rows, 12);
	a->expires_us = db_int(rows, 13);
	a->consumed_us = db_int(rows, 14);
	COL(rows, 15, a->session_id);
	COL(rows, 16, a->permit_id);
	COL(rows, 17, a->first_boot_hash);
	a->ended_us = db_int(rows, 18);
	COL(rows, 19, a->result);
	COL(rows, 20, a->work);
	a->latest = db_int(rows, 21) != 0;
	COL(rows, 22, a->profile_digest);
	COL(rows, 23, a->owner);
	COL(rows, 24, a->agreed);
	a->automatic = db_int(rows, 25) != 0;
	COL(rows, 26, a->waiver);
	COL(rows, 27, a->methods);
}

static int arm_one(struct db *db, const char *sql, const struct db_param *params, size_t n_params,
		   struct flow_arm *ret, struct err *err)
{
	static const struct flow_row_kind kind = {"arm", arm_read, sizeof(*ret)};

	return flow_row_one(db, &kind, &(struct db_call){sql, params, n_params}, ret, err);
}

/* An older life's token ends with the next arm. */
static int arm_insert(struct db *db, const struct flow_arm *a, struct err *err)
{
	TRY(flow_arm_end(db, a->host_num, "replaced", a->created_us, err));
	TRY(flow_arm_forget_tokens(db, a->host_num, err));
	return db_exec(
		db, err,
		"INSERT INTO flow_arm (" ARM_COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, "
		"$9, $10, $11, $12, $13, $14, 0, '', '', '', 0, '', $15, $16, $17, "
		"$18, $19, $20, $21, $22)",
		p_text(a->id), p_int(a->host_num), p_text(a->image_digest), p_text(a->line),
		p_text(a->version), p_text(a->arch), p_text(a->disk_wwn), p_text(a->disk_serial),
		p_int(a->disk_bytes), p_text(a->wipe_consent), p_text(a->who), p_text(a->reason),
		p_int(a->created_us), p_int(a->expires_us), p_text(a->work), p_int(a->latest),
		p_text(a->profile_digest), p_text(a->owner), p_text(a->agreed), p_int(a->automatic),
		p_text(a->waiver), p_text(a->methods));
}

int flow_arm_add(struct db *db, const struct flow_arm *a, struct err *err)
{
	TRY(db_begin(db, err));
	return db_end(db, arm_insert(db, a, err), err);
}

int flow_arm_add_disk(struct db *db, const char *arm_id, int64_t place,
		      const struct flow_arm_disk *d, struct err *err)
{
	return db_exec(db, err,
		       "INSERT INTO flow_arm_disk (arm_id, place, wwn, serial, bytes) VALUES ($1, "
		       "$2, $3, $4, $5)",
		       p_text(arm_id), p_int(place), p_text(d->wwn), p_text(d->serial),
		       p_int(d->bytes));
}

static void disk_read(const struct db_rows *rows, void *ret)
{
	struct flow_arm_disk *d = ret;

	COL(rows, 0, d->wwn);
	COL(rows, 1, d->serial);
	d->bytes = db_int(rows, 2);
}

int flow_arm_next_disk(struct db *db, const char *arm_id, struct flow_arm_disk *ret,
		       struct err *err)
{
	static const struct flow_row_kind kind = {"disk", disk_read, sizeof(*ret)};
	const struct db_param params[] = {p_text(arm_id)};

	return flow_row_one(db, &kind,
			    &(struct db_call){"SELECT wwn, serial, bytes FROM flow_arm_disk WHERE "
					      "arm_id = $1 ORDER BY place LIMIT 1",
					      params, ARRAY_LEN(params)},
			    ret, err);
}

int flow_arm_go_on(struct db *db, const struct flow_arm *arm, struct flow_arm *next,
		   struct err *err)
{
	struct flow_arm_disk disk;

	TRY(flow_arm_next_disk(db, arm->id, &disk, err));
	(void)str_copy(next->disk_wwn, sizeof(next->disk_wwn), disk.wwn);
	(void)str_copy(next->disk_serial, sizeof(next->disk_serial), disk.serial);
	(void)str_copy(next->wipe_consent, sizeof(next->wipe_consent),
		       disk.serial[0] ? disk.serial : disk.wwn);
	next->disk_bytes = disk.bytes;
	TRY(flow_arm_end(db, arm->host_num, "erased", next->created_us, err));
	TRY(flow_arm_add(db, next, err));
	TRY(db_exec(db, err,
		    "DELETE FROM flow_arm_disk WHERE arm_id = $1 AND place = (SELECT min(place) "
		    "FROM flow_arm_disk WHERE arm_id = $1)",
		    p_text(arm->id)));
	return db_exec(db, err, "UPDATE flow_arm_disk SET arm_id = $2 WHERE arm_id = $1",
		       p_text(arm->id), p_text(next->id));
}

int flow_arm_get(struct db *db, const char *id, struct flow_arm *ret, struct err *err)
{
	return arm_one(db, "SELECT " ARM_COLUMNS " FROM flow_arm WHERE id = $1",
		       DB_PARAMS_(p_text(id)), ret, err);
}

int flow_arm_open(struct db *db, int64_t host_num, struct flow_arm *ret, struct err *err)
{
	return arm_one(db,
		       "SELECT " ARM_COLUMNS " FROM flow_arm WHERE host_num = $1 AND ended_us = 0",
		       DB_PARAMS_(p_int(host_num)), ret, err);
}

int flow_arm_latest(struct db *db, int64_t host_num, struct flow_arm *ret, struct err *err)
{
	return arm_one(db,
		       "SELECT " ARM_COLUMNS
		       " FROM flow_arm WHERE host_num = $1 ORDER BY created_us DESC LIMIT 1",
		       DB_PARAMS_(p_int(host_num)), ret, err);
}

int flow_arms_alone(struct db *db, const struct flow_arms_alone *which, int64_t *ret_nums,
		    size_t max, size_t *ret_n, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	size_t n = 0;
	int rc;

	TRY(db_query(db, err, &rows,
		     "SELECT DISTINCT host_num FROM flow_arm WHERE created_us > $1 AND automatic = "
		     "$2 AND owner = $3 AND agreed = '' LIMIT $4",
		     p_int(which->since_us), p_int(which->automatic),
		     p_text(which->automatic ? "" : which->owner), p_int((int64_t)max)));
	while ((rc = db_rows_next(rows, err)) > 0 && n < max)
		ret_nums[n++] = db_int(rows, 0);
	*ret_n = n;
	return rc < 0 ? rc : 0;
}

int flow_arm_by_token(struct db *db, const char *first_boot_hash, struct flow_arm *ret,
		      struct err *err)
{
	return arm_one(db,
		       "SELECT " ARM_COLUMNS " FROM flow_arm WHERE first_boot_hash = $1 AND "
		       "first_boot_hash <> '' AND consumed_us > 0 ORDER BY created_us DESC LIMIT 1",
		       DB_PARAMS_(p_text(first_boot_hash)), ret, err);
}

int flow_arm_forget_tokens(struct db *db, int64_t host_num, struct err *err)
{
	return db_exec(db, err,
		       "UPDATE flow_arm SET first_boot_hash = '' WHERE host_num = $1 AND "
		       "first_boot_hash <> ''",
		       p_int(host_num));
}

int flow_arm_set_token(struct db *db, const char *id, const char *first_boot_hash, struct err *err)
{
	return db_exec(db, err, "UPDATE flow_arm SET first_boot_hash = $2 WHERE id = $1",
		       p_text(id), p_text(first_boot_hash));
}

int flow_arm_consume(struct db *db, const struct flow_arm_use *use, bool *ret_done, struct err *err)
{
	int64_t changed = 0;

	TRY(db_exec_changed(
		db, err, &changed,
		"UPDATE flow_arm SET consumed_us = $2, session_id = $3, permit_id = $4 WHERE "
		"id = $1 AND consumed_us = 0 AND ended_us = 0 AND expires_us > $2",
		p_text(use->arm_id), p_int(use->now_us), p_text(use->session_id),
		p_text(use->permit_id)));
	*ret_done = changed == 1;
	return 0;
}

int flow_arms_of_image(struct db *db, const char *image_digest, int64_t now_us, int64_t *ret_n,
		       struct err *err)
{
	return db_query_int(db, err, ret_n, 0,
			    "SELECT count(*) FROM flow_arm WHERE ended_us = 0 AND expires_us > $2 "
			    "AND image_digest = $1",
			    p_text(image_digest), p_int(now_us));
}

int flow_arm_end(struct db *db, int64_t host_num, const char *result, int64_t now_us,
		 struct err *err)
{
	return db_exec(
		db, err,
		"UPDATE flow_arm SET ended_us = $2, result = $3 WHERE host_num = $1 AND ended_us "
		"= 0",
		p_int(host_num), p_int(now_us), p_text(result));
}

int flow_arm_shorten(struct db *db, int64_t host_num, int64_t at_us, struct err *err)
{
	return db_exec(db, err,
		       "UPDATE flow_arm SET expires_us = $2 WHERE host_num = $1 AND ended_us = 0 "
		       "AND consumed_us = 0 AND expires_us > $2",
		       p_int(host_num), p_int(at_us));
}

int flow_arms_writing(struct db *db,
		      int (*visit)(void *arg, const struct flow_arm *a, struct err *err), void *arg,
		      struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;
	int rc;

	TRY(db_query(db, err, &rows,
		     "SELECT " ARM_COLUMNS
		     " FROM flow_arm WHERE ended_us = 0 AND consumed_us > 0"));
	while ((rc = db_rows_next(rows, err)) > 0) {
		struct flow_arm a = {0};
		arm_read(rows, &a);
		TRY(visit(arg, &a, err));
	}
	return rc;
}
