/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Token buckets. Input: names and addresses of anybody.
 */
#include "rate.h"

#include <string.h>

#include <base/digest.h>

/* Of this process, from SHA-256 over a secret and the name: not to be worked out from outside. */
struct rate_bucket *rate_bucket_of(struct rate_bucket *list, const char *who)
{
	static uint8_t secret[16];
	static bool made;
	uint8_t hash[SHA256_BYTES];
	AUTO(sha256) struct sha256 *h = sha256_new();

	if (!made)
		random_bytes(secret, sizeof(secret));
	made = true;
	sha256_update(h, secret, sizeof(secret));
	sha256_update(h, who, strlen(who));
	sha256_final(h, hash);
	return &list[(hash[0] | hash[1] << 8) % RATE_BUCKETS];
}

bool rate_take(struct rate_bucket *b, const struct rate_rule *rule, int64_t now_us)
{
	if (b->at_us == 0)
		b->tokens = rule->burst;
	else if (now_us > b->at_us)
		b->tokens += (double)(now_us - b->at_us) / 1e6 * rule->per_s;
	b->tokens = b->tokens > rule->burst ? rule->burst : b->tokens;
	b->at_us = now_us;
	if (b->tokens < 1)
		return false;
	b->tokens -= 1;
	return true;
}

bool rate_take_of(struct rate_bucket *list, const char *who, const struct rate_rule *rule,
		  int64_t now_us)
{
	return rate_take(rate_bucket_of(list, who), rule, now_us);
}

void rate_return(struct rate_bucket *list, const char *who, const struct rate_rule *rule)
{
	struct rate_bucket *b = rate_bucket_of(list, who);

	b->tokens = b->tokens + 1 > rule->burst ? rule->burst : b->tokens + 1;
}
