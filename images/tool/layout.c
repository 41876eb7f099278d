/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading layout files and placing partitions; see layout.h.
 */
#include "layout.h"

#include <inttypes.h>
#include <string.h>

#include <base/file.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>

#define ESP_BYTES          (64 * MIB)  /* FAT32 needs 33; shim and GRUB take 6 */
#define ESP_4K_BYTES       (264 * MIB) /* FAT32 has 65,525 clusters or more, of a sector at least */
#define ESP_4K_LEAST_BYTES (260 * MIB)
#define BIOS_BYTES         (1 * MIB)

static void add(struct layout *l, enum partition_role role, enum partition_fs fs, uint64_t size,
		bool grow, const char *mount)
{
	struct manifest_partition *p = &l->partitions[l->n_partitions];
	unsigned n_others = 0;

	for (size_t i = 0; i < l->n_partitions; i++)
		n_others += l->partitions[i].role > PARTITION_ROLE_ROOT;
	l->n_partitions++;
	/* The root is always number 3: the boot loader finds it by that. */
	p->number = role <= PARTITION_ROLE_ROOT ? (unsigned)role + 1 : n_others + 4;
	p->role = role;
	p->fs = fs;
	p->size_bytes = size;
	p->grow = grow;
	(void)str_copy(p->mount, sizeof(p->mount), mount);
}

static uint64_t esp_bytes(const struct layout *l)
{
	return l->sector_bytes == MANIFEST_SECTOR_BYTES ? ESP_BYTES : ESP_4K_BYTES;
}

static void set_default(struct layout *l, enum image_arch arch)
{
	if (l->boot != LAYOUT_BOOT_NONE) {
		if (arch == IMAGE_ARCH_X86_64 && l->sector_bytes == MANIFEST_SECTOR_BYTES)
			add(l, PARTITION_ROLE_BIOS, PARTITION_FS_NONE, BIOS_BYTES, false, "");
		add(l, PARTITION_ROLE_ESP, PARTITION_FS_VFAT, esp_bytes(l), false, "/boot/efi");
	}
	add(l, PARTITION_ROLE_ROOT, PARTITION_FS_EXT4, 0, true, "/");
}

static uint64_t read_size(struct json_reader *r, json_t *item, uint64_t fallback)
{
	const json_t *value = json_object_get(item, "size");
	uint64_t n = fallback;

	if (json_is_string(value)) {
		const char *text = json_opt_str(r, "size", 32, "");

		if (text && !parse_size_bytes(text, &n))
			json_reader_fail(r, "size", ERR_INVALID, "is not a size");
	} else {
		n = (uint64_t)json_opt_int(r, "size", 0, (int64_t)(1024 * GIB * 16),
					   (int64_t)fallback);
	}
	return (n + MIB - 1) / MIB * MIB;
}

static int word_index(struct json_reader *r, const char *key, const char *text,
		      const char *(*word)(int), int n)
{
	char words[128] = "";
	size_t n_bytes = 0;

	for (int i = 0; text && i < n; i++) {
		if (str_eq(text, word(i)))
			return i;
		n_bytes += (size_t)snprintf(words + n_bytes, sizeof(words) - n_bytes, "%s%s",
					    i ? ", " : "", word(i));
		BUG_ON(n_bytes >= sizeof(words));
	}
	json_reader_fail(r, key, ERR_INVALID, "is '%.32s', not one of: %s", text ? text : "",
			 words);
	return 0;
}

static const char *role_word(int i)
{
	return partition_role_str((enum partition_role)i);
}

static const char *fs_word(int i)
{
	return partition_fs_str((enum partition_fs)i);
}

static const char *const boot_words[_LAYOUT_BOOT_MAX] = {
	[LAYOUT_BOOT_AUTO] = "auto",
	[LAYOUT_BOOT_GRUB] = "grub",
	[LAYOUT_BOOT_SYSTEMD] = "systemd-boot",
	[LAYOUT_BOOT_UNIFIED] = "uki",
	[LAYOUT_BOOT_NONE] = "none",
};

static const char *boot_word(int i)
{
	return boot_words[i];
}

