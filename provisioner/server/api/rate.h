/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How often callers may ask: one bucket for each kind of caller and hash of its name. Two callers
 * may share a bucket, which only slows both; which ones do is different in each process, so that
 * nobody can choose an address or a name that slows somebody else. Private to api/.
 */
#ifndef SERVER_API_RATE_H
#define SERVER_API_RATE_H

#include <stdbool.h>
#include <stdint.h>

#define RATE_BUCKETS 4096

struct rate_bucket {
	double tokens;
	int64_t at_us; /* 0: full */
};
struct rate_rule {
	double per_s, burst;
};
/* Take one from a bucket; false: it is empty. */
bool rate_take(struct rate_bucket *b, const struct rate_rule *rule, int64_t now_us);
/* The caller's of RATE_BUCKETS. trust: none of who */
struct rate_bucket *rate_bucket_of(struct rate_bucket *list, const char *who);
/* The same from the caller's bucket of RATE_BUCKETS. trust: none of who */
bool rate_take_of(struct rate_bucket *list, const char *who, const struct rate_rule *rule,
		  int64_t now_us);
/* Give it back: what was asked for turned out to be harmless. */
void rate_return(struct rate_bucket *list, const char *who, const struct rate_rule *rule);

#endif
