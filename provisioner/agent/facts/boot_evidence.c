/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The evidence of a boot; see boot_evidence.h. Input: our own file, which only root can write.
 */
#include "boot_evidence.h"

#include <string.h>
#include <unistd.h>
#include <base/cleanup.h>
#include <base/clock.h>
#include <base/file.h>
#include <base/limits.h>
#include <base/str.h>

#include "machine_facts.h"

static bool load(const char *path, struct evidence *ret)
{
	autofree char *text = NULL;
	size_t n_bytes;

	*ret = (struct evidence){0};
	if (file_read(path, LIMIT_FACTS_BYTES, &text, &n_bytes, NULL) < 0)
		return false;
	if (message_decode(evidence_fields, text, n_bytes, LIMIT_FACTS_BYTES, ret, NULL) >= 0)
		return true;
	evidence_done(ret);
	return false;
}

static void keep(const char *path, const struct evidence *e)
{
	autofree char *text = message_encode(evidence_fields, e);

	IGNORE_RESULT(file_write_atomic(path, text, strlen(text), 0600, NULL));
}

static bool wait_for(const char *ready, int64_t end_ms)
{
	while (access(ready, F_OK) < 0) {
		if (time_boot_ms() >= end_ms)
			return false;
		(void)usleep(50000);
	}
	return true;
}

void boot_evidence(const char *run_dir, const char *root, struct evidence *ret)
{
	autofree char *path = xasprintf("%s/evidence.json", run_dir);
	autofree char *ready = xasprintf("%s/devices-ready", run_dir);

	if (load(path, ret))
		return;
	bool final = access(run_dir, F_OK) == 0 &&
		     wait_for(ready, time_boot_ms() + BOOT_EVIDENCE_WAIT_MS);
	machine_evidence(root, ret);
	if (final)
		keep(path, ret);
}
