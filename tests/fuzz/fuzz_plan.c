/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plans of any bytes: as an envelope (whose signature cannot be good), and as a payload past the
 * signature, which must survive being encoded again.
 */
#include <stdint.h>
#include <base/err.h>
#include <base/json.h>
#include <proto/plan.h>
#include "plan_key.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n_bytes);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n_bytes)
{
	static struct plan_key *key;
	struct err err = ERR_INIT;
	struct plan plan;

	if (!key)
		key = make_key();
	BUG_ON(plan_open(key, p, n_bytes, &plan, &err) >= 0);
	plan_done(&plan);
	json_t *doc = NULL;
	if (json_load_strict(p, n_bytes, PLAN_MAX_BYTES, &doc, &err) < 0)
		return 0;
	if (plan_decode(doc, &plan, &err) >= 0)
		json_decref(plan_encode(&plan));
	plan_done(&plan);
	json_decref(doc);
	return 0;
}
