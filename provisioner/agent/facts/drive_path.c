/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parts of device paths; see drive_path.h. Input: paths that the kernel made.
 */
#include "drive_path.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <base/cleanup.h>
#include <base/str.h>

static bool part_is(const char *part, const char *prefix)
{
	size_t n = strlen(prefix);

	if (strncmp(part, prefix, n) != 0)
		return false;
	return isdigit((unsigned char)part[n]) || part[n] == '/' || part[n] == '\0' ||
	       strchr("-:_", prefix[n - 1]);
}

bool drive_path_has(const char *path, const char *prefix, const char **ret_at)
{
	for (const char *p = path; (p = strchr(p, '/')); p++) {
		if (!part_is(p + 1, prefix))
			continue;
		if (ret_at)
			*ret_at = p + 1;
		return true;
	}
	return false;
}

bool drive_path_pci(const char *path, char *ret, size_t ret_bytes)
{
	unsigned domain, bus, device, function;

	*ret = '\0';
	for (const char *p = path; (p = strchr(p, '/')); p++) {
		const char *end = strchr(p + 1, '/');
		size_t width = end ? (size_t)(end - p - 1) : strlen(p + 1);
		int n = 0;

		/* HW: volume management devices number their domains from 10000 on. */
		if (sscanf(p, "/%8x:%2x:%2x.%1x%n", &domain, &bus, &device, &function, &n) == 4 &&
		    (size_t)n == width + 1 && width < ret_bytes)
			snprintf(ret, ret_bytes, "%.*s", (int)width, p + 1);
	}
	return *ret;
}

size_t drive_path_controller(const char *path)
{
	static const char *const counted[] = {"ata",      "host", "virtio", "nvme", "block",
					      "mmc_host", "usb",  "cciss",  "ndbus"};
	const char *first = path + strlen(path);

	for (size_t i = 0; i < ARRAY_LEN(counted); i++) {
		const char *at;

		if (drive_path_has(path, counted[i], &at) && at < first)
			first = at;
	}
	return first > path && first[-1] == '/' ? (size_t)(first - path - 1)
						: (size_t)(first - path);
}
