/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One file of a network program; see network_writers.h.
 */
#include "network_writers.h"

#include <base/json.h>

#include "new_root.h"

const char *const network_resolved[] = {"/usr/lib/systemd/systemd-resolved",
					"/lib/systemd/systemd-resolved", NULL};

const char *network_destination(const struct network_route *r)
{
	if (!str_eq(r->to, "default"))
		return r->to;
	return network_is_v6(r->via) ? "::/0" : "0.0.0.0/0";
}

int network_write_file(int root_fd, const char *path, const struct str *text, int mode,
		       struct err *err)
{
	if (!str_ok(text))
		return err_set(err, ERR_AGENT_PERSONALISE, "'%s' is too long", path);
	return new_root_write(
		root_fd,
		&(struct new_root_file){
			.path = path, .p = text->p, .n_bytes = text->n_bytes, .mode = (mode_t)mode},
		err);
}
