/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checkpoints of any bytes, as a line of the file that holds them: none has a good signature.
 */
#include <stdint.h>
#include <base/err.h>
#include <base/json.h>
#include <proto/checkpoint.h>
#include "plan_key.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n_bytes);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n_bytes)
{
	static struct plan_key *key;
	struct err err = ERR_INIT;
	struct checkpoint c;
	autojson json_t *doc = NULL;

	if (!key)
		key = make_key();
	if (json_load_strict(p, n_bytes, CHECKPOINT_MAX_BYTES, &doc, &err) >= 0)
		BUG_ON(checkpoint_open(key, doc, &c, &err) >= 0);
	return 0;
}
