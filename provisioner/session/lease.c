/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shared page of lease.h. The boot clock is the only clock here: it goes on during suspend and
 * nobody can set it.
 */
#include <session/lease.h>

#include <sys/mman.h>
#include <base/err.h>

struct lease *lease_new(void)
{
	struct lease *l = mmap(NULL, sizeof(*l), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			       -1, 0);

	BUG_ON(l == MAP_FAILED);
	return l;
}

void lease_renew(struct lease *l, int64_t sent_boot_ms, int64_t lease_s, bool may_write, bool stop)
{
	atomic_store(&l->until_boot_ms, sent_boot_ms + lease_s * 1000);
	atomic_store(&l->may_write, may_write && !stop);
	if (stop)
		atomic_store(&l->stop, true);
}

bool lease_may_write(const struct lease *l, int64_t now_boot_ms)
{
	return atomic_load(&l->may_write) && !atomic_load(&l->stop) &&
	       now_boot_ms < atomic_load(&l->until_boot_ms) + LEASE_GRACE_MS;
}
