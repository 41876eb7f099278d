/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looking through hosts and images for a profile; see profile_reach.h. Input: an operator's profile,
 * rows of our store.
 */
#include "profile_reach.h"

#include <string.h>
#include <base/json.h>
#include <base/str.h>
#include <inventory/host.h>
#include "latest.h"

struct count {
	const struct profile *profile;
	struct profile_reach *reach;
};

static void name_host(struct profile_reach *r, const struct host_traits *h)
{
	json_t *row = json_object();

	(void)json_object_set_new(row, "host", json_string_of(h->short_code));
	(void)json_object_set_new(row, "serial", json_string_of(h->serial));
	(void)json_object_set_new(row, "manufacturer", json_string_of(h->manufacturer));
	(void)json_object_set_new(row, "model", json_string_of(h->model));
	(void)json_array_append_new(r->fitting, row);
}

static bool count_one(void *arg, const struct host_traits *h)
{
	const struct profile_subject s = {h->serial, h->manufacturer, h->model, h->arch, h->macs};
	struct count *c = arg;

	c->reach->n_hosts++;
	if (profile_matches(c->profile, &s) && c->reach->n_fits++ < PROFILE_REACH_SHOWN)
		name_host(c->reach, h);
	return true;
}

static void warn(struct profile_reach *r, const char *text)
{
	(void)json_array_append_new(r->warnings, json_string_of(text));
}

/* The architecture, where the profile names one. */
static const char *arch_of(const struct profile *p)
{
	return strpbrk(p->arch, "*?") ? "" : p->arch;
}

static void look_for_image(struct flow *flow, const struct profile *p, struct profile_reach *r)
{
	AUTO(manifest) struct manifest *image = NULL;
	autofree char *name = xasprintf("%s@%s", p->line, p->version);
	struct err err = ERR_INIT;
	int rc = latest_find(flow, name, arch_of(p), &image, &err);
	autofree char *text = NULL;

	if (rc >= 0 || rc == -ERR_IMAGE_AMBIGUOUS) /* one for each architecture */
		return;
	text = rc == -ERR_NOT_FOUND
		       ? xasprintf(
				 "there is no image %s%s%s yet; import it before a host is imaged",
				 name, *arch_of(p) ? " for " : "", arch_of(p))
		       : xasprintf("image %s: %s", name, err.msg);
	warn(r, text);
}

int profile_reach(struct flow *flow, const struct profile *p, struct profile_reach *ret,
		  struct err *err)
{
	struct count c = {p, ret};

	*ret = (struct profile_reach){.fitting = json_array()};
	int rc = host_each_living(flow->db, count_one, &c, err);
	if (rc < 0) {
		json_decref(take_ptr(ret->fitting));
		return rc;
	}
	ret->warnings = json_array();
	if (ret->n_fits == 0 && ret->n_hosts > 0) {
		autofree char *text = xasprintf("it fits 0 of %zu hosts", ret->n_hosts);
		warn(ret, text);
	}
	if (p->has_image)
		look_for_image(flow, p, ret);
	return 0;
}
