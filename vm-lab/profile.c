/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making profiles; see profile.h.
 */
#include "profile.h"

#include <base/cleanup.h>
#include <base/json.h>
#include <base/str.h>

static json_t *lab_own(const struct scenario *s, const struct lab_host *h)
{
	return json_pack("{s:i, s:{s:s, s:{s:i, s:i, s:i}}, s:{s:s, s:s}, s:{s:s}, s:s}",
			 "priority", 100, "burnin", "tier", s->tier, "limits", "cpu_s",
			 (int)s->cpu_s, "memory_s", (int)s->memory_s, "disk_s", (int)s->disk_s,
			 "image", "line", scenario_image_line(s, h), "version", "latest", "disk",
			 "serial", lab_host_target(h)->serial, "wipe", "refuse");
}

/* What the lab decides, whatever a file says. */
static void bind_to_host(json_t *profile, const struct lab_host *h)
{
	autofree char *name = xasprintf("lab-%s", h->name);

	(void)json_object_set_new(profile, "name", json_string(name));
	(void)json_object_set_new(profile, "match", json_pack("{s:s}", "mac", h->mac));
	(void)json_object_set_new(profile, "enrol", json_true());
	(void)json_object_set_new(profile, "auto_approve", json_true());
}

static void add_key(json_t *host, const char *ssh_key)
{
	const json_t *given = json_object_get(host, "ssh_authorized_keys");
	json_t *keys = json_is_array(given) ? json_copy((json_t *)(uintptr_t)given) : json_array();

	(void)json_array_append_new(keys, json_string(ssh_key));
	(void)json_object_set_new(host, "ssh_authorized_keys", keys);
}

static void complete_host(json_t *profile, const struct lab_host *h, const char *ssh_key)
{
	autofree char *hostname = xasprintf("slipway-%s", h->name);
	const json_t *given = json_object_get(profile, "host");
	json_t *host = json_is_object(given) ? json_copy((json_t *)(uintptr_t)given)
					     : json_object();

	if (!json_object_get(host, "hostname"))
		(void)json_object_set_new(host, "hostname", json_string(hostname));
	if (ssh_key)
		add_key(host, ssh_key);
	(void)json_object_set_new(profile, "host", host);
}

json_t *lab_profile(const struct scenario *s, const struct lab_host *h, const json_t *given,
		    const char *ssh_key)
{
	json_t *profile = lab_own(s, h);

	if (given)
		(void)json_object_update(profile, (json_t *)(uintptr_t)given);
	bind_to_host(profile, h);
	complete_host(profile, h, ssh_key);
	return profile;
}
