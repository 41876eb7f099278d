/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The NVMe controllers through which a namespace is reached. With native multipath the block device
 * hangs below its subsystem and has several; without, below its one controller.
 */
#ifndef AGENT_NVME_H
#define AGENT_NVME_H

#include <stddef.h>

#define NVME_MAX_CONTROLLERS 32

struct nvme_controller {
	char name[24];        /* "nvme3" */
	char transport[16];   /* "pcie", "tcp"; "" if the kernel does not name it */
	char pci_address[16]; /* "" if it has none */
};

struct nvme_controllers {
	size_t n;
	struct nvme_controller items[NVME_MAX_CONTROLLERS];
};

/* All that can be found for a disk ("nvme4n1"), in the order of their PCI addresses. None: this
 * layout of /sys is not known. */
void nvme_controllers_read(const char *root, const char *disk, struct nvme_controllers *ret);

#endif
