/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any text as what tools print about a drive's erase commands. Whatever it says, nothing is both possible
 * and refused without a reason, and no progress is beyond the end.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <agent/disk/erase_capabilities.h>
#include <base/alloc.h>
#include <base/cleanup.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n_bytes);

static void read_all(const char *text)
{
	struct erase_capabilities c = {0};
	unsigned percent[2] = {0, 0};

	erase_capabilities_nvme(text, erase_capabilities_namespaces(text) == 1, &c);
	erase_capabilities_ata(text, &c);
	erase_capabilities_scsi(text, &c);
	(void)erase_capabilities_nvme_state(text, &percent[0]);
	(void)erase_capabilities_ata_state(text, &percent[1]);
	if ((c.refused && !c.why) || percent[0] > 100 || percent[1] > 100)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n_bytes)
{
	autofree char *text = xstrndup((const char *)p, n_bytes);

	read_all(text);
	return 0;
}
