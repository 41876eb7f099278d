/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checkpoints of any bytes, as a line of the file that holds them: none has a good signature.
 */
#include <stdint.h>
#include <unistd.h>
#include <base/err.h>
#include <base/json.h>
#include <proto/checkpoint.h>

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
	struct checkpoint c;
	AUTO(json) json_t *doc = NULL;
	if (!key)
		key = make_key();
	if (json_load_strict(p, n_bytes, CHECKPOINT_MAX_BYTES, &doc, &err) >= 0)
		BUG_ON(checkpoint_open(key, doc, &c, &err) >= 0);
	return 0;
}
