/* SPDX-License-Identifier: Apache-2.0 */
/* Deliveries as CSV: any bytes give rows or an error, never a crash. */
#include <stddef.h>
#include <stdint.h>

#include <inventory/delivery.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = ERR_INIT;
	struct delivery_list list;

	IGNORE_RESULT(delivery_list_from_csv((const char *)data, size, &list, &err));
	delivery_list_done(&list);
	return 0;
}
