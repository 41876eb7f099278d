/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of the keys that hosts' agents are bound to. Storage only.
 */
#include <inventory/flow.h>

#include <base/json.h>
#include <base/str.h>

#include "flow_row.h"

static const struct flow_column key_columns[] = {
	FLOW_COLUMN(struct flow_key, host_num),
	FLOW_COLUMN(struct flow_key, bound),
	FLOW_COLUMN(struct flow_key, by_person),
	FLOW_COLUMN(struct flow_key, asking),
};
static const struct flow_table key_table = FLOW_TABLE("flow_key", "key", struct flow_key,
						      key_columns);

int flow_key_get(struct db *db, int64_t host_num, struct flow_key *ret, struct err *err)
{
	const struct db_call own = {"host_num = $1", DB_PARAMS_(p_int(host_num))};
	int rc = flow_row_find(db, &key_table, &own, ret, err);

	ret->host_num = host_num;
	return rc < 0 ? rc : 0;
}

int flow_key_put(struct db *db, const struct flow_key *k, struct err *err)
{
	return flow_row_put(db, &key_table, k, err);
}
