/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The list of advice; see advice.h. The first row of a state whose conditions all hold wins.
 */
#include <proto/advice.h>

#include <base/cleanup.h>
#include <base/str.h>

#define LOOK_AT_IT                                                                                 \
	"Go to the host: check power and network cable, read its screen, and let it boot from "    \
	"the network."
#define SECOND_PERSON                                                                              \
	"Waits for a second person", "operator", "An order for it waits for a second person.",     \
		"Let a second person approve or refuse the order.",                                \
		"slipway order list state=pending"
#define NOT_HEARD(why)                                                                             \
	{                                                                                          \
		"No contact", "technician", why, LOOK_AT_IT, ""                                    \
	}
#define COMPARE_CODE                                                                               \
	"Waits for its code", "operator",                                                          \
		"It waits until a person compares the code on its screen.",                        \
		"Read the code on its screen and approve the host with it.",                       \
		"slipway host approve HOST code=CODE"
#define WRITING_STOPPED                                                                            \
	"Writing is stopped", "operator", "All writing is stopped.",                               \
		"Allow writing again when the reason is gone.", "slipway writing resume"
#define STEP_STOPPING                                                                              \
	"Stopping", "server",                                                                      \
		"The step that was ended still runs, and its agent was told to stop.",             \
		"Wait until it has stopped; this takes seconds.", "slipway host show HOST"

static const struct row {
	enum lifecycle_state state;
	unsigned conditions;
	struct advice advice;
} rows[] = {
	{STATE_EXPECTED,
	 0,
	 {"Expected", "technician", "A delivery announced it, and it was not seen yet.",
	  "Rack it, cable it to the provisioning network, power it on and let it boot from the "
	  "network.",
	  ""}},

	{STATE_DISCOVERED, ADVICE_ORDER_WAITS, {SECOND_PERSON}},
	{STATE_DISCOVERED, ADVICE_SILENT,
	 NOT_HEARD("It was seen, but its agent makes no contact any more.")},
	{STATE_DISCOVERED, ADVICE_STOPPING, {STEP_STOPPING}},
	{STATE_DISCOVERED,
	 ADVICE_APPROVED,
	 {"Waits for an order", "operator",
	  "It is approved, but no profile and no arm gives it work.",
	  "Arm it, or add a profile that fits it and has a burn-in tier or an image.",
	  "slipway host arm HOST image=LINE@VERSION disk.serial=SERIAL"}},
	{STATE_DISCOVERED,
	 0,
	 {"Waits for approval", "operator", "It was seen and waits for a person to let it in.",
	  "Compare the code on its screen with this host, then approve it.",
	  "slipway host approve HOST code=CODE"}},

	{STATE_INSPECTING, ADVICE_SILENT, NOT_HEARD("Its agent was lost during the inspection.")},
	{STATE_INSPECTING, ADVICE_STOPPING, {STEP_STOPPING}},
	{STATE_INSPECTING,
	 0,
	 {"Inspecting", "server", "The agent collects what is in it.",
	  "Wait; the inspection fails by itself after 15 minutes.", ""}},

	{STATE_TESTING, ADVICE_SILENT, NOT_HEARD("Its agent was lost during the burn-in.")},
	{STATE_TESTING, ADVICE_STOPPING, {STEP_STOPPING}},
	{STATE_TESTING, ADVICE_HELD, {COMPARE_CODE}},
	{STATE_TESTING,
	 0,
	 {"Testing", "server", "Its burn-in is not over.", "Wait, and leave it powered on.",
	  "slipway host show HOST"}},

	{STATE_IMAGING, ADVICE_ORDER_WAITS, {SECOND_PERSON}},
	{STATE_IMAGING, ADVICE_SILENT,
	 NOT_HEARD("Its agent was lost before its image was written and verified.")},
	{STATE_IMAGING, ADVICE_STOPPING, {STEP_STOPPING}},
	{STATE_IMAGING, ADVICE_STOPPED, {WRITING_STOPPED}},
	{STATE_IMAGING,
	 ADVICE_WORKING,
	 {"Imaging", "server", "Its image is being written.", "Wait, and leave it powered on.",
	  "slipway host show HOST"}},
	{STATE_IMAGING, ADVICE_HELD | ADVICE_ARMED, {COMPARE_CODE}},
	{STATE_IMAGING,
	 ADVICE_ARMED,
	 {"Imaging", "server", "It is armed, and its agent is about to write the image.",
	  "Wait, and leave it powered on.", "slipway host show HOST"}},
	{STATE_IMAGING,
	 0,
	 {"Waits for an arm", "operator",
	  "It waits for an arm: the permission to write one image to one disk.", "Arm it.",
	  "slipway host arm HOST image=LINE@VERSION disk.serial=SERIAL"}},

	{STATE_VERIFYING,
	 ADVICE_LATE,
	 {"Overdue", "technician", "Its first-boot report is overdue.",
	  "Go to the host: read its screen, and put its own disk first in the boot order.", ""}},
	{STATE_VERIFYING,
	 0,
	 {"Verifying", "server",
	  "It boots its own disk, and its first-boot report did not come yet.",
	  "Wait; after 30 minutes without a report it fails.", ""}},

	{STATE_READY,
	 0,
	 {"Ready", "operator", "It is inspected, tested, imaged and proven to boot.",
	  "Take it into service when it is needed.", "slipway host serve HOST"}},
	{STATE_IN_SERVICE, 0, {"In service", "", "It is in use.", "Nothing is to be done.", ""}},

	{STATE_ERASING, ADVICE_ORDER_WAITS, {SECOND_PERSON}},
	{STATE_ERASING, ADVICE_SILENT,
	 NOT_HEARD("Contact with it was lost while its disk was to be erased.")},
	{STATE_ERASING, ADVICE_STOPPING, {STEP_STOPPING}},
	{STATE_ERASING, ADVICE_STOPPED, {WRITING_STOPPED}},
	{STATE_ERASING, ADVICE_HELD | ADVICE_ARMED, {COMPARE_CODE}},
	{STATE_ERASING,
	 ADVICE_HELD,
	 {"Waits for a permission", "operator", "The permission to erase its disk has ended.",
	  "Permit the disk to be erased again.",
	  "slipway host erase HOST disk.serial=SERIAL reason=REASON"}},
	{STATE_ERASING,
	 0,
	 {"Erasing", "server", "Its disk is being erased.", "Wait, and leave it powered on.",
	  "slipway host show HOST"}},

	{STATE_RETIRED,
	 0,
	 {"Retired", "technician", "It is out of the fleet.", "Take it out of the rack.", ""}},
	{STATE_QUARANTINED,
	 0,
	 {"Quarantined", "operator", "Its identity is in conflict with another host's.",
	  "Compare its serials and MACs with the other host, then accept the evidence, merge the "
	  "two, or split them.",
	  "slipway host evidence HOST"}},

	{STATE_FAILED,
	 ADVICE_FAULT,
	 {"Failed", "technician", "It failed, and a repair order is open.",
	  "Do what the repair order says, then start the host again.", "slipway host retry HOST"}},
	{STATE_FAILED,
	 0,
	 {"Failed", "technician", "It failed, and its repair orders are closed.", "Start it again.",
	  "slipway host retry HOST"}},
	{STATE_MAINTENANCE,
	 0,
	 {"Maintenance", "technician", "A person works on it.", "Finish the work, then release it.",
	  "slipway host release HOST"}},
};

