/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packing one part of an image as its next payload; see build_run.h.
 */
#include "build_run.h"

#include <base/str.h>

#include <images/chunk_table.h>

#define LEVEL_DEFAULT 3

int build_pack(struct build *b, const struct build_part *part, struct err *err)
{
	const struct image_build_request *r = b->request;
	struct pack_options options = {.folder = b->folder,
				       .level = r->level ? r->level : LEVEL_DEFAULT,
				       .n_threads = r->n_threads};
	struct manifest_payload *p = &b->m->payloads[b->m->n_payloads];

	(void)str_copy(p->name, sizeof(p->name), part->name);
	p->role = part->role;
	p->partition = part->partition;
	p->chunk_bytes = r->chunk_bytes ? r->chunk_bytes : CHUNK_DEFAULT_BYTES;
	p->devices = part->role == PAYLOAD_ROLE_ROOTFS && b->layout.devices;
	TRY(pack_payload(part->fd, part->size_bytes, &options, p, &b->packed[b->m->n_payloads],
			 err));
	b->m->n_payloads++;
	return 0;
}
