/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two tables of a host's life and the function that looks them up. The first row that fits
 * wins; what has no row does not happen. Input: states from our own store, events from the engine.
 */
#include <proto/lifecycle.h>

#include <base/cleanup.h>

#define HOUR 3600

static const struct lifecycle_state_row states[_STATE_MAX] = {
	[STATE_EXPECTED] = {"expected", "Expected", "announced by a delivery, not seen yet", 0, "",
			    "technician", "cable it and power it on", true},
	[STATE_DISCOVERED] = {"discovered", "Discovered", "seen; waits for approval or a profile",
			      0, "", "operator", "compare the code on its screen, then approve it",
			      true},
	[STATE_INSPECTING] = {"inspecting", "Inspecting", "the agent collects what is in it",
			      15 * 60, "failed", "server",
			      "wait; if nothing moves for 15 minutes look at its screen", true},
	[STATE_TESTING] = {"testing", "Testing", "burn-in", 24 * HOUR, "failed", "server",
			   "wait; do not power it off", true},
	[STATE_IMAGING] = {"imaging", "Imaging", "waits for an arm, or its image is being written",
			   1 * HOUR, "failed", "server", "wait; do not power it off", true},
	[STATE_VERIFYING] = {"verifying", "Verifying",
			     "boots its own disk; the first-boot report must come", 30 * 60,
			     "failed", "server",
			     "wait; if it does not come up look at its screen and boot order",
			     false},
	[STATE_READY] = {"ready", "Ready", "inspected, tested, imaged and proven to boot", 0, "",
			 "operator", "nothing to do", false},
	[STATE_IN_SERVICE] = {"in-service", "In service", "used by somebody", 0, "", "operator",
			      "nothing to do", false},
	[STATE_ERASING] = {"erasing", "Erasing", "its disks are being erased", 24 * HOUR, "failed",
			   "server", "wait; do not power it off", true},
	[STATE_RETIRED] = {"retired", "Retired", "out of the fleet", 0, "", "technician",
			   "take it out", false},
	[STATE_QUARANTINED] = {"quarantined", "Quarantined",
			       "its identity is in conflict with another host's", 0, "", "operator",
			       "compare serials and MACs with the other host", false},
	[STATE_FAILED] = {"failed", "Failed", "stopped; see its fault", 0, "", "technician",
			  "do what its repair order says", true},
	[STATE_MAINTENANCE] = {"maintenance", "Maintenance", "a person works on it", 0, "",
			       "technician", "finish the work, then release it", true},
};

static const char *const event_names[_HOST_EVENT_MAX] = {
#define X(name, text) [HOST_EVENT_##name] = text,
	LIFECYCLE_EVENTS(X)
#undef X
};

static const char *const event_meanings[_HOST_EVENT_MAX] = {
	[HOST_EVENT_CONTACT] = "an agent opened a session",
	[HOST_EVENT_INSPECTED] = "the facts are in",
	[HOST_EVENT_BURN_IN_PASSED] = "the burn-in ended well",
	[HOST_EVENT_BURN_IN_FAILED] = "the burn-in found a fault",
	[HOST_EVENT_PERMIT] = "an arm was consumed: the agent may write",
	[HOST_EVENT_IMAGED] = "the image is written and was read back",
	[HOST_EVENT_FIRST_BOOT] = "the installed system reported",
	[HOST_EVENT_STEP_FAILED] = "the agent could not finish a step",
	[HOST_EVENT_INTERRUPTED] = "writing stopped without an end",
	[HOST_EVENT_RESUME] = "the session that was writing is back",
	[HOST_EVENT_DEADLINE] = "the state lasted longer than it may",
	[HOST_EVENT_CONFLICT] = "its identity is in question",
	[HOST_EVENT_ERASED] = "its disks are erased",
	[HOST_EVENT_APPROVE] = "a person or a profile let it in",
	[HOST_EVENT_ARM] = "somebody permits one image on one disk",
	[HOST_EVENT_RETRY] = "a person asks to try again",
	[HOST_EVENT_SERVE] = "somebody takes it into service",
	[HOST_EVENT_RELEASE] = "back to the start of its life",
	[HOST_EVENT_MAINTAIN] = "a person takes it out for work",
	[HOST_EVENT_ERASE] = "somebody permits its disks to be erased",
	[HOST_EVENT_RETIRE] = "it leaves the fleet",
};

