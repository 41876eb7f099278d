/* SPDX-License-Identifier: Apache-2.0 */
/* Cursors of the API: a text is a place of this query or an error. The first byte chooses the sort
 * order. */
#include <stddef.h>
#include <stdint.h>

#include <base/str.h>

#include "inventory/query/order.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const sorts[] = {NULL, "serial", "-MemoryMiB,serial",
					    "state,rack,-unit"};
	struct err err = ERR_INIT;
	struct order order;
	struct place place = {0};

	if (size < 1 || order_parse(&collection_hosts, sorts[data[0] % 4], &order, &err) < 0)
		return 0;
	autofree char *text = xstrndup((const char *)data + 1, size - 1);
	IGNORE_RESULT(cursor_read(text, &order, 42, &place, &err));
	place_done(&place);
	return 0;
}
