/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The diagnosis rules; see rules.h. Limits behind them follow what holds up in the field: anything
 * uncorrectable or miscomputed fails at once, correctable errors fail a NEW part, used parts are
 * reported and left to people.
 */
#include <burnin/rules.h>

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <base/str.h>

static const struct burnin_rule rules[_SYMPTOM_MAX] = {
	[SYMPTOM_CPU_WRONG_RESULT] = {"cpu-wrong-result", true, COMPONENT_CPU,
				      "Replace %s. It computes wrong results.",
				      "memory: test it alone first if it failed, too", true},
	[SYMPTOM_CPU_MACHINE_CHECK] = {"cpu-machine-check", true, COMPONENT_CPU,
				       "Reseat %s, then replace it if this comes back.",
				       "memory or the main board", true},
	[SYMPTOM_CPU_CORRECTED] = {"cpu-corrected-machine-checks", true, COMPONENT_CPU,
				   "Reseat %s, then replace it if this comes back.",
				   "a memory module or a card: see the kernel's lines of the run",
				   true},
	[SYMPTOM_CPU_THROTTLED] = {"cpu-throttled", false, COMPONENT_CPU,
				   "Check fans, air ducts and the heat sink of %s.",
				   "room temperature", false},
	[SYMPTOM_MEMORY_MISCOMPARE] =
		{"memory-miscompare", true, COMPONENT_DIMM,
		 "Replace %s. It does not hold what is written to it.",
		 "the CPU's memory controller, if the fault stays with the slot", true},
	[SYMPTOM_DIMM_UNCORRECTABLE] = {"dimm-uncorrectable-error", true, COMPONENT_DIMM,
					"Replace %s.",
					"the slot: move the module, see whether the fault follows",
					true},
	[SYMPTOM_DIMM_CORRECTABLE] = {"dimm-correctable-errors", true, COMPONENT_DIMM,
				      "Reseat %s, then replace it if this comes back.",
				      "dust or a bent pin in the slot", true},
	[SYMPTOM_DISK_READ_ERROR] = {"disk-read-error", true, COMPONENT_DISK,
				     "Replace %s. It cannot be read.",
				     "its cable or bay: try another bay first if others fail there",
				     true},
	[SYMPTOM_DISK_LOST] =
		{"disk-lost", true, COMPONENT_DISK,
		 "Reseat %s, which was lost during the run; if it is lost again, replace it.",
		 "its cable or bay, or somebody pulled it", true},
	[SYMPTOM_DISK_COMMANDS] = {"disk-command-errors", true, COMPONENT_DISK,
				   "Reseat %s and its cable, then replace it if this comes back.",
				   "the backplane or the controller, if other disks show it too",
				   true},
	[SYMPTOM_DISK_WRONG_DATA] = {"disk-wrong-data", true, COMPONENT_DISK,
				     "Replace %s. It returned other bytes than were written.",
				     "memory or the disk controller", false},
	[SYMPTOM_DISK_UNSTABLE_READ] = {"disk-unstable-read", true, COMPONENT_DISK,
					"Replace %s. Reading it twice gives different bytes.",
					"memory or the disk controller", false},
	[SYMPTOM_DISK_SMART_FAILED] = {"disk-smart-failed", true, COMPONENT_DISK,
				       "Replace %s. The disk itself reports that it fails.", "",
				       false},
	[SYMPTOM_DISK_BAD_SECTORS] = {"disk-bad-sectors", true, COMPONENT_DISK,
				      "Replace %s. It has bad sectors.", "", false},
	[SYMPTOM_DISK_NVME_WARNING] = {"disk-nvme-warning", true, COMPONENT_DISK,
				       "Replace %s. It reports a critical warning.",
				       "heat, if the warning is its temperature", false},
	[SYMPTOM_DISK_HOT] = {"disk-too-hot", true, COMPONENT_DISK,
			      "Check fans, air ducts and blanks in front of %s. It is too hot.",
			      "the disk's sensor", false},
	[SYMPTOM_DISK_SELF_TEST] = {"disk-self-test-failed", true, COMPONENT_DISK,
				    "Replace %s. Its own self-test failed.", "", false},
	[SYMPTOM_DISK_WORN] = {"disk-worn-out", true, COMPONENT_DISK,
			       "Replace %s. Its spare blocks or its rated life are used up.", "",
			       false},
	[SYMPTOM_DISK_LINK_ERRORS] = {"disk-link-errors", true, COMPONENT_DISK,
				      "Swap the cable of %s, or move it to another bay.",
				      "the backplane", false},
	/* The disk counts them for life: the count alone does not fail it, or no repair would help. */
	[SYMPTOM_DISK_LINK_BEFORE] =
		{"disk-link-errors-before", false, COMPONENT_DISK,
		 "Check the cable and the bay of %s. Its link had errors before this run.",
		 "the backplane or the cable, not the disk", false},
	[SYMPTOM_DISK_USED] = {"disk-used", false, COMPONENT_DISK,
			       "Ask the vendor about %s: it is not new.", "a part from stock",
			       false},
	[SYMPTOM_DISK_SLOW] =
		{"disk-slower-than-siblings", false, COMPONENT_DISK,
		 "Watch %s, and replace it if it slows down further. It is far slower "
		 "than the disks of its model beside it.",
		 "its cable, its bay or a rebuild that it does", true},
	[SYMPTOM_NIC_ERRORS] = {"nic-errors", true, COMPONENT_NIC,
				"Swap the cable or module of %s, then its switch port.",
				"the far end", true},
	[SYMPTOM_NIC_SLOW_LINK] = {"nic-slow-link", true, COMPONENT_NIC,
				   "Swap the cable of %s, then its switch port.", "the far end",
				   true},
	[SYMPTOM_NIC_BELOW_PORT] = {"nic-below-port-speed", false, COMPONENT_NIC,
				    "Check that cable, module and switch port of %s are meant for "
				    "its speed.",
				    "a switch port that is slower by design", false},
	[SYMPTOM_NIC_SLOW_PATH] =
		{"nic-slow-path", true, COMPONENT_NIC,
		 "Check the far end of %s first: its switch port, then cable and module.",
		 "the card, or a load on the switch", true},
	[SYMPTOM_PCIE_FATAL] = {"pcie-error", true, COMPONENT_PCI, "Reseat %s and its riser.",
				"the slot", true},
	[SYMPTOM_PCIE_CORRECTABLE] = {"pcie-correctable-errors", false, COMPONENT_PCI,
				      "Reseat %s and its riser when convenient.", "the slot",
				      false},
	[SYMPTOM_CARD_FAILED] = {"card-failed", true, COMPONENT_PCI,
				 "Replace %s. It reports an error of its own.",
				 "its power cable, or heat", false},
	[SYMPTOM_REBOOTS] =
		{"reboots-under-load", true, COMPONENT_SYSTEM,
		 "Check power supplies, cables and cooling of %s. It reboots under load.",
		 "memory or a CPU: see which test ran", false},
	[SYMPTOM_HANGS] = {"hangs-under-load", true, COMPONENT_SYSTEM,
			   "Look at the screen of %s, then power-cycle it. It hangs under load.",
			   "its network: see whether the switch port is up", false},
	[SYMPTOM_PCIE_NARROW_LINK] = {"pcie-narrow-link", false, COMPONENT_PCI,
				      "Reseat %s: it uses fewer lanes than it could.",
				      "a slot that is wired narrower", true},
	[SYMPTOM_PCIE_SLOW_LINK] = {"pcie-slow-link", false, COMPONENT_PCI,
				    "Reseat %s: its link is slower than it could be.",
				    "a riser or a setting of the firmware", false},
	[SYMPTOM_FAN_FAILED] = {"fan-failed", true, COMPONENT_FAN,
				"Replace %s. It has stopped or is far too slow.",
				"its plug, or something that blocks it", true},
	[SYMPTOM_SUPPLY_FAILED] = {"psu-failed", true, COMPONENT_SUPPLY,
				   "Check the mains cable of %s, then replace it.",
				   "the outlet or its fuse", true},
	[SYMPTOM_REDUNDANCY_LOST] = {"redundancy-lost", true, COMPONENT_SYSTEM,
				     "Check power supplies and fans of %s: one of them is missing.",
				     "a supply without mains", false},
	[SYMPTOM_SENSOR_CRITICAL] = {"sensor-critical", true, COMPONENT_SYSTEM,
				     "Check what the sensor in the message watches on %s.",
				     "heat: fans, air ducts and blanks first", false},
	[SYMPTOM_CLOCK_STOPPED] = {"clock-stopped", true, COMPONENT_SYSTEM,
				   "Replace the battery of the hardware clock of %s. The clock "
				   "stands.",
				   "the clock itself, if it stands with a new battery", false},
	[SYMPTOM_CLOCK_DRIFT] =
		{"clock-drift", false, COMPONENT_SYSTEM,
		 "Replace the battery of the hardware clock of %s. It does not keep "
		 "time.",
		 "the clock itself, if it drifts with a new battery", false},
	[SYMPTOM_CLOCK_LOST] = {"clock-battery", false, COMPONENT_SYSTEM,
				"Set the hardware clock of %s, and replace its battery if the time "
				"is lost again.",
				"a clock that was never set", false},
	[SYMPTOM_TPM_SILENT] = {"tpm-silent", false, COMPONENT_SYSTEM,
				"Reseat the TPM of %s and look whether its setup enables it.",
				"a TPM that is locked out or needs its firmware updated", false},
	[SYMPTOM_TEST_FAILED] = {"burn-in-test-failed", true, COMPONENT_SYSTEM,
				 "Read what the test found in the records of the run of %s.",
				 "the test itself: run it on a host that is known to be good",
				 false},
};