struct transition {
	enum lifecycle_state from;
	enum lifecycle_event event;
	unsigned need, unless; /* guards that must be set, and that must not */
	enum lifecycle_state to;
	unsigned effects;
	const char *why;
};

#define G(x) GUARD_##x
#define E(x) EFFECT_##x
#define T(from, event, need, unless, to, effects, why)                                             \
	{                                                                                          \
		STATE_##from, HOST_EVENT_##event, need, unless, STATE_##to, effects, why           \
	}

static const struct transition transitions[] = {
	T(EXPECTED, CONTACT, 0, 0, INSPECTING, E(NEW_PLAN), "it arrived"),
	T(EXPECTED, CONFLICT, 0, 0, QUARANTINED, E(END_SESSIONS), "identity in question"),
	T(EXPECTED, RETIRE, 0, 0, RETIRED, 0, "never came"),

	T(DISCOVERED, CONTACT, 0, G(INSPECTED), INSPECTING, E(NEW_PLAN), "first contact"),
	T(DISCOVERED, CONTACT, G(NEXT_TEST), 0, TESTING, E(NEW_PLAN), "approved before"),
	T(DISCOVERED, CONTACT, G(NEXT_IMAGE), 0, IMAGING, E(NEW_PLAN), "approved before"),
	T(DISCOVERED, CONTACT, 0, 0, DISCOVERED, E(NEW_PLAN), "still waits for a person"),
	T(DISCOVERED, INSPECTED, 0, 0, DISCOVERED, 0, "reported again"),
	T(DISCOVERED, APPROVE, 0, G(INSPECTED), DISCOVERED, 0, "approved; facts are still to come"),
	T(DISCOVERED, APPROVE, G(NEXT_TEST), 0, TESTING, E(NEW_PLAN), "approved"),
	T(DISCOVERED, APPROVE, G(NEXT_IMAGE), 0, IMAGING, E(NEW_PLAN), "approved"),
	T(DISCOVERED, APPROVE, 0, 0, DISCOVERED, 0, "approved, but no profile gives it work"),
	T(DISCOVERED, ARM, G(INSPECTED) | G(NEXT_TEST), G(UNTESTED), TESTING, E(NEW_PLAN),
	  "armed; it is tested first"),
	T(DISCOVERED, ARM, G(INSPECTED), 0, IMAGING, E(NEW_PLAN), "armed by hand"),
	T(DISCOVERED, RETRY, 0, 0, INSPECTING, E(NEW_PLAN) | E(FORGET), "look again"),
	T(DISCOVERED, CONFLICT, 0, 0, QUARANTINED, E(END_SESSIONS), "identity in question"),
	T(DISCOVERED, MAINTAIN, 0, 0, MAINTENANCE, E(NEW_PLAN), "taken out"),
	T(DISCOVERED, ERASE, G(INSPECTED), 0, ERASING, E(NEW_PLAN), "to be erased"),
	T(DISCOVERED, RETIRE, 0, 0, RETIRED, E(END_SESSIONS) | E(VOID_ARMS), "retired"),

	T(INSPECTING, CONTACT, 0, 0, INSPECTING, E(NEW_PLAN), "a new session: look again"),
	T(INSPECTING, INSPECTED, G(NEXT_TEST), 0, TESTING, E(NEW_PLAN), "inspected and approved"),
	T(INSPECTING, INSPECTED, G(NEXT_IMAGE), 0, IMAGING, E(NEW_PLAN), "inspected and approved"),
	T(INSPECTING, INSPECTED, 0, 0, DISCOVERED, E(NEW_PLAN), "inspected; a person decides"),
	T(INSPECTING, APPROVE, 0, 0, INSPECTING, 0, "approved while it is inspected"),
	T(INSPECTING, STEP_FAILED, G(RETRYABLE), 0, INSPECTING, E(NEW_PLAN), "tried again"),
	T(INSPECTING, STEP_FAILED, 0, 0, FAILED, E(NEW_PLAN) | E(OPEN_FAULT), "inspection failed"),
	T(INSPECTING, DEADLINE, 0, 0, FAILED, E(NEW_PLAN) | E(OPEN_FAULT), "no facts came"),
	T(INSPECTING, RETRY, 0, 0, INSPECTING, E(NEW_PLAN), "look again"),
	T(INSPECTING, CONFLICT, 0, 0, QUARANTINED, E(END_SESSIONS), "identity in question"),
	T(INSPECTING, MAINTAIN, 0, 0, MAINTENANCE, E(NEW_PLAN), "taken out"),
	T(INSPECTING, RETIRE, 0, 0, RETIRED, E(END_SESSIONS) | E(VOID_ARMS), "retired"),

	T(TESTING, CONTACT, G(SAME_BOOT), 0, TESTING, E(NEW_PLAN),
	  "the agent came back: the burn-in goes on"),
	T(TESTING, CONTACT, G(REBOOTS), 0, FAILED,
	  E(NEW_PLAN) | E(OPEN_FAULT) | E(CANCEL_RUN) | E(VOID_ARMS),
	  "rebooted during burn-in again and again"),
	T(TESTING, CONTACT, 0, 0, TESTING, E(NEW_PLAN),
	  "rebooted during burn-in: it goes on with the test that was cut off"),
	T(TESTING, BURN_IN_PASSED, G(NEXT_IMAGE), 0, IMAGING, E(NEW_PLAN), "burn-in passed"),
	T(TESTING, BURN_IN_PASSED, 0, 0, DISCOVERED, E(NEW_PLAN), "burn-in passed; no image asked"),
	T(TESTING, BURN_IN_FAILED, 0, 0, FAILED,
	  E(NEW_PLAN) | E(OPEN_FAULT) | E(CANCEL_RUN) | E(VOID_ARMS), "burn-in failed"),
	T(TESTING, STEP_FAILED, G(RETRYABLE), 0, TESTING, E(NEW_PLAN) | E(CANCEL_RUN),
	  "tried again"),
	T(TESTING, STEP_FAILED, 0, 0, FAILED,
	  E(NEW_PLAN) | E(OPEN_FAULT) | E(CANCEL_RUN) | E(VOID_ARMS), "burn-in could not be run"),
	T(TESTING, DEADLINE, 0, 0, FAILED,
	  E(NEW_PLAN) | E(OPEN_FAULT) | E(CANCEL_RUN) | E(VOID_ARMS), "burn-in did not end"),
	T(TESTING, APPROVE, 0, 0, TESTING, 0, "approved already"),
	T(TESTING, ARM, 0, 0, TESTING, 0, "armed; the burn-in goes on"),
	T(TESTING, RETRY, 0, 0, INSPECTING, E(NEW_PLAN) | E(CANCEL_RUN) | E(FORGET), "start over"),
	T(TESTING, CONFLICT, 0, 0, QUARANTINED, E(END_SESSIONS) | E(CANCEL_RUN) | E(VOID_ARMS),
	  "identity in question"),
	T(TESTING, MAINTAIN, 0, 0, MAINTENANCE, E(NEW_PLAN) | E(CANCEL_RUN), "taken out"),
	T(TESTING, RETIRE, 0, 0, RETIRED, E(END_SESSIONS) | E(CANCEL_RUN) | E(VOID_ARMS),
	  "retired"),

	T(IMAGING, CONTACT, G(WRITING), 0, FAILED, E(NEW_PLAN) | E(OPEN_FAULT),
	  "rebooted while its disk was being written"),
	T(IMAGING, CONTACT, 0, 0, IMAGING, E(NEW_PLAN), "a new session; nothing was written yet"),
	T(IMAGING, INSPECTED, G(NEXT_TEST), G(WRITING), TESTING, E(NEW_PLAN) | E(VOID_ARMS),
	  "it has other parts than those that were tested"),
	T(IMAGING, INSPECTED, 0, 0, IMAGING, E(NEW_PLAN), "its parts were read again"),
	T(IMAGING, PERMIT, 0, 0, IMAGING, 0, "writing begins"),
	T(IMAGING, IMAGED, G(WRITING), 0, VERIFYING, E(NEW_PLAN) | E(VOID_ARMS),
	  "written and read back"),
	T(IMAGING, FIRST_BOOT, G(WRITING), 0, READY,
	  E(CLOSE_FAULTS) | E(VOID_ARMS) | E(END_SESSIONS),
	  "it runs, although no final report came from the agent"),
	T(IMAGING, STEP_FAILED, G(RETRYABLE), 0, IMAGING, E(NEW_PLAN),
	  "tried again under the same arm"),
	T(IMAGING, STEP_FAILED, 0, 0, FAILED, E(NEW_PLAN) | E(OPEN_FAULT) | E(VOID_ARMS),
	  "imaging failed"),
	T(IMAGING, INTERRUPTED, G(WRITING), 0, FAILED, E(NEW_PLAN) | E(OPEN_FAULT),
	  "lost contact with the host while writing"),
	T(IMAGING, DEADLINE, 0, 0, FAILED, E(NEW_PLAN) | E(OPEN_FAULT) | E(VOID_ARMS),
	  "imaging did not end"),
	T(IMAGING, APPROVE, 0, 0, IMAGING, 0, "approved already"),
	T(IMAGING, ARM, 0, G(WRITING), IMAGING, E(NEW_PLAN), "armed"),
	T(IMAGING, RETRY, 0, G(WRITING), INSPECTING, E(NEW_PLAN) | E(VOID_ARMS) | E(FORGET),
	  "start over"),
	T(IMAGING, CONFLICT, 0, 0, QUARANTINED, E(END_SESSIONS) | E(VOID_ARMS),
	  "identity in question"),
	T(IMAGING, MAINTAIN, 0, G(WRITING), MAINTENANCE, E(NEW_PLAN) | E(VOID_ARMS), "taken out"),
	T(IMAGING, RETIRE, 0, G(WRITING), RETIRED, E(END_SESSIONS) | E(VOID_ARMS), "retired"),

	T(VERIFYING, CONTACT, 0, 0, VERIFYING, E(NEW_PLAN), "an agent again: sent to its own disk"),
	T(VERIFYING, FIRST_BOOT, 0, 0, READY, E(CLOSE_FAULTS) | E(VOID_ARMS) | E(END_SESSIONS),
	  "the installed system reported"),
	T(VERIFYING, STEP_FAILED, 0, 0, VERIFYING, E(NEW_PLAN), "the reboot is asked for again"),
	T(VERIFYING, DEADLINE, 0, 0, FAILED, E(NEW_PLAN) | E(OPEN_FAULT),
	  "the installed system did not report"),
	T(VERIFYING, CONFLICT, 0, 0, QUARANTINED, E(END_SESSIONS) | E(VOID_ARMS),
	  "identity in question"),
	T(VERIFYING, RETRY, 0, 0, INSPECTING, E(NEW_PLAN) | E(VOID_ARMS) | E(FORGET), "start over"),
	T(VERIFYING, MAINTAIN, 0, 0, MAINTENANCE, E(NEW_PLAN) | E(VOID_ARMS), "taken out"),
	T(VERIFYING, RETIRE, 0, 0, RETIRED, E(END_SESSIONS) | E(VOID_ARMS), "retired"),

	T(READY, FIRST_BOOT, 0, 0, READY, 0, "reported again"),
	T(READY, ARM, 0, 0, IMAGING, E(NEW_PLAN), "to be imaged again"),
	T(READY, SERVE, 0, 0, IN_SERVICE, 0, "taken into service"),
	T(READY, RELEASE, 0, 0, DISCOVERED, E(FORGET) | E(VOID_ARMS), "released"),
	T(READY, MAINTAIN, 0, 0, MAINTENANCE, 0, "taken out"),
	T(READY, ERASE, 0, 0, ERASING, E(NEW_PLAN), "to be erased"),
	T(READY, RETIRE, 0, 0, RETIRED, E(END_SESSIONS) | E(VOID_ARMS), "retired"),

	T(IN_SERVICE, FIRST_BOOT, 0, 0, IN_SERVICE, 0, "reported again"),
	T(IN_SERVICE, ARM, G(OVERRIDE), 0, IMAGING, E(NEW_PLAN), "imaged again though in service"),
	T(IN_SERVICE, RELEASE, G(OVERRIDE), 0, DISCOVERED, E(FORGET) | E(VOID_ARMS), "released"),
	T(IN_SERVICE, MAINTAIN, 0, 0, MAINTENANCE, 0, "taken out"),
	T(IN_SERVICE, RETIRE, G(OVERRIDE), 0, RETIRED, E(END_SESSIONS) | E(VOID_ARMS), "retired"),

	T(ERASING, CONTACT, G(WRITING), 0, FAILED, E(NEW_PLAN) | E(OPEN_FAULT) | E(VOID_ARMS),
	  "rebooted while its disk was being erased"),
	T(ERASING, CONTACT, 0, 0, ERASING, E(NEW_PLAN), "a new session; nothing was erased yet"),
	T(ERASING, PERMIT, 0, 0, ERASING, 0, "erasing begins"),
	T(ERASING, ERASED, G(WRITING) | G(MORE_DISKS), 0, ERASING, E(NEW_PLAN),
	  "erased and read back; the next disk follows"),
	T(ERASING, ERASED, G(WRITING), 0, RETIRED, E(NEW_PLAN) | E(VOID_ARMS),
	  "erased and read back"),
	T(ERASING, STEP_FAILED, G(RETRYABLE), 0, ERASING, E(NEW_PLAN),
	  "tried again under the same arm"),
	T(ERASING, STEP_FAILED, 0, 0, FAILED, E(NEW_PLAN) | E(OPEN_FAULT) | E(VOID_ARMS),
	  "erasing failed"),
	T(ERASING, INTERRUPTED, G(WRITING), 0, FAILED, E(NEW_PLAN) | E(OPEN_FAULT) | E(VOID_ARMS),
	  "lost contact with the host while erasing"),
	T(ERASING, DEADLINE, 0, 0, FAILED, E(NEW_PLAN) | E(OPEN_FAULT) | E(VOID_ARMS),
	  "erasing did not end"),
	T(ERASING, CONFLICT, 0, 0, QUARANTINED, E(END_SESSIONS) | E(VOID_ARMS),
	  "identity in question"),
	T(ERASING, ERASE, 0, G(WRITING), ERASING, E(NEW_PLAN), "permitted again"),
	T(ERASING, MAINTAIN, 0, G(WRITING), MAINTENANCE, E(NEW_PLAN) | E(VOID_ARMS), "taken out"),

	T(RETIRED, RELEASE, 0, 0, DISCOVERED, E(FORGET), "back in the fleet"),

	T(QUARANTINED, CONTACT, 0, 0, QUARANTINED, 0, "refused"),
	T(QUARANTINED, CONFLICT, 0, 0, QUARANTINED, 0, "still in question"),
	T(QUARANTINED, APPROVE, 0, 0, DISCOVERED, E(FORGET), "a person identifies it"),
	T(QUARANTINED, RETIRE, 0, 0, RETIRED, E(END_SESSIONS) | E(VOID_ARMS), "retired"),

	T(FAILED, CONTACT, 0, 0, FAILED, E(NEW_PLAN), "an agent shows what to do"),
	T(FAILED, INSPECTED, G(SWAPPED), 0, TESTING, E(NEW_PLAN),
	  "a part was swapped: what it carried is tested again"),
	T(FAILED, INSPECTED, 0, 0, FAILED, E(NEW_PLAN), "its parts were read again"),
	T(FAILED, STEP_FAILED, 0, 0, FAILED, E(NEW_PLAN), "failed already"),
	T(FAILED, RESUME, G(WRITING) | G(ARM_ALIVE), 0, IMAGING, E(NEW_PLAN) | E(CLOSE_FAULTS),
	  "the same session is back under the same arm: from the start"),
	T(FAILED, FIRST_BOOT, G(LATE), 0, READY, E(CLOSE_FAULTS) | E(VOID_ARMS), "reported late"),
	T(FAILED, ARM, 0, 0, IMAGING, E(NEW_PLAN) | E(CLOSE_FAULTS), "armed again"),
	T(FAILED, RETRY, 0, 0, INSPECTING, E(NEW_PLAN) | E(VOID_ARMS) | E(FORGET) | E(CLOSE_FAULTS),
	  "start over"),
	T(FAILED, RELEASE, 0, 0, DISCOVERED, E(FORGET) | E(VOID_ARMS) | E(CLOSE_FAULTS),
	  "released"),
	T(FAILED, CONFLICT, 0, 0, QUARANTINED, E(END_SESSIONS) | E(VOID_ARMS),
	  "identity in question"),
	T(FAILED, MAINTAIN, 0, 0, MAINTENANCE, E(NEW_PLAN), "taken out"),
	T(FAILED, ERASE, 0, 0, ERASING, E(NEW_PLAN), "to be erased"),
	T(FAILED, RETIRE, 0, 0, RETIRED, E(END_SESSIONS) | E(VOID_ARMS), "retired"),

	T(MAINTENANCE, CONTACT, 0, 0, MAINTENANCE, E(NEW_PLAN),
	  "an agent shows that it is taken out"),
	T(MAINTENANCE, ARM, G(INSPECTED), 0, IMAGING, E(NEW_PLAN), "armed"),
	T(MAINTENANCE, RETRY, 0, 0, INSPECTING, E(NEW_PLAN) | E(FORGET), "start over"),
	T(MAINTENANCE, RELEASE, 0, 0, DISCOVERED, E(NEW_PLAN) | E(FORGET) | E(VOID_ARMS),
	  "work done"),
	T(MAINTENANCE, CONFLICT, 0, 0, QUARANTINED, E(END_SESSIONS) | E(VOID_ARMS),
	  "identity in question"),
	T(MAINTENANCE, ERASE, 0, 0, ERASING, E(NEW_PLAN), "to be erased"),
	T(MAINTENANCE, RETIRE, 0, 0, RETIRED, E(END_SESSIONS) | E(VOID_ARMS), "retired"),
};

