/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The profile that a host of a scenario gets: the lab's own, or what the scenario's file says, laid
 * over it. A profile for real racks can be tried as it is, but for what the lab must decide.
 */
#ifndef LAB_PROFILE_H
#define LAB_PROFILE_H

#include <jansson.h>
#include <base/err.h>
#include "scenario.h"

/* given: an object, borrowed, or NULL; its members replace the lab's, but that
 *  - name and match are the lab's: one profile a host,
 *  - enrol and auto_approve are true: nobody is there to let a host in,
 *  - host keeps the lab's host name unless it has one of its own,
 *  - ssh_key, a line or NULL, is added to the SSH keys.
 * Whether it is a good profile is the server's to say. The caller frees (json_decref). */
MUST_CHECK json_t *lab_profile(const struct scenario *s, const struct lab_host *h,
			       const json_t *given, const char *ssh_key);

#endif
