/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The installed host in an image step; see step_host.h.
 */
#include "step_host.h"

#include <base/json.h>
#include <base/str.h>

#include "profile_secret.h"
#include "step_builder.h"
#include "user_data.h"

static void copy_ssh_keys(struct plan_image *m, const json_t *keys)
{
	size_t i;
	json_t *key;

	json_array_foreach (keys, i, key) {
		if (m->n_ssh_authorized_keys < PLAN_SSH_KEYS_MAX)
			m->ssh_authorized_keys[m->n_ssh_authorized_keys++] = xstrdup(
				json_string_value(key));
	}
}

static int fill_user_data(struct step_builder *b, struct plan_image *m, struct err *err)
{
	struct user_data_facts facts = {.hostname = m->hostname,
					.fqdn = m->fqdn,
					.short_code = b->host.short_code,
					.serial = b->host.serial,
					.arch = b->host.arch};

	TRY(profile_secret_open(b->flow, &b->profile, &m->user_data, err));
	return user_data_fill(&facts, &m->user_data, err);
}

int step_host_fill(struct step_builder *b, struct err *err)
{
	struct plan_image *m = &b->plan.image;

	profile_hostname(&b->profile, b->host.short_code, b->host.serial, b->host.arch,
			 m->hostname);
	profile_fqdn(&b->profile, m->hostname, m->fqdn);
	(void)str_copy(m->console, sizeof(m->console), b->profile.console);
	(void)str_copy(m->boot_order, sizeof(m->boot_order), b->profile.boot_order);
	m->layout = json_incref(b->profile.layout);
	copy_ssh_keys(m, b->profile.ssh_authorized_keys);
	return fill_user_data(b, m, err);
}
