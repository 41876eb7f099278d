/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as the envelope of a receipt, whoever signed it.
 */
#include <stddef.h>
#include <stdint.h>

#include <base/json.h>
#include <proto/receipt.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n_bytes);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n_bytes)
{
	autojson json_t *doc = NULL;
	autoreceipt struct receipt r = {0};
	char key[SHA256_HEX_BYTES];

	if (json_load_strict(p, n_bytes, RECEIPT_MAX_BYTES, &doc, NULL) == 0 &&
	    json_is_object(doc) && receipt_open(doc, NULL, &r, key, NULL) == 0)
		IGNORE_RESULT(receipt_check(&r, "h", "s", "a", "image", NULL));
	return 0;
}
