/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading manifests; see images/manifest.h. The bytes come from an archive, a store or the network,
 * and are treated as hostile even though their signatures were checked before.
 *
 * Fields are read first, then the rules that tie fields together are checked, then the document is
 * encoded again and must give the same bytes, so that no two readers can understand it differently.
 */
#include <images/manifest.h>

#include <string.h>

#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>

#include "manifest_json.h"

#define JSON_INT_MAX  ((int64_t)1 << 53) /* exclusive: exact in every JSON reader */
#define SIZE_MAX_INT  (JSON_INT_MAX - 1)
#define SECTOR_BYTES  512
#define TABLE_BYTES   (32 * 1024 * 1024) /* CHUNK_TABLE_MAX_BYTES */
#define RECORD_BYTES  96                 /* CHUNK_RECORD_BYTES */
#define NAME_CHARS    "abcdefghijklmnopqrstuvwxyz0123456789._-"
#define MEMBER_SUFFIX ".chunks"

bool manifest_version_is_valid(const char *version)
{
	return manifest_name_is_valid(version) && !str_eq(version, MANIFEST_LATEST);
}

bool manifest_name_is_valid(const char *name)
{
	size_t n = strlen(name);

	return n > 0 && n < MANIFEST_NAME_BYTES && strspn(name, NAME_CHARS) == n &&
	       !strchr("._-", name[0]);
}

/* Names that other members of an archive have. */
static bool payload_name_is_reserved(const char *name)
{
	return str_ends(name, MEMBER_SUFFIX) || str_starts(name, "manifest.");
}

bool manifest_mount_is_valid(const char *mount)
{
	if (!mount[0])
		return true;
	if (mount[0] != '/' || (mount[1] && str_ends(mount, "/")))
		return false;
	for (const char *p = mount; *p; p++)
		if (*p <= ' ' || *p > '~' || *p == '\\' || (p[0] == '/' && p[1] == '/') ||
		    (p[0] == '/' && p[1] == '.'))
			return false;
	return true;
}

/* ---- fields ---------------------------------------------------------------------------------- */

static void read_name(struct json_reader *r, const char *key, char ret[static MANIFEST_NAME_BYTES])
{
	const char *text = json_need_str(r, key, 1, MANIFEST_NAME_BYTES - 1);

	if (!text)
		return;
	if (!manifest_name_is_valid(text))
		json_reader_fail(r, key, ERR_INVALID, "is not a name of a-z 0-9 . _ -");
	else
		(void)str_copy(ret, MANIFEST_NAME_BYTES, text);
}

/* Index of the text in a table of names, or -1 and an error. */
static int read_word(struct json_reader *r, const char *key, const char *const *words, int n_words)
{
	const char *text = json_need_str(r, key, 1, MANIFEST_NAME_BYTES - 1);

	if (!text)
		return 0;
	for (int i = 0; i < n_words; i++)
		if (str_eq(text, words[i]))
			return i;
	json_reader_fail(r, key, ERR_INVALID, "has a value that is not known");
	return 0;
}

static void read_digest(struct json_reader *r, const char *key, uint8_t ret[static SHA256_BYTES])
{
	const char *text = json_need_hex(r, key, 2 * (size_t)SHA256_BYTES);

	if (text)
		(void)hex_decode(text, ret, SHA256_BYTES);
}

static void read_firmware(struct json_reader *r, unsigned *ret)
{
	json_t *list = json_need_arr(r, "firmware", 2);

	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *text = json_string_value(json_array_get(list, i));
		unsigned bit = str_eq(text, "bios")   ? IMAGE_FIRMWARE_BIOS
			       : str_eq(text, "uefi") ? IMAGE_FIRMWARE_UEFI
						      : 0;

		if (!bit || (*ret & bit))
			json_reader_fail(r, "firmware", ERR_INVALID,
					 "may hold bios and uefi, once each");
		*ret |= bit;
	}
}

/* In the order of the table, so that one set has one list. */
static void read_features(struct json_reader *r, unsigned *ret)
{
	json_t *list = json_opt_arr(r, "features", IMAGE_FEATURES_MAX);
	size_t n = 0;

	for (unsigned i = 0; i < IMAGE_FEATURES_MAX; i++)
		if (str_eq(json_string_value(json_array_get(list, n)), image_feature_str(i))) {
			*ret |= 1u << i;
			n++;
		}
	if (list && (!n || n != json_array_size(list)))
		json_reader_fail(r, "features", ERR_INVALID,
				 "has a word that is not known, or another order");
}

