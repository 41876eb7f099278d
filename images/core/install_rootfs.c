/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Payloads that are unpacked on the host. Not there yet: such images are refused before the first
 * write.
 */
#include "install_run.h"

bool install_rootfs_is_possible(void)
{
	return false;
}

int install_rootfs_begin(struct install *in, size_t payload, struct err *err)
{
	(void)in, (void)payload;
	return err_set(err, ERR_UNSUPPORTED, "unpacking is not possible here");
}

int install_rootfs_chunk(struct install *in, const struct pool_job *job, const uint8_t *plain,
			 struct err *err)
{
	(void)in, (void)job, (void)plain;
	return err_set(err, ERR_UNSUPPORTED, "unpacking is not possible here");
}

int install_rootfs_check(struct install *in, size_t payload, struct err *err)
{
	(void)in, (void)payload, (void)err;
	return 0;
}

void install_rootfs_end(struct install *in)
{
	(void)in;
}
