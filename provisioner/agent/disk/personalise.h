/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A written image becomes this host's own: name, machine-id, fstab, SSH keys, cloud-init seed, and
 * the reporter of the first boot. Works on a mounted root; knows no disks and no server.
 */
#ifndef AGENT_PERSONALISE_H
#define AGENT_PERSONALISE_H

#include <stddef.h>
#include <base/err.h>
#include <proto/network.h>
#include <proto/plan.h>

#include "kernel_console.h"

/* One line of fstab. */
struct personal_mount {
	char source[64];   /* UUID=.. or PARTUUID=.. */
	char path[256];    /* "/", "/boot/efi", "none" for swap */
	char fs[16];       /* ext4, vfat, xfs, swap */
	char options[128]; /* "": the usual ones */
};

struct personal {
	const struct plan_image *image;
	const char *host_id;
	struct kernel_console console;  /* kernel_console.h; word NULL: the image keeps its own */
	const char *first_boot_program; /* path in the agent's own system */
	const struct personal_mount *mounts;
	size_t n_mounts;               /* 0: the system keeps its fstab */
	const struct network *network; /* NULL: the system keeps its own */
	bool boot_is_apart;            /* see boot_apart.h */
};

/* errors: ERR_AGENT_PERSONALISE, ERR_IO */
MUST_CHECK int personalise(int root_fd, const struct personal *p, struct err *err);

#endif
