/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as an SMBIOS table and as its entry point.
 */
#include <stddef.h>
#include <stdint.h>

#include <agent/facts/smbios.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n_bytes);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n_bytes)
{
	struct smbios s = {0};
	unsigned version = 0x0304;

	IGNORE_RESULT(smbios_entry_version(p, n_bytes, &version, NULL));
	IGNORE_RESULT(smbios_parse(p, n_bytes, version, &s, NULL));
	smbios_done(&s);
	return 0;
}
