/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One form of an entry; see tree_normal.h. An access list as an attribute is the kernel's
 * (uapi/linux/posix_acl_xattr.h): version 2, then tag, permissions and id of each line.
 */
#include "tree_normal.h"

#include <string.h>

#include <base/bytes.h>
#include <base/json.h>
#include <base/str.h>
#include <base/vec.h>

#include "tree.h"
#include "tree_path.h"

#define ACL_PREFIX     "system.posix_acl_"
#define ACL_LINE_BYTES 8
#define ACL_MAX_BYTES  65536

static const struct {
	uint16_t kernel_tag;
	int tag;
} acl_tags[] = {
	{0x01, ARCHIVE_ENTRY_ACL_USER_OBJ},  {0x02, ARCHIVE_ENTRY_ACL_USER},
	{0x04, ARCHIVE_ENTRY_ACL_GROUP_OBJ}, {0x08, ARCHIVE_ENTRY_ACL_GROUP},
	{0x10, ARCHIVE_ENTRY_ACL_MASK},      {0x20, ARCHIVE_ENTRY_ACL_OTHER},
};

static int add_line(struct archive_entry *entry, const char *path, int type, const uint8_t *line,
		    struct err *err)
{
	struct cur c = cur_of(line, ACL_LINE_BYTES);
	uint16_t tag = cur_le16(&c), perm = cur_le16(&c);
	uint32_t id = cur_le32(&c);

	for (size_t i = 0; i < ARRAY_LEN(acl_tags); i++) {
		bool has_id = tag == 0x02 || tag == 0x08;

		if (acl_tags[i].kernel_tag != tag)
			continue;
		if (archive_entry_acl_add_entry(entry, type, perm & 7, acl_tags[i].tag,
						has_id ? (int)id : -1, "") == ARCHIVE_OK)
			return 0;
	}
	return err_set(err, ERR_IMAGE_MEMBER, "entry '%s' has an access list with a wrong line",
		       path);
}

static int move_acl(struct archive_entry *entry, const char *path, const char *name,
		    const uint8_t *value, size_t n_bytes, struct err *err)
{
	int type = str_eq(name, ACL_PREFIX "access") ? ARCHIVE_ENTRY_ACL_TYPE_ACCESS
						     : ARCHIVE_ENTRY_ACL_TYPE_DEFAULT;
	struct cur head = cur_of(value, n_bytes);

	if (archive_entry_acl_types(entry) & type)
		return 0; /* the tar has it in both forms */
	if (cur_le32(&head) != 2 || n_bytes > ACL_MAX_BYTES || (n_bytes - 4) % ACL_LINE_BYTES)
		return err_set(err, ERR_IMAGE_MEMBER,
			       "entry '%s' has an access list that Linux would not take", path);
	for (size_t i = 4; i < n_bytes; i += ACL_LINE_BYTES)
		TRY(add_line(entry, path, type, value + i, err));
	return 0;
}

static bool is_acl(const char *name)
{
	return str_eq(name, ACL_PREFIX "access") || str_eq(name, ACL_PREFIX "default");
}

static bool has_acl(struct archive_entry *entry)
{
	const char *name;
	const void *value;
	size_t n_bytes;
	bool found = false;

	(void)archive_entry_xattr_reset(entry);
	while (archive_entry_xattr_next(entry, &name, &value, &n_bytes) == ARCHIVE_OK)
		found = found || is_acl(name);
	return found;
}

/* libarchive's list of attributes cannot lose one, so it is made anew. */
static int move_acls(struct archive_entry *entry, const char *path, struct err *err)
{
	struct archive_entry *copy = archive_entry_clone(entry);
	const char *name;
	const void *value;
	size_t n_bytes;
	int status = 0;

	BUG_ON(!copy);
	archive_entry_xattr_clear(entry);
	(void)archive_entry_xattr_reset(copy);
	while (!status && archive_entry_xattr_next(copy, &name, &value, &n_bytes) == ARCHIVE_OK) {
		if (is_acl(name))
			status = move_acl(entry, path, name, value, n_bytes, err);
		else
			archive_entry_xattr_add_entry(entry, name, value, n_bytes);
	}
	archive_entry_free(copy);
	return status;
}

int tree_normalize(struct archive_entry *entry, const char *path, struct err *err)
{
	const char *target = archive_entry_hardlink(entry);

	archive_entry_set_fflags(entry, 0, 0);
	if (target) {
		autofree char *clean = tree_clean_path(target);

		if (!clean)
			return err_set(err, ERR_IMAGE_MEMBER,
				       "entry '%s' is a hard link that leaves the tree", path);
		archive_entry_set_hardlink(entry, clean);
	}
	return has_acl(entry) ? move_acls(entry, path, err) : 0;
}
