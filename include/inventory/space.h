/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Room and power that are left: locations beside the hosts that stand there. Heights and watts are
 * the ready-made fields height_units and watts_nominal of hosts, else of their SKUs; budgets are
 * watts_budget of locations.
 */
#ifndef INVENTORY_SPACE_H
#define INVENTORY_SPACE_H

#include <jansson.h>
#include <base/err.h>
#include <inventory/db.h>

/* by: "site", "row" or "rack". gone: hosts in this state take no room. {"items": [{"site", "row",
 * "rack", "units", "units_used", "units_left", "watts", "watts_used", "watts_left", "hosts",
 * "hosts_without_height", "hosts_without_watts"}]}. What is left is left out while a host's height
 * or watts are not known, or no budget is. owns: *ret. errors: ERR_INVALID with /by */
MUST_CHECK int space_left(struct db *db, const char *by, const char *gone, json_t **ret,
			  struct err *err);

#endif
