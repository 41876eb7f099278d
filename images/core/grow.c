/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a written file system needs before it may be used on this host: a UUID of its own, so that
 * two hosts or two disks never carry the same one, and the size of its partition. e2fsprogs does
 * both, on a node or at an offset of a disk ("device?offset=n").
 */
#include "grow.h"

#include <inttypes.h>
#include <string.h>

#include <base/digest.h>
#include <base/json.h>
#include <base/process.h>
#include <base/str.h>

#define TOOL_TIMEOUT_MS (20 * 60 * 1000)
#define FS_BLOCK_BYTES  1024 /* unit "K" of resize2fs */

static int give_uuid(const char *at, const char *uuid, struct err *err)
{
	const char *const check[] = {"e2fsck", "-f", "-y", at, NULL};
	const char *const argv[] = {"tune2fs", "-f", "-U", uuid, at, NULL};
	struct process_options options = {.argv = check, .timeout_ms = TOOL_TIMEOUT_MS};
	struct process_result result;

	if (!process_check(argv, TOOL_TIMEOUT_MS, err))
		return 0;
	/* tune2fs wants a check first when it doubts the file system; then it may go on. */
	TRY(process_run(&options, &result, err));
	process_result_done(&result);
	return process_check(argv, TOOL_TIMEOUT_MS, err);
}

static int fill(const char *at, uint64_t size_bytes, struct err *err)
{
	autofree char *size = xasprintf("%" PRIu64 "K", size_bytes / FS_BLOCK_BYTES);
	const char *const argv[] = {"resize2fs", "-f", at, size, NULL};

	return process_check(argv, TOOL_TIMEOUT_MS, err);
}

int grow_ext4(const char *device, uint64_t offset_bytes, uint64_t size_bytes, bool new_uuid,
	      bool grow, struct err *err)
{
	autofree char *at = offset_bytes ? xasprintf("%s?offset=%" PRIu64, device, offset_bytes)
					 : xstrdup(device);
	char uuid[UUID_TEXT_BYTES];

	uuid_v4(uuid);
	if ((new_uuid && give_uuid(at, uuid, err) < 0) || (grow && fill(at, size_bytes, err) < 0))
		return err_wrap(err, "file system at %" PRIu64, offset_bytes);
	return 0;
}
