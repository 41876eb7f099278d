/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which tables of routes the daemon serves, most asked for first: matching walks them in this
 * order.
 */
#include "routes.h"

#include <base/cleanup.h>
#include <server/session/session.h>
#include <server/api/tables.h>

const struct http_table *routes_all(void)
{
	static struct http_table tables[24];
	const struct http_table all[] = {
		{control_routes, n_control_routes},
		{agent_routes, n_agent_routes},
		{host_verb_routes, n_host_verb_routes},
		{order_routes, n_order_routes},
		{profile_routes, n_profile_routes},
		{image_routes, n_image_routes},
		{upload_routes, n_upload_routes},
		{channel_routes, n_channel_routes},
		{api_host_routes, n_api_host_routes},
		{api_collection_routes, n_api_collection_routes},
		{api_change_routes, n_api_change_routes},
		{api_access_routes, n_api_access_routes},
		{api_write_routes, n_api_write_routes},
		{api_delivery_routes, n_api_delivery_routes},
		{api_meta_routes, n_api_meta_routes},
		{api_webhook_routes, n_api_webhook_routes},
		{NULL, 0},
	};
	_Static_assert(ARRAY_LEN(all) <= ARRAY_LEN(tables), "room for all tables");
	memcpy(tables, all, sizeof(all));
	return tables;
}
