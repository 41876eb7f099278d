/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET /api/v1/seen: machines that asked what to boot and were not let in, and why, by the profiles
 * as they are now. Input: rows that strangers caused; at most SEEN_HOSTS_MAX.
 */
#include "tables.h"

#include <base/clock.h>
#include <base/json.h>
#include <base/str.h>
#include <base/text.h>
#include <inventory/flow.h>
#include <inventory/seen_host.h>
#include <server/flow/profile_near.h>
#include "api.h"

struct listing {
	struct flow *flow;
	struct profile *profiles;
	size_t n;
	json_t *items;
};

/* What stands before any profile; "" nothing does. */
static void why_never(const struct flow *flow, const struct seen_host *h,
		      char ret[static PROFILE_NEAR_BYTES])
{
	const struct protected_subject s = {
		.uuid = h->uuid, .macs = h->mac, .serials = {h->serial}};

	ret[0] = '\0';
	if (protected_find(&flow->protected, &s))
		text_print(ret, PROFILE_NEAR_BYTES,
			   "the configuration protects this machine ([orders] protect)");
	else if (!h->arch[0])
		text_print(ret, PROFILE_NEAR_BYTES, "%s", h->answer);
}

static json_t *time_json(int64_t at_us)
{
	char text[TIME_TEXT_BYTES];

	time_rfc3339(at_us, text);
	return json_string(text);
}

static int add(void *arg, const struct seen_host *h, struct err *err)
{
	struct listing *l = arg;
	const struct profile_subject s = {h->serial, h->manufacturer, h->model, h->arch, h->mac};
	struct profile_near near;
	char never[PROFILE_NEAR_BYTES];

	(void)err;
	profile_nearest(l->profiles, l->n, &s, &near);
	why_never(l->flow, h, never);
	json_t *j = json_pack(
		"{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:I, s:s, s:o}", "mac", h->mac,
		"uuid", h->uuid, "serial", h->serial, "manufacturer", h->manufacturer, "model",
		h->model, "arch", h->arch, "firmware", h->firmware, "address", h->address,
		"first_seen", time_json(h->first_us), "last_seen", time_json(h->last_us), "times",
		(json_int_t)h->times, "nearest_profile", near.nearest ? near.nearest->name : "",
		"why", json_string_of(never[0] ? never : near.why));
	if (!never[0] && !near.lets_in)
		(void)json_object_set_new(j, "profile_to_let_it_in",
					  profile_for_one(near.nearest, h->mac));
	return json_array_append_new(l->items, j);
}

/* Documents that cannot be read let nobody in, and are passed over. */
static int load_profiles(struct listing *l, struct err *err)
{
	autojson json_t *list = NULL;
	size_t i;
	json_t *doc;

	TRY(flow_profile_list(l->flow->db, &list, err));
	l->profiles = xcalloc(json_array_size(list) + 1, sizeof(*l->profiles));
	json_array_foreach (list, i, doc) {
		struct err damaged = ERR_INIT;
		if (profile_parse(doc, &l->profiles[l->n], &damaged) >= 0)
			l->n++;
		else
			profile_done(&l->profiles[l->n]);
	}
	return 0;
}

static int get_seen(struct http_request *r, struct err *err)
{
	struct api *api = http_context(r);
	struct listing l = {.flow = api->flow, .items = json_array()};
	int rc = load_profiles(&l, err);

	if (rc >= 0)
		rc = seen_host_each(api->flow->db, add, &l, err);
	for (size_t i = 0; i < l.n; i++)
		profile_done(&l.profiles[i]);
	free(l.profiles);
	if (rc >= 0)
		return http_reply_json(
			r, 200, json_pack("{s:o, s:i}", "items", l.items, "max", SEEN_HOSTS_MAX));
	json_decref(l.items);
	return rc;
}

const struct http_route seen_routes[] = {
	HTTP_ROUTE(GET, "/api/v1/seen", READ, 0, get_seen,
		   "machines that asked what to boot and were not let in, and why"),
};
const size_t n_seen_routes = ARRAY_LEN(seen_routes);
