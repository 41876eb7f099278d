/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counter deltas and their limits; see counters.h. The limits are for new parts under minutes of
 * load: nothing uncorrectable is allowed, and correctable errors of a new DIMM are a fault, too.
 */
#include <burnin/counters.h>

#include <stdio.h>
#include <base/cleanup.h>
#include <base/str.h>

static const struct {
	const char *name;
	enum burnin_symptom symptom;
	enum component_kind part;
	int64_t allowed; /* growth up to this is normal */
} kinds[_COUNTER_KIND_MAX] = {
	[COUNTER_EDAC_CE] = {"edac-ce", SYMPTOM_DIMM_CORRECTABLE, COMPONENT_DIMM, 0},
	[COUNTER_EDAC_UE] = {"edac-ue", SYMPTOM_DIMM_UNCORRECTABLE, COMPONENT_DIMM, 0},
	[COUNTER_MCE] = {"mce", SYMPTOM_CPU_MACHINE_CHECK, COMPONENT_CPU, 0},
	[COUNTER_THROTTLE] = {"throttle", SYMPTOM_CPU_THROTTLED, COMPONENT_CPU, 0},
	[COUNTER_AER_FATAL] = {"aer-fatal", SYMPTOM_PCIE_FATAL, COMPONENT_PCI, 0},
	[COUNTER_AER_NONFATAL] = {"aer-nonfatal", SYMPTOM_PCIE_FATAL, COMPONENT_PCI, 0},
	[COUNTER_AER_CORRECTABLE] = {"aer-correctable", SYMPTOM_PCIE_CORRECTABLE, COMPONENT_PCI,
				     10},
	[COUNTER_NIC_ERRORS] = {"nic-errors", SYMPTOM_NIC_ERRORS, COMPONENT_NIC, 0},
};

const char *counter_kind_str(enum counter_kind kind)
{
	return kind < _COUNTER_KIND_MAX ? kinds[kind].name : "unknown";
}

void counters_add(struct counters *c, enum counter_kind kind, const char *key, int64_t value)
{
	struct counter item = {.kind = kind, .value = value};

	c->covered[kind] = true;
	if (c->items.n >= COUNTERS_MAX)
		return;
	(void)str_copy(item.key, sizeof(item.key), key);
	VEC_PUSH(&c->items, item);
}

void counters_done(struct counters *c)
{
	VEC_DONE(&c->items);
}

static int64_t value_before(const struct counters *before, const struct counter *now)
{
	for (size_t i = 0; i < before->items.n; i++) {
		const struct counter *c = &before->items.items[i];

		if (c->kind == now->kind && str_eq(c->key, now->key))
			return c->value <= now->value ? c->value : 0;
	}
	return 0;
}

void counters_judge(const struct counters *before, const struct counters *after,
		    const component_list *components,
		    void (*found)(void *arg, const struct burnin_finding *finding, int64_t delta),
		    void *arg)
{
	for (size_t i = 0; i < after->items.n; i++) {
		const struct counter *c = &after->items.items[i];
		int64_t delta = c->value - value_before(before, c);
		struct burnin_finding finding = {.symptom = kinds[c->kind].symptom};

		if (delta <= kinds[c->kind].allowed)
			continue;
		finding.component = component_find(components, kinds[c->kind].part, c->key);
		snprintf(finding.message, sizeof(finding.message), "%s%s%s grew by %lld",
			 kinds[c->kind].name, *c->key ? " of " : "", c->key, (long long)delta);
		found(arg, &finding, delta);
	}
}
