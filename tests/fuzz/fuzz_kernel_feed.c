/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records of the kernel's log of any bytes: an event is text of a known level, and no longer than its room.
 */
#include <stdint.h>
#include <string.h>
#include <agent/kernel_feed.h>
#include <base/err.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n_bytes);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n_bytes)
{
	struct kernel_feed f = {.fd = -1};
	struct event_log log;

	for (int i = 0; i < 40; i++)
		if (kernel_feed_take(&f, (const char *)p, n_bytes, &log))
			BUG_ON(strlen(log.text) >= sizeof(log.text) || !log.level[0]);
	(void)kernel_feed_next(&f, &log);
	return 0;
}
