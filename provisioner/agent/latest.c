/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is the image the latest? See latest.h.
 */
#include "latest.h"

#include <string.h>
#include <base/json.h>

int latest_open(const struct trust_root *root, const struct plan_image *plan, int64_t now_s,
		struct channel **ret, struct err *err)
{
	AUTO(channel) struct channel *c = NULL;

	*ret = NULL;
	TRY(trust_root_check_time(root, now_s, err));
	if (!plan->latest || !trust_root_demands_channel(root))
		return 0;
	if (!plan->channel)
		return err_set(err, ERR_IMAGE_CHANNEL_MISSING,
			       "the plan says that %s %s is the latest, and brings no channel",
			       plan->line, plan->version);
	TRY(channel_open(root, plan->channel, strlen(plan->channel), &c, err));
	TRY(channel_check_time(c, now_s, err));
	*ret = take_ptr(c);
	return 0;
}
