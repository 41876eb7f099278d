/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See upgrade.h. Above all the rooms' tables, so that migrations need not know how hosts are
 * compared. Input: our own store.
 */
#include <inventory/upgrade.h>

#include "../hosts/event_columns.h"
#include "differences.h"

#define EVENTS_AND_DIFFERENCES 13

static int finish(struct db *db, struct err *err)
{
	int64_t done = 0;

	TRY(db_query_int(db, err, &done, 0, "SELECT count(*) FROM upgrade_done WHERE number = $1",
			 p_int(EVENTS_AND_DIFFERENCES)));
	if (done)
		return 0;
	TRY(event_columns_fill(db, err));
	TRY(differences_fill(db, err));
	return db_exec(db, err, "INSERT INTO upgrade_done (number) VALUES ($1)",
		       p_int(EVENTS_AND_DIFFERENCES));
}

int upgrade_finish(struct db *db, struct err *err)
{
	db_set_patient(db, true);
	int r = db_begin(db, err);
	if (r >= 0)
		r = db_end(db, finish(db, err), err);
	db_set_patient(db, false);
	return r;
}
