/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any text as efibootmgr's list: each entry is there once, and what is kept is printable.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <agent/disk/nvram.h>
#include <base/alloc.h>
#include <base/cleanup.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n_bytes);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n_bytes)
{
	autofree char *text = xstrndup((const char *)p, n_bytes);
	autofree struct nvram *n = xcalloc(1, sizeof(*n));

	(void)nvram_parse(text, n);
	if (n->n > NVRAM_MAX_ENTRIES || n->n_order > NVRAM_MAX_ENTRIES || n->current > 0xffff)
		abort();
	for (size_t i = 0; i < n->n; i++) {
		if (n->entries[i].number > 0xffff || strchr(n->entries[i].label, '\n'))
			abort();
		for (size_t k = 0; k < i; k++)
			if (n->entries[k].number == n->entries[i].number)
				abort();
	}
	return 0;
}
