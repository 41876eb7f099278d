/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A folder of the test program's own, for the set-up and tear-down of its group.
 */
#ifndef TESTS_HARNESS_TEST_DIR_H
#define TESTS_HARNESS_TEST_DIR_H

#include <stdlib.h>
#include <tests/harness/check.h>

#include <base/file.h>

static char dir[] = "/tmp/slipway-test-XXXXXX";

static inline int make_dir(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : -1;
}

/* With what the tests left in it. */
static inline int remove_dir(void **state)
{
	(void)state;
	return file_remove_tree(dir, NULL);
}

#endif
