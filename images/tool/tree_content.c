/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pieces of content; see tree_content.h. Maps of holes come from foreign tars, and libarchive gives the pieces
 * as they say.
 */
#include "tree_content.h"

#include <base/json.h>

/* A file on disk has no hole at its end here: less than its size is a file that shrank. */
static int check_end(const struct tree_content *c, uint64_t end, struct err *err)
{
	if (archive_format(c->a) == ARCHIVE_FORMAT_RAW && end < c->size_bytes)
		return err_set(err, ERR_IMAGE_MEMBER, "the file changed while it was read");
	return 0;
}

int tree_content_next(struct tree_content *c, struct err *err)
{
	uint64_t end = c->at + c->n_bytes;
	const void *p = NULL;
	la_int64_t at = 0;
	int status = archive_read_data_block(c->a, &p, &c->n_bytes, &at);

	if (status == ARCHIVE_EOF)
		return check_end(c, end, err);
	if (status != ARCHIVE_OK)
		return err_set(err, ERR_IMAGE_MEMBER, "cannot read content: %s",
			       archive_error_string(c->a));
	if ((uint64_t)at < end)
		return err_set(err, ERR_IMAGE_MEMBER,
			       "pieces of the content overlap, or are out of order");
	if ((uint64_t)at > c->size_bytes || c->n_bytes > c->size_bytes - (uint64_t)at)
		return err_set(err, ERR_IMAGE_MEMBER, "content is longer than its size");
	c->p = p;
	c->at = (uint64_t)at;
	return 1;
}
