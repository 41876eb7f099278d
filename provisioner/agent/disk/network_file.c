/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One file of a network program; see network_writers.h.
 */
#include "network_writers.h"

#include <base/json.h>

#include "new_root.h"

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