const struct burnin_rule *burnin_rule_of(enum burnin_symptom symptom)
{
	BUG_ON(symptom <= SYMPTOM_NONE || symptom >= _SYMPTOM_MAX);
	return &rules[symptom];
}

enum burnin_symptom burnin_symptom_of(const char *verdict)
{
	for (int s = SYMPTOM_NONE + 1; s < _SYMPTOM_MAX; s++)
		if (str_eq(rules[s].verdict, verdict))
			return (enum burnin_symptom)s;
	return SYMPTOM_NONE;
}

void burnin_blame(struct burnin_finding *finding, const struct suspects *suspects)
{
	finding->suspects = *suspects;
	finding->component = suspects->certainty == CERTAINTY_CERTAIN ? suspects->parts[0] : NULL;
}

/* ---- orders ---------------------------------------------------------------------------------- */

#define NAMED_SUSPECTS 6 /* so many fit into an order; the record has all */

/* "DIMM_A1" */
static const char *place_of(const struct component *c)
{
	return *c->location ? c->location : c->key;
}

/* "Slot 3 (ST8000NM, serial ZA1B2C3D)" */
static void describe(const struct component *c, struct str *out)
{
	str_addf(out, "%.64s", place_of(c));
	if (*c->serial)
		str_addf(out, " (%.40s%sserial %.40s)", c->name, *c->name ? ", " : "", c->serial);
	else if (*c->name)
		str_addf(out, " (%.40s)", c->name);
}