/* Data and swap: their size cannot come from their content, and small ones cannot be made. */
static void check_other(struct json_reader *r, int role, int fs, uint64_t size_bytes,
			const char *mount)
{
	static const uint64_t least_bytes[_PARTITION_FS_MAX] = {
		[PARTITION_FS_NONE] = MIB,        [PARTITION_FS_EXT4] = 64 * MIB,
		[PARTITION_FS_VFAT] = 2 * MIB,    [PARTITION_FS_XFS] = 300 * MIB,
		[PARTITION_FS_BTRFS] = 128 * MIB, [PARTITION_FS_SWAP] = MIB};

	if (role <= PARTITION_ROLE_ROOT)
		return;
	if (size_bytes < least_bytes[fs])
		json_reader_fail(r, "size", ERR_INVALID, "is less than %s can have: %u MiB",
				 fs_word(fs), (unsigned)(least_bytes[fs] / MIB));
	if ((role == PARTITION_ROLE_SWAP) != (fs == PARTITION_FS_SWAP))
		json_reader_fail(r, "fs", ERR_INVALID, "is swap for role swap, and for no other");
	if (mount && mount[0] && (fs == PARTITION_FS_NONE || fs == PARTITION_FS_SWAP))
		json_reader_fail(r, "mount", ERR_INVALID, "is for file systems");
	if (mount && str_eq(mount, "/"))
		json_reader_fail(r, "mount", ERR_INVALID, "is the root's");
}

static int read_partition(const struct json_reader *parent, json_t *item, size_t i,
			  struct layout *l)
{
	static const enum partition_fs usual_fs[] = {PARTITION_FS_NONE, PARTITION_FS_VFAT,
						     PARTITION_FS_EXT4, PARTITION_FS_EXT4,
						     PARTITION_FS_SWAP};
	static const char *const usual_mount[] = {"", "/boot/efi", "/", "", ""};
	const uint64_t usual_size[] = {BIOS_BYTES, esp_bytes(l), 0, 0, 0};
	struct json_reader r = json_reader_item(parent, item, "partitions", i);
	int role = word_index(&r, "role", json_need_str(&r, "role", 1, 16), role_word,
			      _PARTITION_ROLE_MAX);
	const char *fs = json_opt_str(&r, "fs", 16, NULL);
	const char *mount = json_opt_str(&r, "mount", MANIFEST_MOUNT_BYTES - 1, usual_mount[role]);
	uint64_t size = read_size(&r, item, usual_size[role]);
	bool grow = json_opt_bool(&r, "grow", false);
	int fs_index = fs ? word_index(&r, "fs", fs, fs_word, _PARTITION_FS_MAX)
			  : (int)usual_fs[role];

	if (mount && !manifest_mount_is_valid(mount))
		json_reader_fail(&r, "mount", ERR_INVALID,
				 "is '%.64s', not a clean absolute path such as /var/lib", mount);
	check_other(&r, role, fs_index, size, mount);
	TRY(json_reader_end(&r));
	l->esp_sized |= role == PARTITION_ROLE_ESP && json_object_get(item, "size");
	add(l, (enum partition_role)role, (enum partition_fs)fs_index, size, grow, mount);
	return 0;
}

static void read_firmware(struct json_reader *r, struct layout *l)
{
	json_t *list = json_opt_arr(r, "firmware", 2);

	l->firmware_set = list != NULL;
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *text = json_string_value(json_array_get(list, i));

		if (str_eq(text, "bios"))
			l->firmware |= IMAGE_FIRMWARE_BIOS;
		else if (str_eq(text, "uefi"))
			l->firmware |= IMAGE_FIRMWARE_UEFI;
		else
			json_reader_fail(r, "firmware", ERR_INVALID, "may hold bios and uefi");
	}
}

static int read_layout(json_t *doc, enum image_arch arch, struct layout *l, struct err *err)
{
	struct json_reader r = json_reader_root(doc, err);
	const char *boot = json_opt_str(&r, "boot", 16, boot_words[LAYOUT_BOOT_AUTO]);
	json_t *list = json_opt_arr(&r, "partitions", MANIFEST_MAX_PARTITIONS);

	l->boot = (enum layout_boot)word_index(&r, "boot", boot, boot_word, _LAYOUT_BOOT_MAX);
	read_firmware(&r, l);
	l->sector_bytes = (uint32_t)json_opt_int(&r, "sector", MANIFEST_SECTOR_BYTES,
						 MANIFEST_SECTOR_4K_BYTES, MANIFEST_SECTOR_BYTES);
	if (l->sector_bytes != MANIFEST_SECTOR_BYTES && l->sector_bytes != MANIFEST_SECTOR_4K_BYTES)
		json_reader_fail(&r, "sector", ERR_INVALID, "is neither 512 nor 4096");
	l->unpack = json_opt_bool(&r, "unpack", false);
	l->devices = json_opt_bool(&r, "devices", false);
	TRY(json_reader_end(&r));
	for (size_t i = 0; i < json_array_size(list); i++)
		TRY(read_partition(&r, json_array_get(list, i), i, l));
	if (!list)
		set_default(l, arch);
	return 0;
}

