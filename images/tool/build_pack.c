/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packing one part of an image as its next payload; see build_run.h.
 */
#include "build_run.h"

#include <base/str.h>
#include <base/text.h>

#include <images/chunk_table.h>

#define LEVEL_DEFAULT 3

/* One part's share of a build that is reported. */
struct share {
	const struct image_build_request *request;
	const char *part;
};

static void report(void *arg, uint64_t done_bytes, uint64_t total_bytes)
{
	const struct share *s = arg;
	char what[96];

	text_print(what, sizeof(what), "pack %s", s->part);
	s->request->progress(s->request->progress_arg, what, done_bytes, total_bytes);
}

int build_pack(struct build *b, const struct build_part *part, struct err *err)
{
	const struct image_build_request *r = b->request;
	struct share share = {r, part->name};
	struct pack_options options = {.folder = b->folder,
				       .level = r->level ? r->level : LEVEL_DEFAULT,
				       .n_threads = r->n_threads,
				       .progress = r->progress ? report : NULL,
				       .progress_arg = &share};
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
