/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing manifests in canonical form. What is written is parsed again before it is handed out, so
 * that nobody signs what nobody would accept.
 */
#include <images/manifest.h>

#include <string.h>

#include <base/json.h>
#include <base/str.h>

#include "manifest_json.h"

static json_t *digest_json(const uint8_t digest[static SHA256_BYTES])
{
	char text[SHA256_HEX_BYTES];

	hex_encode(digest, SHA256_BYTES, text);
	return json_string(text);
}

static json_t *size_json(uint64_t n)
{
	return json_integer((json_int_t)n);
}

static json_t *partition_json(const struct manifest_partition *p)
{
	return json_pack("{s:I, s:s, s:s, s:o, s:o, s:b, s:s}", "number", (json_int_t)p->number,
			 "role", partition_role_str(p->role), "fs", partition_fs_str(p->fs),
			 "start", size_json(p->start_bytes), "size", size_json(p->size_bytes),
			 "grow", (int)p->grow, "mount", p->mount);
}

static json_t *payload_json(const struct manifest_payload *p)
{
	json_t *o = json_pack("{s:s, s:s, s:s, s:I, s:o, s:o, s:o, s:o, s:o}", "name", p->name,
			      "role", payload_role_str(p->role), "codec", "zstd", "chunk",
			      (json_int_t)p->chunk_bytes, "size", size_json(p->size_bytes),
			      "packed", size_json(p->packed_bytes), "chunks_size",
			      size_json(p->table_bytes), "chunks", digest_json(p->table_sha256),
			      "digest", digest_json(p->packed_sha256));

	if (p->partition)
		json_object_set_new(o, "partition", json_integer(p->partition));
	if (p->devices)
		json_object_set_new(o, "devices", json_true());
	return o;
}

static json_t *firmware_json(unsigned firmware)
{
	json_t *list = json_array();

	if (firmware & IMAGE_FIRMWARE_BIOS)
		json_array_append_new(list, json_string("bios"));
	if (firmware & IMAGE_FIRMWARE_UEFI)
		json_array_append_new(list, json_string("uefi"));
	return list;
}

static json_t *features_json(unsigned features)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < IMAGE_FEATURES_MAX; i++)
		if (features & (1u << i))
			json_array_append_new(list, json_string(image_feature_str(i)));
	return list;
}

static json_t *manifest_json(const struct manifest *m)
{
	json_t *partitions = json_array(), *payloads = json_array(), *doc;

	for (size_t i = 0; i < m->n_partitions; i++)
		json_array_append_new(partitions, partition_json(&m->partitions[i]));
	for (size_t i = 0; i < m->n_payloads; i++)
		json_array_append_new(payloads, payload_json(&m->payloads[i]));
	doc = json_pack("{s:s, s:i, s:s, s:s, s:s, s:o, s:I, s:o, s:o, s:o, s:o}", "type",
			MANIFEST_TYPE, "format", 1, "line", m->line, "version", m->version, "arch",
			image_arch_str(m->arch), "seq", size_json(m->seq), "created",
			(json_int_t)m->created_s, "min_disk", size_json(m->min_disk_bytes),
			"firmware", firmware_json(m->firmware), "partitions", partitions,
			"payloads", payloads);
	/* left out where it is the usual one, so that older readers take the document */
	if (m->sector_bytes == MANIFEST_SECTOR_4K_BYTES)
		json_object_set_new(doc, "sector", size_json(m->sector_bytes));
	if (m->features)
		json_object_set_new(doc, "features", features_json(m->features));
	if (m->has_boot_code) {
		autofree char *code = base64_encode(m->boot_code, MANIFEST_BOOT_CODE_BYTES);

		json_object_set_new(doc, "boot_code", json_string(code));
	}
	return doc;
}

int manifest_encode(const struct manifest *m, char **ret, size_t *ret_n_bytes, struct err *err)
{
	autojson json_t *doc = manifest_json(m);
	AUTO(manifest) struct manifest *again = NULL;
	autofree char *text = NULL;

	BUG_ON(!doc);
	text = json_text(doc);
	TRY(manifest_parse(text, strlen(text), &again, err));
	*ret_n_bytes = strlen(text);
	*ret = take_ptr(text);
	return 0;
}

char *manifest_show_json(const struct manifest *m)
{
	autojson json_t *doc = manifest_json(m);

	BUG_ON(!doc);
	json_object_set_new(doc, "digest", digest_json(m->digest));
	return json_text(doc);
}