static void describe_several(const struct suspects *s, struct str *out)
{
	str_addf(out, "one of these %s:", component_kind_plural(s->kind));
	for (size_t i = 0; i < s->n && i < NAMED_SUSPECTS; i++) {
		str_addf(out, "%s %.40s", i ? "," : "", place_of(s->parts[i]));
		if (*s->parts[i]->serial)
			str_addf(out, " (serial %.24s)", s->parts[i]->serial);
	}
	if (s->n_all > NAMED_SUSPECTS)
		str_addf(out, " and %zu more", s->n_all - NAMED_SUSPECTS);
}

/* Does the name of the place begin with the word for the part, as "CPU 0", "Disk 3" and "PSU1" do? */
static bool says_kind(const struct component *c)
{
	static const char *const others[_COMPONENT_KIND_MAX] = {
		[COMPONENT_SUPPLY] = "PSU", [COMPONENT_FAN] = "fan"};
	const char *word = others[c->kind] ? others[c->kind] : component_kind_word(c->kind);
	size_t n = strlen(word);

	return strncasecmp(place_of(c), word, n) == 0 && place_of(c)[n] &&
	       !isalpha((unsigned char)place_of(c)[n]);
}

static void describe_part(const struct burnin_finding *f, enum component_kind kind, struct str *out)
{
	const struct component *c = f->component ? f->component : f->suspects.parts[0];

	if (kind == COMPONENT_SYSTEM || kind == COMPONENT_BOARD) {
		str_add(out, component_kind_word(kind));
	} else if (f->component || f->suspects.n_all == 1) {
		/* A socket that is called "CPU 0" says what it is. */
		if (!says_kind(c))
			str_addf(out, "%s ", component_kind_word(c->kind));
		describe(c, out);
	} else if (f->suspects.n_all > 1) {
		describe_several(&f->suspects, out);
	} else {
		str_addf(out, "the %s that is at fault (this host does not report which)",
			 component_kind_word(kind));
	}
}

