/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The list of advice; see advice.h. The first row of a state whose conditions all hold wins.
 */
#include <proto/advice.h>

#include <base/cleanup.h>

#define LOOK_AT_IT                                                                                 \
	"Go to the host: check power and network cable, read its screen, and let it boot from "    \
	"the network."
#define SECOND_PERSON                                                                              \
	"An order for it waits for a second person.",                                              \
		"Let a second person approve or refuse the "                                       \
		"order.",                                                                          \
		"slipway order list state=pending"

static const struct row {
	enum lifecycle_state state;
	unsigned conditions;
	struct advice advice;
} rows[] = {
	{STATE_EXPECTED,
	 0,
	 {"technician", "A delivery announced it, and it was not seen yet.",
	  "Rack it, cable it to the provisioning network, power it on and let it boot from the "
	  "network.",
	  ""}},

	{STATE_DISCOVERED, ADVICE_ORDER_WAITS, {"operator", SECOND_PERSON}},
	{STATE_DISCOVERED,
	 ADVICE_SILENT,
	 {"technician", "It was seen, but its agent is not heard of any more.", LOOK_AT_IT, ""}},
	{STATE_DISCOVERED,
	 ADVICE_APPROVED,
	 {"operator", "It is approved, but no profile and no arm gives it work.",
	  "Arm it, or add a profile that fits it and has a burn-in tier or an image.",
	  "slipway host arm HOST image=LINE@VERSION disk.serial=SERIAL"}},
	{STATE_DISCOVERED,
	 0,
	 {"operator", "It was seen and waits for a person to let it in.",
	  "Compare the code on its screen with this host, then approve it.",
	  "slipway host approve HOST"}},

	{STATE_INSPECTING,
	 ADVICE_SILENT,
	 {"technician", "Its agent was lost during the inspection.", LOOK_AT_IT, ""}},
	{STATE_INSPECTING,
	 0,
	 {"server", "The agent collects what is in it.",
	  "Wait; the inspection fails by itself after 15 minutes.", ""}},

	{STATE_TESTING,
	 ADVICE_SILENT,
	 {"technician", "Its agent was lost during the burn-in.", LOOK_AT_IT, ""}},
	{STATE_TESTING,
	 0,
	 {"server", "Its burn-in is not over.", "Wait, and leave it powered on.",
	  "slipway host show HOST"}},

	{STATE_IMAGING, ADVICE_ORDER_WAITS, {"operator", SECOND_PERSON}},
	{STATE_IMAGING,
	 ADVICE_SILENT,
	 {"technician", "Its agent was lost before its image was written and verified.", LOOK_AT_IT,
	  ""}},
	{STATE_IMAGING,
	 ADVICE_WORKING,
	 {"server", "Its image is being written.", "Wait, and leave it powered on.",
	  "slipway host show HOST"}},
	{STATE_IMAGING,
	 0,
	 {"operator", "It waits for an arm: the permission to write one image to one disk.",
	  "Arm it.", "slipway host arm HOST image=LINE@VERSION disk.serial=SERIAL"}},

	{STATE_VERIFYING,
	 ADVICE_LATE,
	 {"technician", "Its first-boot report is overdue.",
	  "Go to the host: read its screen, and put its own disk first in the boot order.", ""}},
	{STATE_VERIFYING,
	 0,
	 {"server", "It boots its own disk, and its first-boot report did not come yet.",
	  "Wait; after 30 minutes without a report it fails.", ""}},

	{STATE_READY,
	 0,
	 {"operator", "It is inspected, tested, imaged and proven to boot.",
	  "Take it into service when it is needed.", "slipway host serve HOST"}},
	{STATE_IN_SERVICE, 0, {"", "It is in use.", "Nothing is to be done.", ""}},

	{STATE_ERASING, ADVICE_ORDER_WAITS, {"operator", SECOND_PERSON}},
	{STATE_ERASING,
	 ADVICE_SILENT,
	 {"technician", "Contact with it was lost while its disk was to be erased.", LOOK_AT_IT,
	  ""}},
	{STATE_ERASING,
	 0,
	 {"server", "Its disk is being erased.", "Wait, and leave it powered on.",
	  "slipway host show HOST"}},

	{STATE_RETIRED,
	 0,
	 {"technician", "It is out of the fleet.", "Take it out of the rack.", ""}},
	{STATE_QUARANTINED,
	 0,
	 {"operator", "Its identity is in conflict with another host's.",
	  "Compare its serials and MACs with the other host, then accept the evidence, merge the "
	  "two, or split them.",
	  "slipway host evidence HOST"}},

	{STATE_FAILED,
	 ADVICE_FAULT,
	 {"technician", "It failed, and a repair order is open.",
	  "Do what the repair order says, then start the host again.", "slipway host retry HOST"}},
	{STATE_FAILED,
	 0,
	 {"technician", "It failed, and its repair orders are closed.", "Start it again.",
	  "slipway host retry HOST"}},
	{STATE_MAINTENANCE,
	 0,
	 {"technician", "A person works on it.", "Finish the work, then release it.",
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

/* What a class of errors asks for when the error itself has no hint. */
static const struct advice classes[] = {
	[ERR_CLASS_NONE] = {"", "", "", ""},
	[ERR_CLASS_RETRY] = {"technician", "",
			     "Check its network cable and its power, then start it "
			     "again.",
			     "slipway host retry HOST"},
	[ERR_CLASS_REJECT] = {"operator", "",
			      "Correct what the message names, then start the host again.",
			      "slipway host retry HOST"},
	[ERR_CLASS_FATAL] = {"operator", "",
			     "Look at the appliance: its log names what is missing.",
			     "slipway doctor"},
	[ERR_CLASS_BUG] = {"operator", "",
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
