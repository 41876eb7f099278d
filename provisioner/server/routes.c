/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which tables of routes the daemon serves, most asked for first: matching walks them in this
 * order.
 */
#include "routes.h"

#include <string.h>
#include <base/cleanup.h>
#include <server/api/tables.h>
#include <server/boot/boot_route.h>
#include <server/session/session.h>

const struct http_table *routes_all(const struct route_contexts *c)
{
	static const struct route_contexts none;
	static struct http_table tables[32];
	const struct route_contexts *x = c ? c : &none;
	const struct http_table all[] = {
		{boot_routes, n_boot_routes, x->boot},
		{control_routes, n_control_routes, x->api},
		{agent_routes, n_agent_routes, x->flow},
		{host_verb_routes, n_host_verb_routes, x->api},
		{order_routes, n_order_routes, x->api},
		{profile_routes, n_profile_routes, x->api},
		{image_routes, n_image_routes, x->api},
		{upload_routes, n_upload_routes, x->api},
		{channel_routes, n_channel_routes, x->api},
		{seen_routes, n_seen_routes, x->api},
		{doctor_routes, n_doctor_routes, x->api},
		{report_routes, n_report_routes, x->api},
		{archive_routes, n_archive_routes, x->api},
		{fault_routes, n_fault_routes, x->api},
		{api_host_routes, n_api_host_routes, x->api},
		{api_collection_routes, n_api_collection_routes, x->api},
		{api_change_routes, n_api_change_routes, x->api},
		{sign_in_routes, n_sign_in_routes, x->api},
		{user_routes, n_user_routes, x->api},
		{api_access_routes, n_api_access_routes, x->api},
		{api_write_routes, n_api_write_routes, x->api},
		{api_delivery_routes, n_api_delivery_routes, x->api},
		{custom_routes, n_custom_routes, x->api},
		{api_meta_routes, n_api_meta_routes, x->api},
		{api_webhook_routes, n_api_webhook_routes, x->api},
		{NULL, 0, NULL},
	};

	_Static_assert(ARRAY_LEN(all) <= ARRAY_LEN(tables), "room for all tables");
	memcpy(tables, all, sizeof(all));
	return tables;
}
