/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counter deltas and their limits; see counters.h. The limits are for new parts under minutes of
 * load: nothing uncorrectable is allowed, and correctable errors of a new DIMM are a fault, too.
 */
#include <burnin/counters.h>

#include <base/cleanup.h>
#include <base/json.h>
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
	[COUNTER_MCE_CORRECTED] = {"mce-corrected", SYMPTOM_CPU_CORRECTED, COMPONENT_CPU, 0},
	[COUNTER_THROTTLE] = {"throttle", SYMPTOM_CPU_THROTTLED, COMPONENT_CPU, 0},
	[COUNTER_AER_FATAL] = {"aer-fatal", SYMPTOM_PCIE_FATAL, COMPONENT_PCI, 0},
	[COUNTER_AER_NONFATAL] = {"aer-nonfatal", SYMPTOM_PCIE_FATAL, COMPONENT_PCI, 0},
	[COUNTER_AER_CORRECTABLE] = {"aer-correctable", SYMPTOM_PCIE_CORRECTABLE, COMPONENT_PCI,
				     10},
	[COUNTER_NIC_ERRORS] = {"nic-errors", SYMPTOM_NIC_ERRORS, COMPONENT_NIC, 0},
	[COUNTER_SAS_LINK] = {"sas-link", SYMPTOM_DISK_LINK_ERRORS, COMPONENT_DISK, 0},
};

const char *counter_kind_str(enum counter_kind kind)
{
	return kind < _COUNTER_KIND_MAX ? kinds[kind].name : "unknown";
}

static void add(struct counters *c, const struct counter *item)
{
	c->covered[item->kind] = true;
	if (c->items.n < COUNTERS_MAX)
		VEC_PUSH(&c->items, *item);
}

void counters_add(struct counters *c, enum counter_kind kind, const char *key, int64_t value)
{
	struct counter item = {.kind = kind, .value = value, .edac.place = DIMM_NOWHERE};

	(void)text_fit(item.key, sizeof(item.key), key);
	add(c, &item);
}

void counters_add_edac(struct counters *c, enum counter_kind kind, const char *key,
		       const struct edac_place *edac, int64_t value)
{
	struct counter item = {.kind = kind, .value = value, .edac = *edac};

	(void)text_fit(item.key, sizeof(item.key), key);
	add(c, &item);
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

static bool is_processor(const struct counter *c)
{
	return kinds[c->kind].part == COMPONENT_CPU;
}

/* HW: the address of an error is a bridge's where the card behind it is at fault, so the function
 * itself comes first, whatever it is. */
static const struct component *part_at(const struct counter *c, const component_list *components)
{
	static const enum component_kind order[] = {COMPONENT_NIC, COMPONENT_DISK, COMPONENT_PCI};

	for (size_t i = 0; i < ARRAY_LEN(order); i++) {
		const struct component *found = component_at_pci(components, order[i], c->key);

		if (found)
			return found;
	}
	return component_find(components, COMPONENT_PCI, c->key);
}

void counter_suspects(const struct counter *c, const component_list *components,
		      struct suspects *ret)
{
	enum component_kind kind = kinds[c->kind].part;

	if (kind == COMPONENT_DIMM)
		suspects_of_edac(components, &c->edac, ret);
	else if (is_processor(c) && !*c->key)
		suspects_fitting(components, kind, NULL, NULL, ret);
	else if (kind == COMPONENT_PCI)
		suspects_one(part_at(c, components), kind, ret);
	else
		suspects_one(component_find(components, kind, c->key), kind, ret);
}

/* "of mc#0csrow#2channel#0": the kernel's own word where it has one. */
static const char *name_of(const struct counter *c)
{
	return *c->edac.label ? c->edac.label : c->key;
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
		struct suspects suspects;

		if (delta <= kinds[c->kind].allowed)
			continue;
		counter_suspects(c, components, &suspects);
		burnin_blame(&finding, &suspects);
		text_print(finding.message, sizeof(finding.message), "%s%s%s grew by %lld",
			   kinds[c->kind].name, *name_of(c) ? " of " : "", name_of(c),
			   (long long)delta);
		found(arg, &finding, delta);
	}
}

static json_t *part_json(const struct component *c)
{
	return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o}", "id", c->id, "part",
			 component_kind_str(c->kind), "name", json_string_of(c->name), "slot",
			 json_string_of(*c->location ? c->location : c->key), "serial",
			 json_string_of(c->serial), "part_number", json_string_of(c->part_number));
}

json_t *counters_json(const struct counters *c, const component_list *components)
{
	json_t *out = json_array();

	for (size_t i = 0; i < c->items.n; i++) {
		const struct counter *item = &c->items.items[i];
		struct suspects s;
		json_t *parts = json_array();

		counter_suspects(item, components, &s);
		for (size_t k = 0; k < s.n; k++)
			json_array_append_new(parts, part_json(s.parts[k]));
		json_array_append_new(out, json_pack("{s:s, s:o, s:o, s:I, s:s, s:o}", "kind",
						     counter_kind_str(item->kind), "key",
						     json_string_of(item->key), "label",
						     json_string_of(name_of(item)), "value",
						     (json_int_t)item->value, "certainty",
						     certainty_str(s.certainty), "parts", parts));
	}
	return out;
}

json_t *counters_coverage_json(const struct counters *c)
{
	json_t *out = json_object();

	for (int i = 0; i < _COUNTER_KIND_MAX; i++)
		json_object_set_new(out, counter_kind_str((enum counter_kind)i),
				    json_string(c->covered[i] ? "covered" : "none"));
	return out;
}
