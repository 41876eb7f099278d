/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One form of an entry; see tree_normal.h. An access list as an attribute is the kernel's
 * (uapi/linux/posix_acl_xattr.h): version 2, then tag, permissions and id of each line.
 */
#include "tree_normal.h"

#include <stdlib.h>
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

/* An entry's attributes, with bytes of their own, in libarchive's order: what a header says last stands first. */
struct attribute {
	char *name;
	void *value;
	size_t n_bytes;
};
typedef VEC(struct attribute) attribute_list;

static bool is_among(const attribute_list *list, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(list->items[i].name, name))
			return true;
	return false;
}

static void list_attributes(struct archive_entry *entry, attribute_list *ret)
{
	struct attribute a;
	const char *name;
	const void *value;

	(void)archive_entry_xattr_reset(entry);
	while (archive_entry_xattr_next(entry, &name, &value, &a.n_bytes) == ARCHIVE_OK) {
		a.name = xstrdup(name);
		a.value = xmalloc(a.n_bytes + 1);
		if (a.n_bytes)
			memcpy(a.value, value, a.n_bytes);
		VEC_PUSH(ret, a);
	}
}

static void attributes_done(attribute_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		free(list->items[i].name);
		free(list->items[i].value);
	}
	VEC_DONE(list);
}

/* Of two with one name the one that a header says last counts (POSIX, pax). */
static int put_attributes(const attribute_list *list, struct archive_entry *entry, const char *path,
			  struct err *err)
{
	for (size_t i = 0; i < list->n; i++) {
		const struct attribute *a = &list->items[i];

		if (is_among(list, i, a->name))
			continue;
		if (is_acl(a->name))
			TRY(move_acl(entry, path, a->name, a->value, a->n_bytes, err));
		else
			archive_entry_xattr_add_entry(entry, a->name, a->value, a->n_bytes);
	}
	return 0;
}

/* Access lists, and names that come twice, need a list of another form; libarchive's cannot lose one. */
static int mend_attributes(struct archive_entry *entry, const char *path, struct err *err)
{
	attribute_list list = {0};
	bool mend = false;
	int status = 0;

	if (!archive_entry_xattr_reset(entry))
		return 0;
	list_attributes(entry, &list);
	for (size_t i = 0; i < list.n; i++)
		mend = mend || is_acl(list.items[i].name) || is_among(&list, i, list.items[i].name);
	if (mend) {
		archive_entry_xattr_clear(entry);
		status = put_attributes(&list, entry, path, err);
	}
	attributes_done(&list);
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
	/* Linux has no other mode of a symbolic link; tars say what they like */
	if (archive_entry_filetype(entry) == AE_IFLNK)
		archive_entry_set_perm(entry, 0777);
	return mend_attributes(entry, path, err);
}
