/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Warnings of firmware; see burn_firmware.h. Input: texts of our own store, which are a machine's.
 */
#include "burn_firmware.h"

#include <base/json.h>
#include <burnin/firmware.h>
#include <inventory/event.h>
#include <inventory/expect.h>

#define WARNINGS_MAX 32 /* of a run: a shelf of old disks says the same again */

int burn_firmware_compare(struct flow *flow, int64_t host_num, struct err *err)
{
	autojson json_t *answer = NULL;
	char text[FIRMWARE_TEXT_BYTES];
	unsigned n = 0;
	json_t *one;
	size_t i;

	TRY(host_compare(flow->db, host_num, &answer, err));
	json_array_foreach (json_object_get(answer, "differences"), i, one) {
		if (!firmware_differs(one, text) || n++ >= WARNINGS_MAX)
			continue;
		const struct event_draft e = {.host_num = host_num,
					      .kind = "burn_in.firmware",
					      .actor = "server",
					      .summary = text};
		TRY(event_append(flow->db, &e, flow_now_us(flow), NULL, err));
	}
	return 0;
}