const struct advice *advice_of_state(enum lifecycle_state state, unsigned conditions)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].state == state &&
		    (rows[i].conditions & conditions) == rows[i].conditions)
			return &rows[i].advice;
	BUG_ON("a state has no row without conditions");
	return &rows[0].advice;
}

/* The last row of a state is what it waits for as a rule. */
const char *advice_title(enum lifecycle_state state, const char *turn)
{
	const char *title = advice_of_state(state, 0)->title;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].state == state && str_eq(rows[i].advice.turn, turn))
			title = rows[i].advice.title;
	return title;
}

/* What a class of errors asks for when the error itself has no hint. */
static const struct advice classes[] = {
	[ERR_CLASS_NONE] = {"", "", "", "", ""},
	[ERR_CLASS_RETRY] = {"Failed", "technician", "",
			     "Check its network cable and its power, then start it "
			     "again.",
			     "slipway host retry HOST"},
	[ERR_CLASS_REJECT] = {"Failed", "operator", "",
			      "Correct what the message names, then start the host again.",
			      "slipway host retry HOST"},
	[ERR_CLASS_FATAL] = {"Failed", "operator", "",
			     "Look at the appliance: its log names what is missing.",
			     "slipway doctor"},
	[ERR_CLASS_BUG] = {"Failed", "operator", "",
			   "This is a mistake of Slipway: keep the log and report it.",
			   "slipway host events HOST"},
};

struct advice advice_of_error(int code)
{
	struct advice a = classes[err_class(code)];

	a.why = err_meaning(code);
	if (err_hint(code)[0])
		a.action = err_hint(code);
	return a;
}
