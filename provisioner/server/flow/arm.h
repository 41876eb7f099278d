/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making arms: turn "this image on that disk of this host" into one permission with everything
 * bound, after every guard that can be checked before an agent asks to write.
 */
#ifndef SERVER_ARM_H
#define SERVER_ARM_H

#include <inventory/flow.h>
#include <inventory/host.h>
#include <base/err.h>
#include "flow.h"
#include "profile.h"

#define ARM_TTL_MIN_S     60
#define ARM_TTL_MAX_S     3600
#define ARM_TTL_DEFAULT_S 1800

struct arm_request {
	const char *image;     /* "line@version", "line@latest" or a digest */
	struct disk_rule disk; /* exactly one disk must fit */
	const char *who, *reason;
	const char *owner;  /* the person it counts for, NULL or "" for none by name */
	const char *agreed; /* the second person who approved it, NULL or "" */
	bool automatic;     /* a profile asks, not a person */
	int64_t ttl_s;
	const char *wipe_consent; /* serial of the disk that may be overwritten, "" none */
	bool consent_by_profile;  /* the profile says wipe: consent */
	bool new_disk;            /* another disk than last time is meant */
	const char *skip_burnin;  /* why the burn-in is waived; NULL or "" for no waiver */
	/* to erase: serials or WWNs of all disks, instead of disk; NULL or empty: that one */
	const text64_list *disks;
	const char *methods; /* to erase by, in order; NULL or "": the configuration's */
};

/* One image on one disk. errors: guard.* codes. out: *ret is stored. Call inside a transaction with
 * the engine's event. */
MUST_CHECK int arm_make(struct flow *flow, const struct host *h, const struct arm_request *q,
			struct flow_arm *ret, struct err *err);
/* The same for erasing one disk or several, which must be named; q->image counts for nothing. Naming
 * a disk is the consent; shared file systems are refused all the same. The arm is for the first
 * disk; the others wait for it, and arm_go_on() makes theirs. */
MUST_CHECK int arm_make_erase(struct flow *flow, const struct host *h, const struct arm_request *q,
			      struct flow_arm *ret, struct err *err);
/* One disk of the arm is erased: make the arm of the next. errors: ERR_NOT_FOUND: it was the last */
MUST_CHECK int arm_go_on(struct flow *flow, const struct flow_arm *arm, struct err *err);
/* The result of an arm that ended because the host's profile gives something else now. */
#define ARM_PROFILE_CHANGED "profile changed"
/* The state of the host in which the arm's work is done, as text. */
const char *arm_state(const struct flow_arm *arm);

#endif
