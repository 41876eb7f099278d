/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An error of the ext2 library as an error of ours.
 */
#include "ext4_inode.h"

#include <base/err.h>

int ext4_failed(struct err *err, errcode_t e, const char *what)
{
	return err_set(err, ERR_IMAGE_MEMBER, "cannot %s: %s", what, error_message(e));
}
