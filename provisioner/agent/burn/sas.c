/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Errors of SAS links: a disk in a shelf hangs on a port of an expander, whose phys count what came
 * in garbled. They speak about the disk's cable, bay and expander, as CRC errors of SATA do.
 */
#include "burn.h"

#include <string.h>
#include <base/str.h>

#include <agent/facts/sysfs.h>

#define PHYS      "sys/class/sas_phy"
#define PATH_ROOM 1024

/* The folder of the port that the disk's end device hangs on. */
static bool port_of(const char *root, const char *disk, char ret[static PATH_ROOM])
{
	if (!sysfs_resolve(root, ret, PATH_ROOM, "sys/block/%s", disk))
		return false;
	char *end = strstr(ret, "/end_device-");
	if (!end)
		return false;
	*end = '\0';
	return true;
}

/* -1: this phy counts nothing. */
static int64_t errors_of_phy(const char *root, const char *phy)
{
	static const char *const files[] = {"invalid_dword_count", "running_disparity_error_count",
					    "loss_of_dword_sync_count", "phy_reset_problem_count"};
	int64_t sum = -1;

	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		int64_t v = sysfs_int(root, -1, PHYS "/%s/%s", phy, files[i]);

		if (v >= 0)
			sum = (sum < 0 ? 0 : sum) + v;
	}
	return sum;
}

void burn_read_sas(const char *root, const component_list *components, struct counters *ret)
{
	for (size_t i = 0; i < components->n; i++) {
		const struct component *c = &components->items[i];
		char port[PATH_ROOM];
		int64_t sum = -1;

		if (c->kind != COMPONENT_DISK || !port_of(root, c->key, port))
			continue;
		autonames struct sysfs_names entries = sysfs_list(root, "%s", port);
		for (size_t k = 0; k < entries.n; k++) {
			int64_t v = str_starts(entries.names[k], "phy-")
					    ? errors_of_phy(root, entries.names[k])
					    : -1;

			if (v >= 0)
				sum = (sum < 0 ? 0 : sum) + v;
		}
		if (sum >= 0)
			counters_add(ret, COUNTER_SAS_LINK, c->key, sum);
	}
}