/* How a part of a kind is swapped, what the fault follows then, and what it stays with. A kind without
 * a row cannot be swapped. */
static const struct {
	const char *move, *part, *place;
} swaps[_COMPONENT_KIND_MAX] = {
	[COMPONENT_CPU] = {"exchange it with the one of another socket", "CPU", "socket"},
	[COMPONENT_DIMM] = {"exchange it with one of another channel", "module",
			    "slot and its memory controller"},
	[COMPONENT_DISK] = {"move it to another bay", "disk", "bay, cable or backplane"},
	[COMPONENT_NIC] = {"put its cable, at this end, into another port", "cable or far end",
			   "port of the card"},
	[COMPONENT_PCI] = {"move it to another slot", "card", "slot or riser"},
	[COMPONENT_FAN] = {"exchange it with another fan", "fan", "plug on the board"},
	[COMPONENT_SUPPLY] = {"exchange it with the other supply, without its mains cable",
			      "supply", "bay or mains cable"},
};

static void add_verdict_of_swap(enum component_kind kind, struct str *out)
{
	str_addf(out, " and run the burn-in again: the fault follows the %s or stays with the %s.",
		 swaps[kind].part, swaps[kind].place);
}

/* Several are found by halves. */
static void add_search(const struct suspects *s, struct str *out)
{
	if (s->n_all == 2 && s->n == 2)
		str_addf(out,
			 " To find it, exchange the part of %.40s, not of %.40s, with one "
			 "outside this list",
			 place_of(s->parts[0]), place_of(s->parts[1]));
	else
		str_add(out, " To find it, exchange half of them with others");
	add_verdict_of_swap(s->kind, out);
}

/* The swap that decides, where the part is not certain or may be blamed for what holds it. */
static void add_swap(const struct burnin_finding *f, struct str *out)
{
	const struct burnin_rule *rule = burnin_rule_of(f->symptom);
	const struct suspects *s = &f->suspects;
	enum component_kind kind = f->component ? f->component->kind : s->kind;

	if (!swaps[kind].move || (!f->component && !s->n_all))
		return;
	if (!f->component && s->n_all > 1) {
		add_search(s, out);
		return;
	}
	if (!f->component && s->certainty == CERTAINTY_LIKELY)
		str_add(out, " It was found by the usual order of slots.");
	else if (!rule->swap_decides)
		return;
	str_addf(out, " To prove it, %s", swaps[kind].move);
	add_verdict_of_swap(kind, out);
}

static void write_action(const struct burnin_finding *f, struct burnin_order *ret)
{
	const struct burnin_rule *rule = burnin_rule_of(f->symptom);
	const char *hole = strstr(rule->action, "%s");
	struct str action;

	str_init(&action, 8192);
	str_addn(&action, rule->action, (size_t)(hole - rule->action));
	describe_part(f, rule->kind, &action);
	str_add(&action, hole + 2);
	if (*rule->else_may_be && (f->component || f->suspects.n_all < 2))
		str_addf(&action, " It may also be %s.", rule->else_may_be);
	add_swap(f, &action);
	(void)text_fit(ret->action, sizeof(ret->action), action.p);
	str_done(&action);
}

void burnin_order_of(const struct burnin_finding *finding, struct burnin_order *ret)
{
	const struct burnin_rule *rule = burnin_rule_of(finding->symptom);
	bool one = finding->component || finding->suspects.n_all == 1;
	const struct component *c = finding->component ? finding->component
						       : finding->suspects.parts[0];

	*ret = (struct burnin_order){.certainty = finding->component ? CERTAINTY_CERTAIN
								     : finding->suspects.certainty};
	write_action(finding, ret);
	(void)text_fit(ret->part, sizeof(ret->part), component_kind_str(c ? c->kind : rule->kind));
	if (!one)
		return;
	(void)text_fit(ret->slot, sizeof(ret->slot), place_of(c));
	(void)text_fit(ret->serial, sizeof(ret->serial), c->serial);
	(void)text_fit(ret->part_number, sizeof(ret->part_number), c->part_number);
}
