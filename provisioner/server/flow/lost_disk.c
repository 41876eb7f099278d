/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finding the disk that is gone; see lost_disk.h. Input: rows of our store, which hold what hosts
 * said, and the words of an agent.
 */
#include "lost_disk.h"

#include <strings.h>
#include <base/json.h>
#include <base/str.h>
#include <base/text.h>
#include <inventory/event.h>
#include <inventory/flow.h>

static const char *member(const json_t *drive, const char *name)
{
	const char *text = json_string_value(json_object_get(drive, name));

	return text ? text : "";
}

static bool is_armed_disk(const json_t *drive, const struct flow_arm *arm)
{
	const char *wwn = member(drive, "WWN"), *serial = member(drive, "SerialNumber");

	if (arm->disk_serial[0])
		return str_eq(arm->disk_serial, serial);
	return arm->disk_wwn[0] && strcasecmp(arm->disk_wwn, wwn) == 0;
}

/* As it was when the host was looked at; NULL: it never had it. */
static const json_t *find_drive(const json_t *drives, const struct flow_arm *arm)
{
	size_t i;
	json_t *drive;

	json_array_foreach (drives, i, drive)
		if (is_armed_disk(drive, arm))
			return drive;
	return NULL;
}

static int put_detail(struct flow *flow, const struct flow_arm *arm, const char *said,
		      struct lost_disk *ret, struct err *err)
{
	const struct event_of failures = {arm->host_num, "step.failed", arm->created_us};
	char first[300];

	TRY(event_first_since(flow->db, &failures, first, sizeof(first), err));
	if (first[0] && !str_eq(first, said))
		text_print(ret->detail, sizeof(ret->detail), "%s; first error: %s", said, first);
	else
		(void)text_fit(ret->detail, sizeof(ret->detail), said);
	return 0;
}

static void put_drive(const json_t *drive, const struct flow_arm *arm, struct lost_disk *ret)
{
	const char *slot = member(drive, "Slot"), *serial = member(drive, "SerialNumber");
	const char *model = member(drive, "Model");

	(void)text_fit(ret->slot, sizeof(ret->slot), *slot ? slot : member(drive, "Name"));
	(void)text_fit(ret->serial, sizeof(ret->serial), *serial ? serial : arm->disk_wwn);
	text_print(
		ret->action, sizeof(ret->action),
		"Reseat disk %s (%s%sserial %s), which is not there any more, and start the host "
		"again; if it is lost again, replace it and arm the new one.",
		ret->slot, model, *model ? ", " : "", ret->serial);
}

int lost_disk_blame(struct flow *flow, int64_t host_num, struct engine_event *e,
		    struct lost_disk *ret, struct err *err)
{
	autojson json_t *drives = NULL;
	struct flow_arm arm;
	int rc = flow_arm_latest(flow->db, host_num, &arm, err);

	*ret = (struct lost_disk){.slot = ""};
	if (rc == -ERR_NOT_FOUND) {
		err_clear(err);
		return 0;
	}
	TRY(rc);
	TRY(flow_drives_get(flow->db, host_num, &drives, err));
	const json_t *drive = find_drive(drives, &arm);
	if (!drive)
		return 0;
	put_drive(drive, &arm, ret);
	TRY(put_detail(flow, &arm, e->detail ? e->detail : "", ret, err));
	e->code = ERR_AGENT_DISK_LOST;
	e->code_name = LOST_DISK_FAULT;
	e->part = "disk";
	e->slot = ret->slot;
	e->serial = ret->serial;
	e->action = ret->action;
	e->detail = ret->detail;
	return 1;
}