const char *const lifecycle_states_at_rest[] = {"ready", "in-service", "maintenance", NULL};

const struct lifecycle_state_row *lifecycle_row(enum lifecycle_state state)
{
	BUG_ON((unsigned)state >= _STATE_MAX);
	return &states[state];
}

const char *lifecycle_state_str(enum lifecycle_state state)
{
	return lifecycle_row(state)->name;
}

bool lifecycle_state_parse(const char *text, enum lifecycle_state *ret)
{
	for (unsigned i = 0; i < _STATE_MAX; i++) {
		if (str_eq(states[i].name, text)) {
			*ret = (enum lifecycle_state)i;
			return true;
		}
	}
	return false;
}

const char *lifecycle_event_str(enum lifecycle_event event)
{
	BUG_ON((unsigned)event >= _HOST_EVENT_MAX);
	return event_names[event];
}

const char *lifecycle_event_meaning(enum lifecycle_event event)
{
	BUG_ON((unsigned)event >= _HOST_EVENT_MAX);
	return event_meanings[event];
}

bool lifecycle_step(enum lifecycle_state state, enum lifecycle_event event, unsigned guards,
		    struct lifecycle_outcome *ret)
{
	for (size_t i = 0; i < ARRAY_LEN(transitions); i++) {
		const struct transition *t = &transitions[i];
		if (t->from != state || t->event != event || (guards & t->need) != t->need ||
		    (guards & t->unless))
			continue;
		*ret = (struct lifecycle_outcome){t->to, t->effects, t->why};
		return true;
	}
	return false;
}

bool lifecycle_possible(enum lifecycle_state state, enum lifecycle_event event)
{
	for (size_t i = 0; i < ARRAY_LEN(transitions); i++)
		if (transitions[i].from == state && transitions[i].event == event)
			return true;
	return false;
}

void lifecycle_dot(struct str *out)
{
	str_add(out, "digraph lifecycle {\n\trankdir=LR;\n\tnode [shape=box, style=rounded];\n");
	for (unsigned i = 0; i < _STATE_MAX; i++)
		str_addf(out, "\t\"%s\" [tooltip=\"%s\"];\n", states[i].name, states[i].meaning);
	for (size_t i = 0; i < ARRAY_LEN(transitions); i++) {
		const struct transition *t = &transitions[i];
		if (t->from != t->to)
			str_addf(out, "\t\"%s\" -> \"%s\" [label=\"%s\", tooltip=\"%s\"];\n",
				 states[t->from].name, states[t->to].name, event_names[t->event],
				 t->why);
	}
	str_add(out, "}\n");
}