static void read_boot_code(struct json_reader *r, struct manifest *m)
{
	const char *text = json_opt_str(r, "boot_code", 1024, NULL);
	autofree uint8_t *code = NULL;
	size_t n_bytes;

	if (!text)
		return;
	if (base64_decode(text, MANIFEST_BOOT_CODE_BYTES, &code, &n_bytes, NULL) < 0 ||
	    n_bytes != MANIFEST_BOOT_CODE_BYTES) {
		json_reader_fail(r, "boot_code", ERR_INVALID, "is not base64 of %d bytes",
				 MANIFEST_BOOT_CODE_BYTES);
		return;
	}
	memcpy(m->boot_code, code, n_bytes);
	m->has_boot_code = true;
}

static int read_partition(const struct json_reader *parent, json_t *item, size_t i,
			  struct manifest_partition *ret)
{
	struct json_reader r = json_reader_item(parent, item, "partitions", i);
	const char *mount;

	ret->number = (unsigned)json_need_int(&r, "number", 1, MANIFEST_MAX_PARTITIONS);
	ret->role = (enum partition_role)read_word(&r, "role", partition_role_words,
						   _PARTITION_ROLE_MAX);
	ret->fs = (enum partition_fs)read_word(&r, "fs", partition_fs_words, _PARTITION_FS_MAX);
	ret->start_bytes = (uint64_t)json_need_int(&r, "start", MIB, SIZE_MAX_INT);
	ret->size_bytes = (uint64_t)json_need_int(&r, "size", MIB, SIZE_MAX_INT);
	ret->grow = json_need_bool(&r, "grow");
	mount = json_need_str(&r, "mount", 0, MANIFEST_MOUNT_BYTES - 1);
	if (mount && !manifest_mount_is_valid(mount))
		json_reader_fail(&r, "mount", ERR_INVALID, "is not a clean absolute path");
	if (mount)
		(void)str_copy(ret->mount, sizeof(ret->mount), mount);
	return json_reader_end(&r);
}

static int read_payload(const struct json_reader *parent, json_t *item, size_t i,
			struct manifest_payload *ret)
{
	static const char *const codecs[] = {"zstd"};
	struct json_reader r = json_reader_item(parent, item, "payloads", i);

	read_name(&r, "name", ret->name);
	ret->role = (enum payload_role)read_word(&r, "role", payload_role_words, _PAYLOAD_ROLE_MAX);
	(void)read_word(&r, "codec", codecs, 1);
	ret->partition = (unsigned)json_opt_int(&r, "partition", 1, MANIFEST_MAX_PARTITIONS, 0);
	ret->chunk_bytes = (uint32_t)json_need_int(&r, "chunk", CHUNK_MIN_BYTES, CHUNK_MAX_BYTES);
	ret->size_bytes = (uint64_t)json_need_int(&r, "size", 1, SIZE_MAX_INT);
	ret->packed_bytes = (uint64_t)json_need_int(&r, "packed", 1, SIZE_MAX_INT);
	ret->table_bytes = (uint64_t)json_need_int(&r, "chunks_size", RECORD_BYTES, TABLE_BYTES);
	read_digest(&r, "chunks", ret->table_sha256);
	read_digest(&r, "digest", ret->packed_sha256);
	ret->devices = json_opt_bool(&r, "devices", false);
	return json_reader_end(&r);
}

static int read_lists(struct json_reader *r, struct manifest *m)
{
	json_t *partitions = json_need_arr(r, "partitions", MANIFEST_MAX_PARTITIONS);
	json_t *payloads = json_need_arr(r, "payloads", MANIFEST_MAX_PAYLOADS);

	if (r->status)
		return r->status;
	for (size_t i = 0; i < json_array_size(partitions); i++)
		TRY(read_partition(r, json_array_get(partitions, i), i, &m->partitions[i]));
	for (size_t i = 0; i < json_array_size(payloads); i++)
		TRY(read_payload(r, json_array_get(payloads, i), i, &m->payloads[i]));
	m->n_partitions = json_array_size(partitions);
	m->n_payloads = json_array_size(payloads);
	return 0;
}

