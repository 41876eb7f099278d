/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why profiles do not let a machine in: the one that nearly fits, what keeps it from fitting, and
 * a profile that would let in this machine alone. Pure.
 */
#ifndef SERVER_FLOW_PROFILE_NEAR_H
#define SERVER_FLOW_PROFILE_NEAR_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include "profile.h"

#define PROFILE_NEAR_BYTES 400

struct profile_near {
	bool lets_in;                  /* a profile does now */
	const struct profile *nearest; /* of the list; NULL: there is none */
	char why[PROFILE_NEAR_BYTES];  /* in plain words; holds texts of the machine */
};

/* in: list: highest priority first; s: macs has one MAC. trust: s is from the machine. */
void profile_nearest(const struct profile *list, size_t n, const struct profile_subject *s,
		     struct profile_near *ret);
/* The document of a profile that lets in the machine with this MAC and no other, tests it as the
 * nearest one would (NULL: quickly), and leaves each further step to a person. owns: the caller. */
MUST_CHECK json_t *profile_for_one(const struct profile *nearest, const char *mac);

#endif
