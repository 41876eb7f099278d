/* SPDX-License-Identifier: Apache-2.0 */
/*
 * POSIX access control lists of a tree's entries, into an ext4 image. libarchive keeps them apart
 * from the other attributes; on disk they are attributes with a form of their own.
 */
#include "ext4_inode.h"

#include <stdlib.h>

#include <base/bytes.h>
#include <base/json.h>
#include <base/str.h>

#define ACL_VERSION     2
#define ACL_ENTRY_BYTES 8
#define ACL_NO_ID       UINT32_MAX

/* The kernel's numbers for kinds of ACL entries (uapi/linux/posix_acl.h), in its order. */
static const struct {
	int tag;
	uint16_t kernel_tag;
	bool has_id;
} acl_tags[] = {
	{ARCHIVE_ENTRY_ACL_USER_OBJ, 0x01, false},  {ARCHIVE_ENTRY_ACL_USER, 0x02, true},
	{ARCHIVE_ENTRY_ACL_GROUP_OBJ, 0x04, false}, {ARCHIVE_ENTRY_ACL_GROUP, 0x08, true},
	{ARCHIVE_ENTRY_ACL_MASK, 0x10, false},      {ARCHIVE_ENTRY_ACL_OTHER, 0x20, false},
};

struct acl_entry {
	uint16_t tag, perm;
	uint32_t id;
};

static int by_tag_and_id(const void *a, const void *b)
{
	const struct acl_entry *x = a, *y = b;

	if (x->tag != y->tag)
		return x->tag < y->tag ? -1 : 1;
	return x->id < y->id ? -1 : x->id > y->id;
}

static int read_entry(int tag, int perm, int id, const char *name, struct acl_entry *ret,
		      struct err *err)
{
	size_t i = 0;

	while (i < ARRAY_LEN(acl_tags) && acl_tags[i].tag != tag)
		i++;
	if (i == ARRAY_LEN(acl_tags))
		return err_set(err, ERR_IMAGE_MEMBER, "access list is not a POSIX one");
	if (acl_tags[i].has_id && id < 0)
		return err_set(err, ERR_IMAGE_MEMBER, "access list names '%s' without a number",
			       name ? name : "");
	*ret = (struct acl_entry){acl_tags[i].kernel_tag, (uint16_t)(perm & 7),
				  acl_tags[i].has_id ? (uint32_t)id : ACL_NO_ID};
	return 0;
}

static int read_acl(struct archive_entry *entry, int type, struct acl_entry *ret, size_t max,
		    size_t *ret_n, struct err *err)
{
	int entry_type, perm, tag, id;
	const char *name;
	size_t n = 0;

	(void)archive_entry_acl_reset(entry, type);
	while (n < max && archive_entry_acl_next(entry, type, &entry_type, &perm, &tag, &id,
						 &name) == ARCHIVE_OK)
		TRY(read_entry(tag, perm, id, name, &ret[n++], err));
	qsort(ret, n, sizeof(*ret), by_tag_and_id);
	*ret_n = n;
	return 0;
}

/* As setxattr() would take it; libext2fs makes the form of the disk from it. */
static int write_acl(struct ext2_xattr_handle *handle, struct archive_entry *entry, int type,
		     const char *name, struct err *err)
{
	size_t max = (size_t)archive_entry_acl_count(entry, type) + 4, n;
	errcode_t e;

	autofree struct acl_entry *list = xcalloc(max, sizeof(*list));
	autofree uint8_t *value = xcalloc(max + 1, ACL_ENTRY_BYTES);

	TRY(read_acl(entry, type, list, max, &n, err));
	put_le32(value, ACL_VERSION);
	for (size_t i = 0; i < n; i++) {
		uint8_t *to = value + 4 + i * ACL_ENTRY_BYTES;

		put_le16(to, list[i].tag);
		put_le16(to + 2, list[i].perm);
		put_le32(to + 4, list[i].id);
	}
	e = ext2fs_xattr_set(handle, name, value, 4 + n * ACL_ENTRY_BYTES);
	return e ? ext4_failed(err, e, "write an access list") : 0;
}

/* The mask of an access list stands where a mode has the group (acl(5)); libarchive has the line of
 * the owning group there. */
uint16_t ext4_mode(struct archive_entry *entry)
{
	const int type = ARCHIVE_ENTRY_ACL_TYPE_ACCESS;
	unsigned mode = archive_entry_mode(entry);
	int line_type, perm, tag, id;
	const char *name;

	if (!(archive_entry_acl_types(entry) & type))
		return (uint16_t)mode;
	(void)archive_entry_acl_reset(entry, type);
	while (archive_entry_acl_next(entry, type, &line_type, &perm, &tag, &id, &name) ==
	       ARCHIVE_OK)
		if (tag == ARCHIVE_ENTRY_ACL_MASK)
			mode = (mode & ~070U) | ((unsigned)perm & 7) << 3;
	return (uint16_t)mode;
}

int ext4_write_acls(struct ext2_xattr_handle *handle, struct archive_entry *entry, struct err *err)
{
	static const struct {
		int type;
		const char *name;
	} kinds[] = {
		{ARCHIVE_ENTRY_ACL_TYPE_ACCESS, "system.posix_acl_access"},
		{ARCHIVE_ENTRY_ACL_TYPE_DEFAULT, "system.posix_acl_default"},
	};

	/* A list of owner, group and others alone is the mode; libarchive keeps it there. */
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (archive_entry_acl_types(entry) & kinds[i].type)
			TRY(write_acl(handle, entry, kinds[i].type, kinds[i].name, err));
	return 0;
}
