/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The limits of ext4 and xfs for one entry; see entry_rules.h. Numbers are those of the kernel:
 * fs/ext4/ext4.h, fs/ext4/xattr.c, fs/xfs/libxfs/xfs_format.h, include/linux/kdev_t.h.
 */
#include "entry_rules.h"

#include <inttypes.h>
#include <string.h>

#include <base/bytes.h>
#include <base/json.h>
#include <base/limits.h>
#include <base/str.h>
#include <base/vec.h>

#define ID_MAX      4294967294      /* the last 32-bit number is "leave as it is" */
#define TIME_MIN_S  (-2147483648LL) /* 1901: ext4 and xfs alike */
#define XATTR_NAMES 255
#define ACL_ID_MAX  (INT32_MAX - 1) /* libarchive cuts a higher id of an access list to INT32_MAX */

struct fs_limits {
	size_t link_bytes; /* of a symbolic link's target */
	uint64_t file_bytes;
	size_t value_bytes;    /* of one extended attribute */
	size_t all_bytes;      /* of an entry's extended attributes as the file system keeps them */
	uint64_t major, minor; /* highest, of a device */
};

/* Attributes on ext4 share one block of 4 KiB: 32 bytes of header, 4 at the end of the list. */
static const struct fs_limits ext4_limits = {4095, 16 * 1024 * GIB - 4096, 4060, 4060,
					     4095, (1 << 20) - 1};
static const struct fs_limits xfs_limits = {1023,        INT64_MAX, 65536,
					    1024 * 1024, 511,       (1 << 18) - 1};

int entry_path_check(const char *path, struct err *err)
{
	struct sv rest = sv_of(path);

	while (rest.n)
		if (sv_split(&rest, '/').n > ENTRY_NAME_BYTES)
			return err_set(err, ERR_IMAGE_MEMBER,
				       "a name of more than %d bytes in entry '%s'",
				       ENTRY_NAME_BYTES, path);
	if (strlen(path) > ENTRY_PATH_BYTES)
		return err_set(err, ERR_IMAGE_MEMBER,
			       "a path of %zu bytes, at most %d are possible: entry '%s'",
			       strlen(path), ENTRY_PATH_BYTES, path);
	return 0;
}

static int check_owner(struct archive_entry *entry, const char *path, struct err *err)
{
	int64_t uid = archive_entry_uid(entry), gid = archive_entry_gid(entry);

	if (uid < 0 || uid > ID_MAX || gid < 0 || gid > ID_MAX)
		return err_set(err, ERR_IMAGE_MEMBER,
			       "entry '%s' belongs to user %" PRId64 ", group %" PRId64
			       "; a file system holds 0 to %lld",
			       path, uid, gid, (long long)ID_MAX);
	return 0;
}

static int check_times(struct archive_entry *entry, const char *path, struct err *err)
{
	int64_t s = archive_entry_mtime(entry);
	long ns = archive_entry_mtime_nsec(entry);

	if (s < TIME_MIN_S || s > ENTRY_TIME_MAX_S || ns < 0 || ns > 999999999)
		return err_set(err, ERR_IMAGE_MEMBER,
			       "entry '%s' was changed at second %" PRId64
			       " since 1970; a file system holds the years 1902 to 2446",
			       path, s);
	return 0;
}

static int check_device(struct archive_entry *entry, const char *path, const struct fs_limits *l,
			struct err *err)
{
	mode_t type = archive_entry_filetype(entry);
	uint64_t major = (uint64_t)archive_entry_rdevmajor(entry),
		 minor = (uint64_t)archive_entry_rdevminor(entry);

	if ((type == AE_IFCHR || type == AE_IFBLK) && (major > l->major || minor > l->minor))
		return err_set(err, ERR_IMAGE_MEMBER,
			       "entry '%s' is device %" PRIu64 ":%" PRIu64
			       "; the file system holds numbers up to %" PRIu64 ":%" PRIu64,
			       path, major, minor, l->major, l->minor);
	return 0;
}

static int check_size(struct archive_entry *entry, const char *path, const struct fs_limits *l,
		      struct err *err)
{
	const char *target = archive_entry_symlink(entry);
	int64_t size = archive_entry_size(entry);

	if (archive_entry_filetype(entry) == AE_IFLNK && (!target || !target[0]))
		return err_set(err, ERR_IMAGE_MEMBER,
			       "entry '%s' is a symbolic link without a target", path);
	if (archive_entry_filetype(entry) == AE_IFLNK && strlen(target) > l->link_bytes)
		return err_set(err, ERR_IMAGE_MEMBER,
			       "entry '%s' is a symbolic link to a path of %zu bytes; the file "
			       "system holds %zu",
			       path, strlen(target), l->link_bytes);
	if (size < 0 || (uint64_t)size > l->file_bytes)
		return err_set(err, ERR_IMAGE_MEMBER,
			       "entry '%s' has %" PRId64 " bytes; the file system holds %" PRIu64,
			       path, size, l->file_bytes);
	return 0;
}

