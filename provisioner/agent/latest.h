/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A plan that says "the latest image": the host's own check that it is, by the channel that the
 * plan brings along. The server cannot make one up: it is signed with keys that no appliance has.
 */
#ifndef AGENT_LATEST_H
#define AGENT_LATEST_H

#include <images/channel.h>
#include <proto/plan.h>
#include <base/err.h>

/* The channel that the image must be the latest of (image_policy.latest_of); *ret is NULL where
 * the plan names an image for itself, or the trust root demands no channel. in: now_s: the server's
 * time. trust: none of the plan's channel. owns: *ret is the caller's (channel_free). errors:
 * ERR_IMAGE_ROOT_EXPIRED, ERR_IMAGE_CHANNEL_MISSING, _EXPIRED, _SIGNATURES, ERR_IMAGE_CHANNEL, ERR_IMAGE_LINE */
MUST_CHECK int latest_open(const struct trust_root *root, const struct plan_image *plan,
			   int64_t now_s, struct channel **ret, struct err *err);

#endif
