/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The route tables for people and programs; the roof (routes.c) lists them.
 */
#ifndef SERVER_API_TABLES_H
#define SERVER_API_TABLES_H

#include <stddef.h>
#include <server/http/http.h>

extern const struct http_route api_host_routes[], api_collection_routes[], api_change_routes[],
	api_write_routes[], api_delivery_routes[], api_access_routes[], api_meta_routes[],
	api_webhook_routes[], host_verb_routes[], profile_routes[], image_routes[], upload_routes[],
	control_routes[], order_routes[], channel_routes[], seen_routes[], report_routes[],
	custom_routes[], sign_in_routes[], user_routes[], archive_routes[], fault_routes[],
	doctor_routes[];
extern const size_t n_api_host_routes, n_api_collection_routes, n_api_change_routes,
	n_api_write_routes, n_api_delivery_routes, n_api_access_routes, n_api_meta_routes,
	n_api_webhook_routes, n_host_verb_routes, n_profile_routes, n_image_routes, n_upload_routes,
	n_control_routes, n_order_routes, n_channel_routes, n_seen_routes, n_report_routes,
	n_custom_routes, n_sign_in_routes, n_user_routes, n_archive_routes, n_fault_routes,
	n_doctor_routes;

#endif
