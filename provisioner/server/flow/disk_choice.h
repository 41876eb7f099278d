/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which disk an image may go to: exactly one local disk of the facts must fit the rule. Pure; what
 * a disk holds is reported, and judged by the caller.
 */
#ifndef SERVER_DISK_CHOICE_H
#define SERVER_DISK_CHOICE_H

#include <jansson.h>
#include <base/err.h>
#include "profile.h"

struct disk_choice {
	char wwn[129], serial[129];
	int64_t size_bytes;
	int64_t sector_bytes; /* 0: the agent did not tell */
	bool has_data, has_shared_fs;
	char found[129]; /* the signatures, for people */
};

/* drives: the array of a facts document. errors: ERR_GUARD_DISK_NONE (with why each was passed
 * over), ERR_GUARD_DISK_AMBIGUOUS */
MUST_CHECK int disk_choose(const json_t *drives, const struct disk_rule *rule,
			   struct disk_choice *ret, struct err *err);
/* May an image replace what is on it? in: wipe_consent: the serial or WWN for which the loss of data
 * was consented to, or "", or NULL; by_profile: for whatever disk was chosen. errors:
 * ERR_GUARD_SHARED_FS, ERR_GUARD_DATA */
MUST_CHECK int disk_check_data(const struct disk_choice *d, const char *wipe_consent,
			       bool by_profile, struct err *err);
/* Is storage at this host that others may use too: a drive behind a fabric, or one with a shared
 * file system on it? drives: the array of a facts document. */
bool disk_any_shared(const json_t *drives);

#endif