/* The part of a name behind its namespace; NULL where the kernel has no such namespace. */
static const char *xattr_suffix(const char *name)
{
	static const char *const spaces[] = {"user.", "trusted.", "security."};

	for (size_t i = 0; i < ARRAY_LEN(spaces); i++)
		if (str_starts(name, spaces[i]) && name[strlen(spaces[i])])
			return name + strlen(spaces[i]);
	return str_eq(name, "system.posix_acl_access") || str_eq(name, "system.posix_acl_default")
		       ? ""
		       : NULL;
}

/* validheader() of the kernel's security/commoncap.c: version 2, or 3 with a root user. */
static bool is_capability(const uint8_t *value, size_t n_bytes)
{
	struct cur c = cur_of(value, n_bytes);
	uint32_t version = cur_le32(&c) & ~UINT32_C(1);

	return (n_bytes == 20 && version == 0x02000000) || (n_bytes == 24 && version == 0x03000000);
}

/* libarchive writes other names percent-encoded, and does not decode them when it reads. */
static bool is_plain_name(const char *name)
{
	for (const char *p = name; *p; p++)
		if (*p <= ' ' || *p > '~' || *p == '%' || *p == '=')
			return false;
	return true;
}

/* What the kernel takes from nobody, whatever the file system. */
static int check_xattr_kind(struct archive_entry *entry, const char *path, const char *name,
			    const void *value, size_t n_bytes, struct err *err)
{
	mode_t type = archive_entry_filetype(entry);

	if (!xattr_suffix(name))
		return err_set(err, ERR_IMAGE_MEMBER,
			       "entry '%s' has an attribute that Linux cannot keep: '%s'", path,
			       name);
	if (str_starts(name, "user.") && type != AE_IFREG && type != AE_IFDIR)
		return err_set(err, ERR_IMAGE_MEMBER,
			       "entry '%s' has an attribute that Linux keeps of files and folders "
			       "only: '%s'",
			       path, name);
	if (!is_plain_name(name))
		return err_set(err, ERR_IMAGE_MEMBER,
			       "entry '%s' has an attribute with a character in its name that a "
			       "tar would change ('=', '%%', a blank, or one that is not ASCII): "
			       "'%s'",
			       path, name);
	if (str_eq(name, "security.capability") && !is_capability(value, n_bytes))
		return err_set(err, ERR_IMAGE_MEMBER,
			       "entry '%s' has capabilities in a form that Linux does not take",
			       path);
	return 0;
}

static size_t round4(size_t n)
{
	return (n + 3) & ~(size_t)3;
}

static int check_xattr(const char *path, const char *name, size_t n_bytes,
		       const struct fs_limits *l, size_t *all_bytes, struct err *err)
{
	if (strlen(name) > XATTR_NAMES)
		return err_set(err, ERR_IMAGE_MEMBER,
			       "entry '%s' has an attribute whose name has %zu bytes; Linux holds "
			       "%d: '%.60s...'",
			       path, strlen(name), XATTR_NAMES, name);
	if (n_bytes > l->value_bytes)
		return err_set(err, ERR_IMAGE_MEMBER,
			       "entry '%s' has an attribute of %zu bytes, the file system holds "
			       "%zu: '%s'",
			       path, n_bytes, l->value_bytes, name);
	*all_bytes += 16 + round4(strlen(xattr_suffix(name))) + round4(n_bytes);
	return 0;
}

/* ---- access lists ---------------------------------------------------------------------------- */

struct acl_lines {
	int owner, group, others, mask, named;
	bool has_bad_id;
};

static void count_line(struct acl_lines *l, int tag, int id)
{
	l->owner += tag == ARCHIVE_ENTRY_ACL_USER_OBJ;
	l->group += tag == ARCHIVE_ENTRY_ACL_GROUP_OBJ;
	l->others += tag == ARCHIVE_ENTRY_ACL_OTHER;
	l->mask += tag == ARCHIVE_ENTRY_ACL_MASK;
	if (tag != ARCHIVE_ENTRY_ACL_USER && tag != ARCHIVE_ENTRY_ACL_GROUP)
		return;
	l->named++;
	l->has_bad_id = l->has_bad_id || id < 0 || id > ACL_ID_MAX;
}

