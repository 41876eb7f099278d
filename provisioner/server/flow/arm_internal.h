/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What arms to image and to erase are made with. Private to arm.c and arm_erase.c.
 */
#ifndef SERVER_ARM_INTERNAL_H
#define SERVER_ARM_INTERNAL_H

#include "arm.h"
#include "disk_choice.h"

/* errors: ERR_GUARD_STOPPED */
MUST_CHECK int arm_check_stopped(struct flow *flow, struct err *err);
/* A new arm for this disk: who, why, from when, how long. */
void arm_fill(const struct host *h, const struct arm_request *q, const struct disk_choice *d,
	      int64_t now_us, struct flow_arm *arm);
/* What is on the arm's disk may be lost. */
void arm_consent(struct flow_arm *arm);

#endif
