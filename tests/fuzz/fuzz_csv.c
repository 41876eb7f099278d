/* SPDX-License-Identifier: Apache-2.0 */
/* Deliveries as CSV: any bytes give rows or an error, never a crash. */
#include <stddef.h>
#include <stdint.h>

#include <base/json.h>
#include <inventory/expect.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = ERR_INIT;
	autojson json_t *rows = NULL;

	IGNORE_RESULT(delivery_rows_from_csv((const char *)data, size, &rows, &err));
	return 0;
}
