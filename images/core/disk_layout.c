/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading layouts of profiles; see images/disk_layout.h. What each role may have is one table. Input:
 * an operator's document, or a plan's.
 */
#include <images/disk_layout.h>

#include <string.h>

#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>

#define SIZE_MAX_BYTES ((int64_t)(16 * 1024) * (int64_t)GIB)
#define FS(word)       (1u << PARTITION_FS_##word)

/* The first file system of a role is the one that it gets when none is named. */
static const struct role_rule {
	const char *word;
	unsigned fs; /* bits */
	enum partition_fs usual_fs;
	bool once;
	const char *mount; /* NULL: the layout's own */
	uint64_t least_bytes;
} rules[_DISK_LAYOUT_ROLE_MAX] = {
	[DISK_LAYOUT_ESP] = {"esp", FS(VFAT), PARTITION_FS_VFAT, true, NULL, 33 * MIB},
	[DISK_LAYOUT_BOOT] = {"boot", FS(EXT4), PARTITION_FS_EXT4, true, "/boot", 256 * MIB},
	[DISK_LAYOUT_ROOT] = {"root", FS(EXT4) | FS(XFS) | FS(BTRFS), PARTITION_FS_EXT4, true, "/",
			      300 * MIB},
	[DISK_LAYOUT_ROOT_B] = {"root_b", FS(NONE), PARTITION_FS_NONE, true, "", 0},
	[DISK_LAYOUT_SWAP] = {"swap", FS(SWAP), PARTITION_FS_SWAP, false, "", MIB},
	[DISK_LAYOUT_DATA] = {"data", FS(EXT4) | FS(XFS) | FS(BTRFS) | FS(NONE), PARTITION_FS_EXT4,
			      false, NULL, MIB},
};

static const uint64_t least_bytes_of_fs[_PARTITION_FS_MAX] = {
	[PARTITION_FS_EXT4] = 64 * MIB,
	[PARTITION_FS_XFS] = 300 * MIB,
	[PARTITION_FS_BTRFS] = 128 * MIB,
};

/* Folders that the system itself mounts, or needs before anything is mounted. */
static const char *const taken_folders[] = {"/proc", "/sys",  "/dev", "/run",   "/etc",
					    "/bin",  "/sbin", "/lib", "/lib64", "/usr"};

const char *disk_layout_role_str(enum disk_layout_role role)
{
	return rules[role].word;
}

bool disk_layout_takes(enum disk_layout_role role, enum partition_fs fs)
{
	return rules[role].fs & (1u << fs);
}

bool disk_layout_has_boot(const struct disk_layout *l)
{
	for (size_t i = 0; i < l->n_partitions; i++)
		if (l->partitions[i].role == DISK_LAYOUT_BOOT)
			return true;
	return false;
}

/* ---- one partition --------------------------------------------------------------------------- */

static const char *role_word(int i)
{
	return rules[i].word;
}

static const char *fs_word(int i)
{
	return partition_fs_str((enum partition_fs)i);
}

/* The word's index; of those whose bit is set. */
static int read_word(struct json_reader *r, const char *key, unsigned bits, int fallback,
		     const char *(*word)(int))
{
	const char *text = json_opt_str(r, key, 32, NULL);
	autostr struct str words = {0};

	if (r->status || (!text && fallback >= 0))
		return fallback;
	str_init(&words, 200);
	for (int i = 0; bits >> i; i++) {
		if (!(bits & (1u << i)))
			continue;
		if (text && str_eq(text, word(i)))
			return i;
		str_addf(&words, "%s%s", words.n_bytes ? ", " : "", word(i));
	}
	json_reader_fail(r, key, ERR_INVALID, "is '%.32s', not one of: %s", text ? text : "",
			 words.p);
	return fallback < 0 ? 0 : fallback;
}

static uint64_t read_size(struct json_reader *r, const json_t *item, bool is_esp)
{
	const json_t *value = json_object_get(item, "size");
	uint64_t n = 0;

	if (!value && is_esp)
		return 0;
	if (!json_is_string(value))
		n = (uint64_t)json_need_int(r, "size", 1, SIZE_MAX_BYTES);
	else {
		const char *text = json_need_str(r, "size", 1, 32);

		if (text && str_eq(text, DISK_LAYOUT_REST))
			return 0;
		if (text && (!parse_size_bytes(text, &n) || n == 0 || n > (uint64_t)SIZE_MAX_BYTES))
			json_reader_fail(
				r, "size", ERR_INVALID,
				"is not a size: bytes, or a text like \"20G\" or \"rest\"");
	}
	return r->status ? MIB : (n + MIB - 1) / MIB * MIB;
}

