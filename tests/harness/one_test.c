/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Linked into a test program by guard_mutation.sh alone: ONE_TEST in the environment names the one
 * test that runs. Without it all run.
 */
#include "tests/harness/check.h"

#include <stdlib.h>

static __attribute__((constructor)) void choose(void)
{
	const char *name = getenv("ONE_TEST");

	if (name)
		cmocka_set_test_filter(name);
}
