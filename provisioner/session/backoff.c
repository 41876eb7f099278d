/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Full-jitter backoff; see backoff.h. The random part comes from the kernel, as hosts that start
 * together would draw the same numbers from a seeded generator.
 */
#include <session/backoff.h>

#include <base/digest.h>

#define FIRST_MS 500
#define MAX_MS   30000

void backoff_failed(struct backoff *b, int64_t now_boot_ms, int64_t at_least_ms)
{
	int64_t cap_ms = b->n_failures < 6 ? FIRST_MS << b->n_failures : MAX_MS;
	uint32_t random;

	random_bytes(&random, sizeof(random));
	if (cap_ms > MAX_MS)
		cap_ms = MAX_MS;
	int64_t wait_ms = (int64_t)(random % (uint32_t)cap_ms);
	b->n_failures++;
	b->next_boot_ms = now_boot_ms + (wait_ms > at_least_ms ? wait_ms : at_least_ms);
}

void backoff_worked(struct backoff *b)
{
	*b = (struct backoff){0};
}
