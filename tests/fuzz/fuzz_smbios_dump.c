/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a dump of SMBIOS that a scenario of the lab names.
 */
#include <stddef.h>
#include <stdint.h>

#include <vm-lab/smbios.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n_bytes);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n_bytes)
{
	static struct smbios_structures list;

	IGNORE_RESULT(smbios_dump_split(p, n_bytes, &list, NULL));
	return 0;
}