static int check_mount(const struct layout *l, size_t i, struct err *err)
{
	for (size_t j = 0; j < i; j++)
		if (l->partitions[i].mount[0] &&
		    str_eq(l->partitions[i].mount, l->partitions[j].mount))
			return err_set(err, ERR_IMAGE_LAYOUT, "two partitions are mounted at '%s'",
				       l->partitions[i].mount);
	return 0;
}

static int check_roles(const struct layout *l, struct err *err)
{
	bool seen[_PARTITION_ROLE_MAX] = {false};

	for (size_t i = 0; i < l->n_partitions; i++) {
		enum partition_role role = l->partitions[i].role;

		if (seen[role] && role <= PARTITION_ROLE_ROOT)
			return err_set(err, ERR_IMAGE_LAYOUT, "two partitions have role %s",
				       partition_role_str(role));
		seen[role] = true;
		if (role == PARTITION_ROLE_ESP && l->sector_bytes != MANIFEST_SECTOR_BYTES &&
		    l->partitions[i].size_bytes < ESP_4K_LEAST_BYTES)
			return err_set(err, ERR_IMAGE_LAYOUT,
				       "an EFI system partition with sectors of 4096 has %u MiB or "
				       "more",
				       (unsigned)(ESP_4K_LEAST_BYTES / MIB));
		if (l->partitions[i].grow && i + 1 < l->n_partitions)
			return err_set(
				err, ERR_IMAGE_LAYOUT,
				"partition %zu of the layout grows, but is not the last: only "
				"the last one can",
				i + 1);
		TRY(check_mount(l, i, err));
	}
	if (!seen[PARTITION_ROLE_ROOT])
		return err_set(err, ERR_IMAGE_LAYOUT, "there is no root partition");
	return 0;
}

int layout_load(const char *path, enum image_arch arch, struct layout *ret, struct err *err)
{
	autojson json_t *doc = NULL;

	*ret = (struct layout){.sector_bytes = MANIFEST_SECTOR_BYTES};
	if (!path) {
		set_default(ret, arch);
		return 0;
	}
	TRY(json_load_file_strict(path, LIMIT_CONFIG_BYTES, &doc, err));
	if (read_layout(doc, arch, ret, err) < 0) {
		if (err)
			err->code = ERR_IMAGE_LAYOUT;
		(void)err_wrap(err, "layout '%s'", path);
		return -ERR_IMAGE_LAYOUT;
	}
	return check_roles(ret, err);
}

int layout_fit_esp(struct layout *l, uint64_t needed_bytes, struct err *err)
{
	uint64_t needed = (needed_bytes + MIB - 1) / MIB * MIB;

	for (size_t i = 0; i < l->n_partitions; i++) {
		struct manifest_partition *p = &l->partitions[i];

		if (p->role != PARTITION_ROLE_ESP || p->size_bytes >= needed)
			continue;
		if (l->esp_sized)
			return err_set(err, ERR_IMAGE_LAYOUT,
				       "the EFI system partition has %" PRIu64
				       " MiB, its content needs %" PRIu64,
				       (uint64_t)(p->size_bytes / MIB), (uint64_t)(needed / MIB));
		p->size_bytes = needed;
	}
	return 0;
}

static bool is_needed(const struct manifest_partition *p, unsigned firmware)
{
	if (p->role == PARTITION_ROLE_BIOS)
		return firmware & IMAGE_FIRMWARE_BIOS;
	if (p->role == PARTITION_ROLE_ESP)
		return firmware & IMAGE_FIRMWARE_UEFI;
	return true;
}

void layout_drop_unused(struct layout *l, unsigned firmware)
{
	size_t n = 0;

	for (size_t i = 0; i < l->n_partitions; i++)
		if (is_needed(&l->partitions[i], firmware))
			l->partitions[n++] = l->partitions[i];
	l->n_partitions = n;
}

uint64_t layout_place(struct layout *l)
{
	uint64_t at = MIB;

	for (size_t i = 0; i < l->n_partitions; i++) {
		l->partitions[i].start_bytes = at;
		at += l->partitions[i].size_bytes;
	}
	return at;
}

const struct manifest_partition *layout_owner(const struct layout *l, const char *path)
{
	const struct manifest_partition *owner = NULL;
	size_t longest = 0;

	for (size_t i = 0; i < l->n_partitions; i++) {
		const struct manifest_partition *p = &l->partitions[i];
		size_t n = strlen(p->mount);

		if (p->role == PARTITION_ROLE_ROOT && !owner)
			owner = p;
		if (p->role != PARTITION_ROLE_DATA || n <= longest ||
		    strncmp(p->mount + 1, path, n - 1) ||
		    (path[n - 1] != '/' && path[n - 1] != '\0'))
			continue;
		owner = p;
		longest = n;
	}
	return owner;
}
