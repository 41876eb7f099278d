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
#include <base/str.h>

static const struct burnin_rule rules[_SYMPTOM_MAX] = {
	[SYMPTOM_CPU_WRONG_RESULT] = {"cpu-wrong-result", true,
				      "Replace %s. It computes wrong results.",
				      "memory: test it alone first if it failed, too"},
	[SYMPTOM_CPU_MACHINE_CHECK] = {"cpu-machine-check", true,
				       "Reseat %s, then replace it if this comes back.",
				       "memory or the main board"},
	[SYMPTOM_CPU_THROTTLED] = {"cpu-throttled", false,
				   "Check fans, air ducts and the heat sink of %s.",
				   "room temperature"},
	[SYMPTOM_MEMORY_MISCOMPARE] =
		{"memory-miscompare", true, "Replace %s. It does not hold what is written to it.",
		 "the CPU's memory controller, if the fault stays with the slot"},
	[SYMPTOM_DIMM_UNCORRECTABLE] = {"dimm-uncorrectable-error", true, "Replace %s.",
					"the slot: move the module, see whether the fault follows"},
	[SYMPTOM_DIMM_CORRECTABLE] = {"dimm-correctable-errors", true,
				      "Reseat %s, then replace it if this comes back.",
				      "dust or a bent pin in the slot"},
	[SYMPTOM_DISK_READ_ERROR] =
		{"disk-read-error", true, "Replace %s. It cannot be read.",
		 "its cable or bay: try another bay first if others fail there"},
	[SYMPTOM_DISK_UNSTABLE_READ] = {"disk-unstable-read", true,
					"Replace %s. Reading it twice gives different bytes.",
					"memory or the disk controller"},
	[SYMPTOM_DISK_SMART_FAILED] = {"disk-smart-failed", true,
				       "Replace %s. The disk itself says that it fails.", ""},
	[SYMPTOM_DISK_BAD_SECTORS] = {"disk-bad-sectors", true, "Replace %s. It has bad sectors.",
				      ""},
	[SYMPTOM_DISK_NVME_WARNING] = {"disk-nvme-warning", true,
				       "Replace %s. It reports a critical warning.",
				       "heat, if the warning is its temperature"},
	[SYMPTOM_DISK_HOT] = {"disk-too-hot", true,
			      "Check fans, air ducts and blanks in front of %s. It is too hot.",
			      "the disk's sensor"},
	[SYMPTOM_DISK_SELF_TEST] = {"disk-self-test-failed", true,
				    "Replace %s. Its own self-test failed.", ""},
	[SYMPTOM_DISK_WORN] = {"disk-worn-out", true,
			       "Replace %s. Its spare blocks or its rated life are used up.", ""},
	[SYMPTOM_DISK_LINK_ERRORS] = {"disk-link-errors", true,
				      "Swap the cable of %s, or move it to another bay.",
				      "the backplane"},
	[SYMPTOM_DISK_USED] = {"disk-used", false, "Ask the vendor about %s: it is not new.",
			       "a part from stock"},
	[SYMPTOM_NIC_ERRORS] = {"nic-errors", true,
				"Swap the cable or module of %s, then its switch port.",
				"the far end"},
	[SYMPTOM_PCIE_FATAL] = {"pcie-error", true, "Reseat %s and its riser.", "the slot"},
	[SYMPTOM_PCIE_CORRECTABLE] = {"pcie-correctable-errors", false,
				      "Reseat %s and its riser when convenient.", "the slot"},
	[SYMPTOM_PCIE_NARROW_LINK] = {"pcie-narrow-link", false,
				      "Reseat %s: it uses fewer lanes than it could.",
				      "a slot that is wired narrower"},
};

static const char *const part_words[_COMPONENT_KIND_MAX] = {
	[COMPONENT_SYSTEM] = "the main board or its memory",
	[COMPONENT_CPU] = "CPU",
	[COMPONENT_DIMM] = "memory module",
	[COMPONENT_DISK] = "disk",
	[COMPONENT_NIC] = "network card",
	[COMPONENT_PCI] = "card",
};

const struct burnin_rule *burnin_rule_of(enum burnin_symptom symptom)
{
	BUG_ON(symptom <= SYMPTOM_NONE || symptom >= _SYMPTOM_MAX);
	return &rules[symptom];
}

/* "disk in slot 3 (ST8000NM, serial ZA1B2C3D)" */
static void describe(const struct component *c, struct str *out)
{
	str_add(out, part_words[c ? c->kind : COMPONENT_SYSTEM]);
	if (!c)
		return;
	if (*c->location)
		str_addf(out, " %s", c->location);
	else if (*c->key && c->kind != COMPONENT_SYSTEM)
		str_addf(out, " %s", c->key);
	if (*c->serial)
		str_addf(out, " (%s%sserial %s)", c->name, *c->name ? ", " : "", c->serial);
	else if (*c->name)
		str_addf(out, " (%s)", c->name);
}

void burnin_order_of(const struct burnin_finding *finding, struct burnin_order *ret)
{
	const struct burnin_rule *rule = burnin_rule_of(finding->symptom);
	const struct component *c = finding->component;
	const char *hole = strstr(rule->action, "%s");
	struct str action;

	*ret = (struct burnin_order){0};
	str_init(&action, sizeof(ret->action) - 1);
	str_addn(&action, rule->action, (size_t)(hole - rule->action));
	describe(c, &action);
	str_add(&action, hole + 2);
	if (*rule->else_may_be)
		str_addf(&action, " It may also be %s.", rule->else_may_be);
	(void)str_copy(ret->action, sizeof(ret->action), action.p);
	str_done(&action);
	(void)str_copy(ret->part, sizeof(ret->part),
		       component_kind_str(c ? c->kind : COMPONENT_SYSTEM));
	if (c) {
		(void)str_copy(ret->slot, sizeof(ret->slot), *c->location ? c->location : c->key);
		(void)str_copy(ret->serial, sizeof(ret->serial), c->serial);
	}
}
