/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any text as the kernel's log. What comes out is bounded, and holds only printable text.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <agent/facts/missing_firmware.h>
#include <base/alloc.h>
#include <base/cleanup.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n_bytes);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n_bytes)
{
	autofree char *text = xstrndup((const char *)p, n_bytes);
	missing_firmware_list list = {0};

	missing_firmware_parse(text, &list);
	for (size_t i = 0; i < list.n; i++)
		if (!list.items[i].file[0] || strpbrk(list.items[i].file, " \n\r\x1b"))
			abort();
	if (list.n > MISSING_FIRMWARE_MAX)
		abort();
	VEC_DONE(&list);
	return 0;
}
