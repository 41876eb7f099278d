/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of the keys that hosts' agents are bound to. Storage only.
 */
#include <inventory/flow.h>

#include <string.h>
#include <base/json.h>
#include <base/str.h>

#include "flow_row.h"

int flow_key_get(struct db *db, int64_t host_num, struct flow_key *ret, struct err *err)
{
	AUTO(db_rows) struct db_rows *rows = NULL;

	*ret = (struct flow_key){.host_num = host_num};
	TRY(db_query(db, err, &rows,
		     "SELECT bound, by_person, asking FROM flow_key WHERE host_num = $1",
		     p_int(host_num)));
	int rc = db_rows_next(rows, err);
	if (rc <= 0)
		return rc;
	COL(rows, 0, ret->bound);
	ret->by_person = db_int(rows, 1);
	COL(rows, 2, ret->asking);
	return 0;
}

int flow_key_put(struct db *db, const struct flow_key *k, struct err *err)
{
	return db_exec(db, err,
		       "INSERT INTO flow_key (host_num, bound, by_person, asking) VALUES ($1, $2, "
		       "$3, $4) ON CONFLICT (host_num) DO UPDATE SET bound = $2, by_person = $3, "
		       "asking = $4",
		       p_int(k->host_num), p_text(k->bound), p_int(k->by_person),
		       p_text(k->asking));
}
