/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Disks of one model beside each other, by what the disk test measured: all were read at the same time,
 * in the same pattern. A warning about that disk alone.
 */
#include "burn.h"

#include <base/cleanup.h>
#include <base/limits.h>
#include <burnin/siblings.h>

#define LEAST_BLOCKS 32 /* fewer are the start of the motor or a cache */

/* A block is read twice; the mean of all that was read. */
static int64_t latency_us(const struct burn_disk_result *r)
{
	uint64_t n = r->read_bytes / MIB;

	return n >= LEAST_BLOCKS && r->took_ms > 0 ? (int64_t)((uint64_t)r->took_ms * 1000 / n) : 0;
}

void burn_compare_siblings(struct burn *b, const char *step, const struct burn_disk_result *results)
{
	autofree struct sibling *all = xcalloc(b->drives.n + 1, sizeof(*all));

	for (size_t i = 0; i < b->drives.n; i++)
		all[i] = (struct sibling){b->drives.items[i].facts.model, latency_us(&results[i])};
	for (size_t i = 0; i < b->drives.n; i++) {
		const char *name = b->drives.items[i].facts.name;
		struct burnin_finding f = {
			.symptom = SYMPTOM_DISK_SLOW,
			.component = component_find(&b->components, COMPONENT_DISK, name)};
		int64_t median_us;
		size_t n;

		if (!f.component || !sibling_is_slow(all, b->drives.n, i, &n, &median_us))
			continue;
		text_print(f.message, sizeof(f.message),
			   "a block takes %lld us; the %zu others of its model take %lld us",
			   (long long)all[i].latency_us, n, (long long)median_us);
		burn_found(b, step, &f);
	}
}
