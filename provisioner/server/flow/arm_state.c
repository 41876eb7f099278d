/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the work of an arm is done; apart from arm.c, which makes them. Input: rows of our own store.
 */
#include "arm.h"

#include <base/str.h>
#include <proto/lifecycle.h>

const char *arm_state(const struct flow_arm *arm)
{
	bool erase = str_eq(arm->work, "erase");

	return lifecycle_state_str(erase ? STATE_ERASING : STATE_IMAGING);
}