/* As posix_acl_valid() of the kernel. */
static int check_acl(struct archive_entry *entry, const char *path, int type, struct err *err)
{
	struct acl_lines l = {0};
	int line_type, perm, tag, id;
	const char *name;

	if (!(archive_entry_acl_types(entry) & type))
		return 0;
	(void)archive_entry_acl_reset(entry, type);
	while (archive_entry_acl_next(entry, type, &line_type, &perm, &tag, &id, &name) ==
	       ARCHIVE_OK)
		count_line(&l, tag, id);
	if (l.has_bad_id)
		return err_set(err, ERR_IMAGE_MEMBER,
			       "entry '%s' has an access list that names someone without a number "
			       "(GNU tar writes names: build from the folder, or make the tar "
			       "with bsdtar --numeric-owner), or by one above %d",
			       path, ACL_ID_MAX);
	if (l.owner != 1 || l.group != 1 || l.others != 1 || l.mask > 1 || (l.named && !l.mask))
		return err_set(err, ERR_IMAGE_MEMBER,
			       "entry '%s' has an access list that Linux does not take: a line is "
			       "missing or there twice (mask, owner, group, others)",
			       path);
	return 0;
}

static int check_acls(struct archive_entry *entry, const char *path, struct err *err)
{
	int types = archive_entry_acl_types(entry);
	mode_t type = archive_entry_filetype(entry);

	if (types & ARCHIVE_ENTRY_ACL_TYPE_NFS4)
		return err_set(err, ERR_IMAGE_MEMBER,
			       "entry '%s' has an access list of NFSv4, which Linux keeps on no "
			       "disk",
			       path);
	if ((types && type == AE_IFLNK) ||
	    ((types & ARCHIVE_ENTRY_ACL_TYPE_DEFAULT) && type != AE_IFDIR))
		return err_set(err, ERR_IMAGE_MEMBER,
			       "entry '%s' has an access list that Linux does not keep of its kind",
			       path);
	TRY(check_acl(entry, path, ARCHIVE_ENTRY_ACL_TYPE_ACCESS, err));
	return check_acl(entry, path, ARCHIVE_ENTRY_ACL_TYPE_DEFAULT, err);
}

/* Kept as attributes, too: 4 bytes, then 8 for each line. */
static size_t acl_bytes(struct archive_entry *entry, int type)
{
	int n = archive_entry_acl_types(entry) & type ? archive_entry_acl_count(entry, type) : 0;

	return n > 0 ? 16 + 4 + 8 * ((size_t)n + 3) : 0;
}

static bool is_among(const char *const *names, size_t n, const char *name)
{
	while (n && !str_eq(names[n - 1], name))
		n--;
	return n != 0;
}

static int check_xattrs(struct archive_entry *entry, const char *path, const struct fs_limits *l,
			struct err *err)
{
	size_t all_bytes = acl_bytes(entry, ARCHIVE_ENTRY_ACL_TYPE_ACCESS) +
			   acl_bytes(entry, ARCHIVE_ENTRY_ACL_TYPE_DEFAULT);
	const char *name;
	const void *value;
	size_t n_bytes;

	VEC(const char *) seen = {0};
	int status = 0;

	(void)archive_entry_xattr_reset(entry);
	while (!status && all_bytes <= l->all_bytes &&
	       archive_entry_xattr_next(entry, &name, &value, &n_bytes) == ARCHIVE_OK) {
		if (is_among(seen.items, seen.n, name))
			continue; /* tars have an attribute in one form or in two */
		VEC_PUSH(&seen, name);
		status = check_xattr_kind(entry, path, name, value, n_bytes, err);
		if (!status)
			status = check_xattr(path, name, n_bytes, l, &all_bytes, err);
	}
	VEC_DONE(&seen);
	if (status < 0)
		return status;
	if (all_bytes > l->all_bytes)
		return err_set(err, ERR_IMAGE_MEMBER,
			       "entry '%s' has attributes of %zu bytes; the file system holds %zu",
			       path, all_bytes, l->all_bytes);
	return 0;
}

int entry_rules_check(struct archive_entry *entry, const char *path, enum partition_fs fs,
		      struct err *err)
{
	const struct fs_limits *l = fs == PARTITION_FS_XFS ? &xfs_limits : &ext4_limits;

	TRY(entry_path_check(path, err));
	if (archive_entry_hardlink(entry))
		return 0;
	TRY(check_owner(entry, path, err));
	TRY(check_times(entry, path, err));
	TRY(check_device(entry, path, l, err));
	TRY(check_size(entry, path, l, err));
	TRY(check_acls(entry, path, err));
	return check_xattrs(entry, path, l, err);
}
