/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any text as smartctl's documents. Whatever it says, a path that is taken is one that may be handed
 * back to smartctl, and a drive that is taken has a name.
 */
#include <stdint.h>
#include <stdlib.h>

#include <agent/facts/smart_identity.h>
#include <base/alloc.h>
#include <base/cleanup.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n_bytes);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n_bytes)
{
	autofree char *text = xstrndup((const char *)p, n_bytes);
	smart_path_list list = {0};
	struct facts_drive f;

	smart_scan_parse(text, &list);
	for (size_t i = 0; i < list.n; i++)
		if (!smart_path_is_good(&list.items[i]))
			abort();
	VEC_DONE(&list);
	if (smart_identity_parse(text, &f) && !f.serial[0] && !f.wwn[0])
		abort();
	return 0;
}