static int read_fields(json_t *doc, struct manifest *m, struct err *err)
{
	struct json_reader r = json_reader_root(doc, err);

	(void)json_need_str(&r, "type", 1, 64); /* checked before */
	(void)json_need_int(&r, "format", 1, 1);
	read_name(&r, "line", m->line);
	read_name(&r, "version", m->version);
	if (!r.status && !manifest_version_is_valid(m->version))
		json_reader_fail(&r, "version", ERR_IMAGE_MANIFEST,
				 "'%s' is not a version: it stands for the newest one", m->version);
	m->arch = (enum image_arch)read_word(&r, "arch", image_arch_words, _IMAGE_ARCH_MAX);
	m->seq = (uint64_t)json_need_int(&r, "seq", 1, SIZE_MAX_INT);
	m->created_s = json_need_int(&r, "created", 0, SIZE_MAX_INT);
	m->min_disk_bytes = (uint64_t)json_need_int(&r, "min_disk", SECTOR_BYTES, SIZE_MAX_INT);
	read_firmware(&r, &m->firmware);
	read_features(&r, &m->features);
	read_boot_code(&r, m);
	m->sector_bytes = (uint32_t)json_opt_int(&r, "sector", MANIFEST_SECTOR_4K_BYTES,
						 MANIFEST_SECTOR_4K_BYTES, MANIFEST_SECTOR_BYTES);
	TRY(read_lists(&r, m));
	return json_reader_end(&r);
}

/* ---- rules between fields -------------------------------------------------------------------- */

static int check_partition(const struct manifest *m, size_t i, struct err *err)
{
	const struct manifest_partition *p = &m->partitions[i];
	uint64_t end_bytes = p->start_bytes + p->size_bytes;

	if (p->start_bytes % MIB || p->size_bytes % MIB)
		return err_set(err, ERR_IMAGE_MANIFEST,
			       "partition %u does not start and end at a MiB", p->number);
	if ((p->role == PARTITION_ROLE_SWAP) != (p->fs == PARTITION_FS_SWAP) ||
	    (p->role == PARTITION_ROLE_SWAP && p->mount[0]))
		return err_set(err, ERR_IMAGE_MANIFEST,
			       "partition %u is not wholly a swap partition", p->number);
	if (i + 1 < m->n_partitions && end_bytes > m->partitions[i + 1].start_bytes)
		return err_set(err, ERR_IMAGE_MANIFEST, "partitions %u and %u overlap", p->number,
			       m->partitions[i + 1].number);
	if (i + 1 < m->n_partitions && p->grow)
		return err_set(err, ERR_IMAGE_MANIFEST, "partition %u grows but is not the last",
			       p->number);
	if (end_bytes > m->min_disk_bytes || m->min_disk_bytes - end_bytes < MIB)
		return err_set(err, ERR_IMAGE_MANIFEST,
			       "partition %u does not end a MiB before the smallest disk's end",
			       p->number);
	for (size_t j = 0; j < i; j++) {
		if (m->partitions[j].number == p->number)
			return err_set(err, ERR_IMAGE_MANIFEST, "two partitions have number %u",
				       p->number);
		if (m->partitions[j].role == p->role && p->role <= PARTITION_ROLE_ROOT)
			return err_set(err, ERR_IMAGE_MANIFEST, "two partitions have role %s",
				       partition_role_str(p->role));
	}
	return 0;
}

static int check_target(const struct manifest *m, const struct manifest_payload *p, struct err *err)
{
	const struct manifest_partition *part = manifest_partition_find(m, p->partition);

	if (p->role == PAYLOAD_ROLE_DISK) {
		if (p->partition || m->n_partitions || m->n_payloads != 1 || m->has_boot_code)
			return err_set(err, ERR_IMAGE_MANIFEST,
				       "a disk payload cannot have others beside it");
		if (p->size_bytes > m->min_disk_bytes || p->size_bytes % m->sector_bytes)
			return err_set(err, ERR_IMAGE_MANIFEST,
				       "payload '%s' does not fit the smallest disk", p->name);
		return 0;
	}
	if (!part)
		return err_set(err, ERR_IMAGE_MANIFEST,
			       "payload '%s' names no partition of the list", p->name);
	if (p->role == PAYLOAD_ROLE_ROOTFS)
		return part->fs == PARTITION_FS_EXT4 || part->fs == PARTITION_FS_XFS ||
				       part->fs == PARTITION_FS_BTRFS
			       ? 0
			       : err_set(err, ERR_IMAGE_MANIFEST,
					 "payload '%s' cannot be unpacked into %s", p->name,
					 partition_fs_str(part->fs));
	if (p->size_bytes > part->size_bytes || p->size_bytes % CHUNK_PLAIN_ALIGN)
		return err_set(err, ERR_IMAGE_MANIFEST, "payload '%s' does not fit partition %u",
			       p->name, p->partition);
	return 0;
}

