/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The list of calls and its fence; see daemon_calls.h. No input.
 */
#include "daemon_calls.h"

#include <string.h>
#include <base/cleanup.h>
#include <base/confine.h>

#define X(name) #name,
static const char *const calls[] = {
#include "daemon_calls.def"
};
#undef X

/* A reader that a root daemon starts becomes nobody. */
static const char *const calls_of_root[] = {"capset", "setgroups", "setresgid", "setresuid"};

int daemon_calls_fence(bool is_root, struct err *err)
{
	const char *all[ARRAY_LEN(calls) + ARRAY_LEN(calls_of_root)];

	memcpy(all, calls, sizeof(calls));
	memcpy(all + ARRAY_LEN(calls), calls_of_root, sizeof(calls_of_root));
	return confine_to_call_names(all, is_root ? ARRAY_LEN(all) : ARRAY_LEN(calls), err);
}
