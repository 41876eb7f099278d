/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The host's own files into a system that lies on the disk and cannot start yet: finds and mounts
 * its file systems, lets personalise.h write, unmounts. It knows no disk: image_install() hands it
 * nodes of the parts, and makes the disk bootable only after this returned.
 */
#ifndef AGENT_OWN_FILES_H
#define AGENT_OWN_FILES_H

#include <base/err.h>
#include <images/install.h>
#include <proto/network.h>
#include <proto/plan.h>

#include "kernel_console.h"

struct own_files {
	const struct plan_image *image;
	const char *host_id;
	struct kernel_console console;  /* kernel_console.h; word NULL: the image keeps its own */
	const char *first_boot_program; /* path in the agent's own system */
	const char *folder;             /* to mount on; made if it is missing */
	const struct network *network;  /* with its ports found; NULL: none */
	bool boot_is_apart; /* /boot is a partition that the image did not have when it was built */
};

/* From here on, what this process mounts is seen by it alone and goes when it ends, however it
 * ends: a worker that is killed leaves no disk in use. Call it before any thread is started.
 * errors: ERR_AGENT_MOUNT */
int own_files_mount_apart(struct err *err);

/* The root file system is the one that the manifest, or a whole disk's own table, says; else the
 * first one with an os-release file. A whole disk keeps its own fstab. errors: ERR_AGENT_MOUNT,
 * ERR_AGENT_PERSONALISE, ERR_IO. blocks. */
MUST_CHECK int own_files_write(const struct own_files *o, const struct image_part *parts, size_t n,
			       struct err *err);

#endif
