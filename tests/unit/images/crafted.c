/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Archives put together by hand; see crafted.h. Every document is made by the room's own encoders,
 * so that the archive is wrong where its author meant it to be and nowhere else.
 */
#include "crafted.h"

#include <stdio.h>
#include <stdlib.h>

#include <base/limits.h>
#include <base/str.h>
#include <images/container.h>

struct chunk crafted_chunk(const void *packed, uint32_t packed_bytes, const void *plain,
			   uint32_t plain_bytes)
{
	struct chunk c = {.packed_bytes = packed_bytes, .plain_bytes = plain_bytes};

	sha256_of(packed, packed_bytes, c.packed_sha256);
	sha256_of(plain, plain_bytes, c.plain_sha256);
	return c;
}

static uint8_t *make_table(struct crafted_payload *from, struct manifest_payload *p)
{
	uint8_t *table = xcalloc(from->n_chunks, CHUNK_RECORD_BYTES);

	for (size_t i = 0; i < from->n_chunks; i++) {
		struct chunk *c = &from->chunks[i];

		c->plain_offset = p->size_bytes;
		c->packed_offset = p->packed_bytes;
		chunk_encode(c, table + i * CHUNK_RECORD_BYTES);
		p->size_bytes += c->plain_bytes;
		p->packed_bytes += c->packed_bytes;
	}
	p->table_bytes = from->n_chunks * CHUNK_RECORD_BYTES;
	sha256_of(table, p->table_bytes, p->table_sha256);
	sha256_of(from->packed, from->n_packed, p->packed_sha256);
	return table;
}

static void add_member(FILE *to, const char *name, uint64_t size_bytes, const void *p, size_t n)
{
	static const uint8_t zeros[CONTAINER_BLOCK_BYTES];
	uint8_t header[CONTAINER_HEADER_MAX_BYTES];
	size_t n_header = container_header(name, size_bytes, header);

	if (fwrite(header, 1, n_header, to) != n_header || fwrite(p, 1, n, to) != n ||
	    fwrite(zeros, 1, container_padding(size_bytes), to) != container_padding(size_bytes))
		abort();
}

static char *sign_manifest(const struct fixture *f, const char *text, size_t n_text)
{
	autofree struct signatures *sigs = xcalloc(1, sizeof(*sigs));
	struct err err = ERR_INIT;

	if (signer_sign(f->signers[0], MANIFEST_PAYLOAD_TYPE, text, n_text, &sigs->items[0], &err) <
	    0)
		abort();
	sigs->n = 1;
	return signatures_encode(sigs);
}

char *crafted_archive(const struct fixture *f, struct crafted_payload *payloads, size_t n_payloads,
		      size_t *ret_n)
{
	struct manifest m = {.line = "crafted",
			     .version = "1",
			     .seq = 1,
			     .n_partitions = n_payloads,
			     .n_payloads = n_payloads};
	static const uint8_t trailer[CONTAINER_TRAILER_BYTES];
	uint8_t *tables[MANIFEST_MAX_PAYLOADS];
	autofree char *text = NULL, *sigs = NULL;
	uint64_t at = MIB;
	struct err err = ERR_INIT;
	char *archive = NULL;
	FILE *to = open_memstream(&archive, ret_n);
	size_t n_text;

	for (size_t i = 0; i < n_payloads; i++) {
		struct manifest_payload *p = &m.payloads[i];
		struct manifest_partition *part = &m.partitions[i];

		snprintf(p->name, sizeof(p->name), "part%zu", i);
		p->chunk_bytes = payloads[i].chunk_bytes;
		p->partition = part->number = (unsigned)i + 1;
		part->role = PARTITION_ROLE_DATA;
		tables[i] = make_table(&payloads[i], p);
		part->start_bytes = at;
		part->size_bytes = (p->size_bytes + MIB - 1) / MIB * MIB;
		at += part->size_bytes;
	}
	m.min_disk_bytes = at + MIB;
	if (!to || manifest_encode(&m, &text, &n_text, &err) < 0) {
		fprintf(stderr, "crafted: %s\n", err.msg);
		abort();
	}
	sigs = sign_manifest(f, text, n_text);
	add_member(to, CONTAINER_MANIFEST_NAME, n_text, text, n_text);
	add_member(to, CONTAINER_SIGS_NAME, strlen(sigs), sigs, strlen(sigs));
	for (size_t i = 0; i < n_payloads; i++) {
		char name[MANIFEST_NAME_BYTES + 8];

		snprintf(name, sizeof(name), "%s.chunks", m.payloads[i].name);
		add_member(to, name, m.payloads[i].table_bytes, tables[i],
			   m.payloads[i].table_bytes);
		add_member(to, m.payloads[i].name, m.payloads[i].packed_bytes, payloads[i].packed,
			   payloads[i].n_packed);
		free(tables[i]);
	}
	if (fwrite(trailer, 1, sizeof(trailer), to) != sizeof(trailer) || fclose(to))
		abort();
	return archive;
}
