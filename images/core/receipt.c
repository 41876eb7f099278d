/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The receipt of an install as JSON; see images/install.h. It is what the host's record keeps.
 */
#include <images/install.h>

#include <base/json.h>

static const char *const stage_words[_IMAGE_STAGE_MAX] = {
	[IMAGE_STAGE_MANIFEST] = "manifest",   [IMAGE_STAGE_WIPE] = "wipe",
	[IMAGE_STAGE_WRITE] = "write",         [IMAGE_STAGE_FLUSH] = "flush",
	[IMAGE_STAGE_READ_BACK] = "read_back", [IMAGE_STAGE_GROW] = "grow",
	[IMAGE_STAGE_OWN_FILES] = "own_files", [IMAGE_STAGE_TABLE] = "table",
};

const char *image_stage_str(enum image_stage stage)
{
	return stage_words[stage];
}

static json_t *size_json(uint64_t n)
{
	return json_integer((json_int_t)n);
}

static json_t *digest_json(const uint8_t *digest)
{
	char text[SHA256_HEX_BYTES];

	hex_encode(digest, SHA256_BYTES, text);
	return json_string(text);
}

static json_t *partition_json(const struct image_receipt_partition *p)
{
	json_t *o = json_pack("{s:o, s:o, s:o}", "number", size_json(p->number), "start_bytes",
			      size_json(p->start_bytes), "size_bytes", size_json(p->size_bytes));

	if (p->number) {
		json_object_set_new(o, "role", json_string(partition_role_str(p->role)));
		json_object_set_new(o, "fs", json_string(partition_fs_str(p->fs)));
		json_object_set_new(o, "mount", json_string(p->mount));
		json_object_set_new(o, "part_uuid", json_string(p->part_uuid));
	}
	if (p->fs_uuid[0])
		json_object_set_new(o, "fs_uuid", json_string(p->fs_uuid));
	if (p->has_payload)
		json_object_set_new(o, "payload_bytes", size_json(p->payload_bytes));
	if (p->was_read_back)
		json_object_set_new(o, "read_back_sha256", digest_json(p->read_back_sha256));
	return o;
}

char *image_receipt_json(const struct image_receipt *r)
{
	json_t *stages = json_object(), *partitions = json_array();
	autojson json_t *doc = NULL;

	for (int i = 0; i < _IMAGE_STAGE_MAX; i++)
		json_object_set_new(stages, stage_words[i], json_real(r->stage_s[i]));
	for (size_t i = 0; i < r->n_partitions; i++)
		json_array_append_new(partitions, partition_json(&r->partitions[i]));
	doc = json_pack("{s:o, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:s, s:o, s:o}",
			"manifest_sha256", digest_json(r->manifest_sha256), "line", r->line,
			"version", r->version, "arch", image_arch_str(r->arch), "seq",
			size_json(r->seq), "fetched_bytes", size_json(r->fetched_bytes),
			"written_bytes", size_json(r->written_bytes), "zeroed_bytes",
			size_json(r->zeroed_bytes), "disk_bytes", size_json(r->disk_bytes),
			"disk_guid", r->disk_guid, "stages", stages, "partitions", partitions);
	BUG_ON(!doc);
	if (r->rollback_reason[0])
		json_object_set_new(doc, "rollback",
				    json_pack("{s:o, s:s}", "min_seq", size_json(r->min_seq),
					      "reason", r->rollback_reason));
	return json_text(doc);
}
