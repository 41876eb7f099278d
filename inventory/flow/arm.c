/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of arms: one-shot, expiring permissions to write one image to one disk of one host.
 * Consuming is a conditional update, so that two requests cannot both win, whatever the store.
 */
#include <inventory/flow.h>

#include <base/json.h>
#include <base/str.h>

#include "flow_row.h"

static const struct flow_column arm_columns[] = {
	FLOW_COLUMN(struct flow_arm, id),
	FLOW_COLUMN(struct flow_arm, host_num),
	FLOW_COLUMN(struct flow_arm, image_digest),
	FLOW_COLUMN(struct flow_arm, line),
	FLOW_COLUMN(struct flow_arm, version),
	FLOW_COLUMN(struct flow_arm, arch),
	FLOW_COLUMN(struct flow_arm, disk_wwn),
	FLOW_COLUMN(struct flow_arm, disk_serial),
	FLOW_COLUMN(struct flow_arm, disk_bytes),
	FLOW_COLUMN(struct flow_arm, wipe_consent),
	FLOW_COLUMN(struct flow_arm, who),
	FLOW_COLUMN(struct flow_arm, reason),
	FLOW_COLUMN(struct flow_arm, created_us),
	FLOW_COLUMN(struct flow_arm, expires_us),
	FLOW_COLUMN(struct flow_arm, consumed_us),
	FLOW_COLUMN(struct flow_arm, session_id),
	FLOW_COLUMN(struct flow_arm, permit_id),
	FLOW_COLUMN(struct flow_arm, first_boot_hash),
	FLOW_COLUMN(struct flow_arm, ended_us),
	FLOW_COLUMN(struct flow_arm, result),
	FLOW_COLUMN(struct flow_arm, work),
	FLOW_COLUMN(struct flow_arm, latest),
	FLOW_COLUMN(struct flow_arm, profile_digest),
	FLOW_COLUMN(struct flow_arm, owner),
	FLOW_COLUMN(struct flow_arm, agreed),
	FLOW_COLUMN(struct flow_arm, automatic),
	FLOW_COLUMN(struct flow_arm, waiver),
	FLOW_COLUMN(struct flow_arm, methods),
};
static const struct flow_table arm_table = FLOW_TABLE("flow_arm", "arm", struct flow_arm,
						      arm_columns);

static int arm_one(struct db *db, const char *where, const struct db_param *params, size_t n_params,
		   struct flow_arm *ret, struct err *err)
{
	return flow_row_one(db, &arm_table, &(struct db_call){where, params, n_params}, ret, err);
}

/* An older life's token ends with the next arm. */
static int arm_insert(struct db *db, const struct flow_arm *a, struct err *err)
{
	struct flow_arm fresh = *a;

	fresh.consumed_us = fresh.ended_us = 0;
	fresh.session_id[0] = fresh.permit_id[0] = fresh.first_boot_hash[0] = '\0';
	fresh.result[0] = '\0';
	TRY(flow_arm_end(db, a->host_num, "replaced", a->created_us, err));
	TRY(flow_arm_forget_tokens(db, a->host_num, err));
	return flow_row_add(db, &arm_table, &fresh, err);
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

static const struct flow_column disk_columns[] = {
	FLOW_COLUMN(struct flow_arm_disk, wwn),
	FLOW_COLUMN(struct flow_arm_disk, serial),
	FLOW_COLUMN(struct flow_arm_disk, bytes),
};
static const struct flow_table disk_table = FLOW_TABLE("flow_arm_disk", "disk",
						       struct flow_arm_disk, disk_columns);

int flow_arm_next_disk(struct db *db, const char *arm_id, struct flow_arm_disk *ret,
		       struct err *err)
{
	const struct db_call first = {"arm_id = $1 ORDER BY place LIMIT 1",
				      DB_PARAMS_(p_text(arm_id))};

	return flow_row_one(db, &disk_table, &first, ret, err);
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
	return arm_one(db, "id = $1", DB_PARAMS_(p_text(id)), ret, err);
}

int flow_arm_open(struct db *db, int64_t host_num, struct flow_arm *ret, struct err *err)
{
	return arm_one(db, "host_num = $1 AND ended_us = 0", DB_PARAMS_(p_int(host_num)), ret, err);
}

int flow_arm_latest(struct db *db, int64_t host_num, struct flow_arm *ret, struct err *err)
{
	return arm_one(db, "host_num = $1 ORDER BY created_us DESC LIMIT 1",
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
		       "first_boot_hash = $1 AND first_boot_hash <> '' AND "
		       " consumed_us > 0 ORDER BY created_us DESC LIMIT 1",
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

	TRY(flow_rows(db, &arm_table,
		      &(struct db_call){"ended_us = 0 AND consumed_us > 0", NULL, 0}, &rows, err));
	while ((rc = db_rows_next(rows, err)) > 0) {
		struct flow_arm a;
		flow_row_read(&arm_table, rows, &a);
		TRY(visit(arg, &a, err));
	}
	return rc;
}
