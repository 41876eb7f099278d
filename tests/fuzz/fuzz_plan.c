/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plans of any bytes: as an envelope (whose signature cannot be good), and as a payload past the
 * signature, which must survive being encoded again.
 */
#include <stdint.h>
#include <unistd.h>
#include <base/err.h>
#include <base/json.h>
#include <proto/plan.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n_bytes);

static struct plan_key *make_key(void)
{
	char dir[] = "/tmp/slipway-fuzz-XXXXXX";
	char a[64], b[64];
	struct err err = ERR_INIT;
	struct plan_key *key = NULL;
	BUG_ON(!mkdtemp(dir));
	snprintf(a, sizeof(a), "%s/a", dir);
	snprintf(b, sizeof(b), "%s/b", dir);
	BUG_ON(plan_key_generate(a, b, &err) < 0 || plan_key_load_public(b, &key, &err) < 0);
	unlink(a);
	unlink(b);
	rmdir(dir);
	return key;
}

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
