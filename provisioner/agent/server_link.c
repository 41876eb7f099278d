/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Joining the session library to this machine; see server_link.h. Input: the machine's own words
 * about itself, and the kernel command line.
 */
#include "server_link.h"

#include <base/str.h>
#include <agent/facts/boot_evidence.h>
#include <agent/facts/machine_facts.h>

int server_link_open(struct link *l, const struct agent_options *o, const struct identity *id,
		     struct err *err)
{
	const struct link_options options = {.server = o->server,
					     .pin = o->pin,
					     .cert_path = id->cert_path,
					     .key_path = id->key_path};

	return link_open(l, &options, err);
}

int server_link_start_session(struct link *l, const char *boot_id, struct err *err)
{
	struct session_request request = {0};

	(void)str_copy(request.boot_id, sizeof(request.boot_id), boot_id);
	boot_evidence("/run/slipway", "", &request.evidence);
	machine_about("", &request.agent);
	int r = link_start_session(l, &request, err);
	record_done(session_request_fields, &request);
	return r;
}