/* They become a field of fstab. */
static bool options_are_good(const char *text)
{
	static const char chars[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "_=-.:/+,";
	size_t n = strlen(text);

	return !n || (strspn(text, chars) == n && text[0] != ',' && text[n - 1] != ',' &&
		      !strstr(text, ",,"));
}

static bool is_taken(const char *mount)
{
	for (size_t i = 0; i < ARRAY_LEN(taken_folders); i++) {
		size_t n = strlen(taken_folders[i]);

		/* below /usr and /etc there may be mounts, below the kernel's own there may not */
		if (str_starts(mount, taken_folders[i]) &&
		    (!mount[n] || (i < 4 && mount[n] == '/')))
			return true;
	}
	return false;
}

static void read_mount(struct json_reader *r, struct disk_layout_partition *p)
{
	const struct role_rule *rule = &rules[p->role];
	const char *fixed = rule->mount;
	const char *text = json_opt_str(r, "mount", MANIFEST_MOUNT_BYTES - 1, NULL);

	if (r->status)
		return;
	if (!text)
		text = fixed ? fixed : "";
	if (fixed && !str_eq(text, fixed))
		json_reader_fail(r, "mount", ERR_INVALID, "of role %s is '%s'", rule->word, fixed);
	else if (!manifest_mount_is_valid(text) || (!fixed && str_eq(text, "/")) || is_taken(text))
		json_reader_fail(r, "mount", ERR_INVALID, "is not a folder that may be mounted");
	else if (p->role == DISK_LAYOUT_DATA && (text[0] == '\0') != (p->fs == PARTITION_FS_NONE))
		json_reader_fail(r, "mount", ERR_INVALID,
				 "is needed with a file system, and impossible without one");
	(void)str_copy(p->mount, sizeof(p->mount), text);
}

static void check_size(struct json_reader *r, const struct disk_layout_partition *p)
{
	uint64_t least = rules[p->role].least_bytes;

	if (least_bytes_of_fs[p->fs] > least)
		least = least_bytes_of_fs[p->fs];
	if (!r->status && p->size_bytes && p->size_bytes < least)
		json_reader_fail(r, "size", ERR_INVALID, "is less than %s with %s can have: %u MiB",
				 rules[p->role].word, partition_fs_str(p->fs),
				 (unsigned)(least / MIB));
}

static int read_partition(const struct json_reader *parent, json_t *item, size_t i,
			  struct disk_layout_partition *p)
{
	struct json_reader r = json_reader_item(parent, item, "partitions", i);
	const char *options;

	p->role = (enum disk_layout_role)read_word(&r, "role", (1u << _DISK_LAYOUT_ROLE_MAX) - 1,
						   -1, role_word);
	if (r.status)
		return r.status;
	p->fs = (enum partition_fs)read_word(&r, "fs", rules[p->role].fs,
					     (int)rules[p->role].usual_fs, fs_word);
	if (p->role != DISK_LAYOUT_ROOT_B)
		p->size_bytes = read_size(&r, item, p->role == DISK_LAYOUT_ESP);
	check_size(&r, p);
	read_mount(&r, p);
	options = json_opt_str(&r, "options", MANIFEST_OPTIONS_BYTES - 1, "");
	if (options && !options_are_good(options))
		json_reader_fail(&r, "options", ERR_INVALID,
				 "is not a list of mount options with commas between");
	if (!r.status)
		(void)str_copy(p->options, sizeof(p->options), options);
	return json_reader_end(&r);
}

/* ---- all of them ----------------------------------------------------------------------------- */

static bool seen_before(const struct disk_layout *l, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (l->partitions[k].role == l->partitions[i].role)
			return true;
	return false;
}

static bool mounted_before(const struct disk_layout *l, size_t i)
{
	for (size_t k = 0; k < i && l->partitions[i].mount[0]; k++)
		if (str_eq(l->partitions[k].mount, l->partitions[i].mount))
			return true;
	return false;
}

static int check_one(const struct disk_layout *l, size_t i, struct err *err)
{
	const struct disk_layout_partition *p = &l->partitions[i];
	const char *word = rules[p->role].word;

	if (rules[p->role].once && seen_before(l, i))
		return err_set(err, ERR_IMAGE_LAYOUT, "two partitions have role %s", word);
	if (mounted_before(l, i))
		return err_set(err, ERR_IMAGE_LAYOUT, "two partitions are mounted at '%s'",
			       p->mount);
	if (!p->size_bytes && p->role != DISK_LAYOUT_ESP && i + 1 < l->n_partitions)
		return err_set(err, ERR_IMAGE_LAYOUT,
			       "partition %zu (%s) gets the rest of the disk, but is not the last",
			       i + 1, word);
	return 0;
}

/* Each of the two can take the place of the other. */
static int size_second_root(struct disk_layout *l, struct err *err)
{
	struct disk_layout_partition *second = NULL;
	uint64_t root_bytes = 0;

	for (size_t i = 0; i < l->n_partitions; i++) {
		if (l->partitions[i].role == DISK_LAYOUT_ROOT)
			root_bytes = l->partitions[i].size_bytes;
		if (l->partitions[i].role == DISK_LAYOUT_ROOT_B)
			second = &l->partitions[i];
	}
	if (second && !root_bytes)
		return err_set(
			err, ERR_IMAGE_LAYOUT,
			"role root_b is as large as the root, which needs a size in numbers");
	if (second)
		second->size_bytes = root_bytes;
	return 0;
}

static int check_all(const struct disk_layout *l, struct err *err)
{
	bool has_root = false;

	for (size_t i = 0; i < l->n_partitions; i++) {
		TRY(check_one(l, i, err));
		has_root |= l->partitions[i].role == DISK_LAYOUT_ROOT;
	}
	return has_root ? 0 : err_set(err, ERR_IMAGE_LAYOUT, "there is no root partition");
}

static int read_all(json_t *doc, struct disk_layout *ret, struct err *err)
{
	struct json_reader r = json_reader_root(doc, err);
	json_t *list = json_need_arr(&r, "partitions", DISK_LAYOUT_MAX_PARTITIONS);

	if (r.status)
		return r.status;
	for (size_t i = 0; i < json_array_size(list); i++)
		TRY(read_partition(&r, json_array_get(list, i), i, &ret->partitions[i]));
	ret->n_partitions = json_array_size(list);
	TRY(json_reader_end(&r));
	TRY(size_second_root(ret, err));
	return check_all(ret, err);
}

int disk_layout_parse(json_t *doc, struct disk_layout *ret, struct err *err)
{
	struct err why = ERR_INIT;

	memset(ret, 0, sizeof(*ret));
	if (read_all(doc, ret, &why) >= 0)
		return 0;
	why.code = ERR_IMAGE_LAYOUT;
	if (err)
		*err = why;
	return -ERR_IMAGE_LAYOUT;
}
