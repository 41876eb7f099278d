/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A server's public key, for fuzzers of what is signed with it. Its private half is gone at once,
 * so that nothing they try can be well signed.
 */
#ifndef TESTS_FUZZ_PLAN_KEY_H
#define TESTS_FUZZ_PLAN_KEY_H

#include <stdlib.h>
#include <unistd.h>
#include <base/err.h>
#include <proto/plan.h>

static inline struct plan_key *make_key(void)
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

#endif