static int check_payload(const struct manifest *m, size_t i, struct err *err)
{
	const struct manifest_payload *p = &m->payloads[i];

	if (payload_name_is_reserved(p->name))
		return err_set(err, ERR_IMAGE_MANIFEST, "payload name '%s' is reserved", p->name);
	if (p->chunk_bytes & (p->chunk_bytes - 1))
		return err_set(err, ERR_IMAGE_MANIFEST,
			       "chunk size of payload '%s' is not a power of two", p->name);
	if (p->table_bytes % RECORD_BYTES)
		return err_set(err, ERR_IMAGE_MANIFEST,
			       "chunk table of payload '%s' is not a whole number of records",
			       p->name);
	if (p->devices && p->role != PAYLOAD_ROLE_ROOTFS)
		return err_set(err, ERR_IMAGE_MANIFEST, "payload '%s' cannot hold devices",
			       p->name);
	for (size_t j = 0; j < i; j++)
		if (str_eq(m->payloads[j].name, p->name) ||
		    m->payloads[j].partition == p->partition)
			return err_set(err, ERR_IMAGE_MANIFEST,
				       "payloads '%s' and '%s' share a name or a target",
				       m->payloads[j].name, p->name);
	return check_target(m, p, err);
}

static int check_rules(const struct manifest *m, struct err *err)
{
	uint64_t table_bytes = 0;

	if (!m->n_payloads)
		return err_set(err, ERR_IMAGE_MANIFEST, "there is no payload");
	for (size_t i = 0; i < m->n_partitions; i++)
		TRY(check_partition(m, i, err));
	for (size_t i = 0; i < m->n_payloads; i++) {
		TRY(check_payload(m, i, err));
		table_bytes += m->payloads[i].table_bytes;
	}
	if (table_bytes > TABLE_BYTES)
		return err_set(err, ERR_IMAGE_MANIFEST,
			       "the chunk tables have more than %d bytes together", TABLE_BYTES);
	return 0;
}

/* ---- the document ---------------------------------------------------------------------------- */

/* A document of another kind or a later format gets an error of its own, before any other field. */
static int check_format(const json_t *doc, struct err *err)
{
	const char *type = json_string_value(json_object_get(doc, "type"));
	const json_t *format = json_object_get(doc, "format");

	if (!type || !str_eq(type, MANIFEST_TYPE))
		return err_set(err, ERR_IMAGE_FORMAT, "document type is '%s', known is '%s'",
			       type ? type : "", MANIFEST_TYPE);
	if (json_is_integer(format) && json_integer_value(format) > 1)
		return err_set(err, ERR_IMAGE_FORMAT,
			       "format %lld needs a newer slipway; this one knows format 1",
			       (long long)json_integer_value(format));
	return 0;
}

/* Whatever the JSON layer says, the caller branches on one code; the message keeps the reason. */
static int as_manifest_error(struct err *err)
{
	if (err->code != ERR_IMAGE_FORMAT && err->code != ERR_IMAGE_NOT_CANONICAL)
		err->code = ERR_IMAGE_MANIFEST;
	return err_wrap(err, "manifest");
}

static int check_canonical(const json_t *doc, const void *p, size_t n_bytes, struct err *err)
{
	autofree char *again = json_text(doc);

	if (strlen(again) != n_bytes || memcmp(again, p, n_bytes))
		return err_set(err, ERR_IMAGE_NOT_CANONICAL,
			       "the bytes are not what encoding the document gives");
	return 0;
}

static int parse_into(const void *p, size_t n_bytes, struct manifest *m, struct err *err)
{
	autojson json_t *doc = NULL;

	TRY(json_load_strict(p, n_bytes, MANIFEST_MAX_BYTES, &doc, err));
	TRY(check_format(doc, err));
	TRY(read_fields(doc, m, err));
	TRY(check_rules(m, err));
	return check_canonical(doc, p, n_bytes, err);
}

int manifest_parse(const void *p, size_t n_bytes, struct manifest **ret, struct err *err)
{
	struct err why = ERR_INIT;
	AUTO(manifest) struct manifest *m = xcalloc(1, sizeof(*m));

	if (parse_into(p, n_bytes, m, &why) < 0) {
		int code = as_manifest_error(&why);
		if (err)
			*err = why;
		return code;
	}
	sha256_of(p, n_bytes, m->digest);
	*ret = take_ptr(m);
	return 0;
}

void manifest_free(struct manifest *m)
{
	free(m);
}

bool manifest_needs_sector(const struct manifest *m)
{
	for (size_t i = 0; i < m->n_payloads; i++) {
		const struct manifest_partition *p = manifest_partition_find(
			m, m->payloads[i].partition);

		if (m->payloads[i].role == PAYLOAD_ROLE_DISK || (p && p->fs == PARTITION_FS_VFAT))
			return true;
	}
	return false;
}

const struct manifest_partition *manifest_partition_find(const struct manifest *m, unsigned number)
{
	for (size_t i = 0; i < m->n_partitions; i++)
		if (m->partitions[i].number == number)
			return &m->partitions[i];
	return NULL;
}
