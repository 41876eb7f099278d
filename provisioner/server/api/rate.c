/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Token buckets. Input: names and addresses of anybody.
 */
#include "rate.h"

struct rate_bucket *rate_bucket_of(struct rate_bucket *list, const char *who)
{
	uint32_t h = 2166136261U;

	for (; *who; who++)
		h = (h ^ (uint8_t)*who) * 16777619U;
	return &list[h % RATE_BUCKETS];
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
