/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The error counters of this host: memory controllers (edac.c), PCIe links, machine checks, heat,
 * network cards. A file that is missing makes a counter not covered, never zero.
 */
#include "burn.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <base/cleanup.h>
#include <base/json.h>
#include <base/str.h>

#include <agent/facts/sysfs.h>

/* ---- PCIe ------------------------------------------------------------------------------------ */

/* "TOTAL_ERR_COR 3" on the last line of aer_dev_correctable. */
static void read_aer(const char *root, const char *address, const char *file, const char *total,
		     enum counter_kind kind, struct counters *ret)
{
	autofree char *path = xasprintf("%s/sys/bus/pci/devices/%s/%s", root, address, file);
	autoclose_file FILE *f = fopen(path, "re");
	char line[128];

	while (f && fgets(line, sizeof(line), f))
		if (str_starts(line, total))
			counters_add(ret, kind, address, strtoll(line + strlen(total), NULL, 10));
}

static void read_pci_counters(const char *root, struct counters *ret)
{
	autonames struct sysfs_names names = sysfs_list(root, "sys/bus/pci/devices");

	for (size_t i = 0; i < names.n; i++) {
		const char *a = names.names[i];

		read_aer(root, a, "aer_dev_fatal", "TOTAL_ERR_FATAL", COUNTER_AER_FATAL, ret);
		read_aer(root, a, "aer_dev_nonfatal", "TOTAL_ERR_NONFATAL", COUNTER_AER_NONFATAL,
			 ret);
		read_aer(root, a, "aer_dev_correctable", "TOTAL_ERR_COR", COUNTER_AER_CORRECTABLE,
			 ret);
	}
}

/* ---- processors ------------------------------------------------------------------------------ */

/* Package of a logical CPU; "" if the kernel does not show it. */
static void package_of(const char *root, int64_t cpu, char ret[static 32])
{
	if (!sysfs_text(root, ret, 32,
			"sys/devices/system/cpu/cpu%lld/topology/physical_package_id",
			(long long)cpu))
		ret[0] = '\0';
}

static void add_to(struct counters *c, size_t from, enum counter_kind kind, const char *key,
		   int64_t value)
{
	for (size_t i = from; i < c->items.n; i++) {
		if (c->items.items[i].kind == kind && str_eq(c->items.items[i].key, key)) {
			c->items.items[i].value += value;
			return;
		}
	}
	counters_add(c, kind, key, value);
}

/* Rows of /proc/interrupts. HW: MCE counts exceptions; errors that were corrected come as THR
 * (Intel's CMCI, AMD's thresholds) and DFR (AMD's deferred errors). MCP, the polls, always grows. */
static const struct {
	const char *word;
	enum counter_kind kind;
} interrupt_rows[] = {
	{"MCE:", COUNTER_MCE},
	{"THR:", COUNTER_MCE_CORRECTED},
	{"DFR:", COUNTER_MCE_CORRECTED},
};

/* The heads of the columns name the CPUs: those that are offline have none. */
static void read_row(const char *root, const char *heads, const char *numbers,
		     enum counter_kind kind, struct counters *ret)
{
	size_t from = ret->items.n;

	for (;;) {
		char package[32], *end;

		heads = strstr(heads, "CPU");
		long long v = strtoll(numbers, &end, 10);
		if (!heads || end == numbers)
			return;
		package_of(root, strtoll(heads + 3, NULL, 10), package);
		add_to(ret, from, kind, package, v);
		heads += 3;
		numbers = end;
	}
}

static void read_interrupts(const char *root, struct counters *ret)
{
	autofree char *path = xasprintf("%s/proc/interrupts", root);
	autoclose_file FILE *f = fopen(path, "re");
	autofree char *heads = NULL, *line = NULL;
	size_t heads_room = 0, room = 0;

	if (!f || getline(&heads, &heads_room, f) <= 0)
		return;
	while (getline(&line, &room, f) > 0) {
		const char *p = line + strspn(line, " ");

		for (size_t i = 0; i < ARRAY_LEN(interrupt_rows); i++)
			if (str_starts(p, interrupt_rows[i].word))
				read_row(root, heads, p + strlen(interrupt_rows[i].word),
					 interrupt_rows[i].kind, ret);
	}
}

/* All CPUs of a package show the same count: the highest stands for them. */
static void read_throttle(const char *root, struct counters *ret)
{
	autonames struct sysfs_names names = sysfs_list(root, "sys/devices/system/cpu");
	size_t from = ret->items.n;

	for (size_t i = 0; i < names.n; i++) {
		int64_t n = sysfs_int(
			root, -1,
			"sys/devices/system/cpu/%s/thermal_throttle/package_throttle_count",
			names.names[i]);
		char package[32];
		bool seen = false;

		if (n < 0 || !str_starts(names.names[i], "cpu"))
			continue;
		package_of(root, strtoll(names.names[i] + 3, NULL, 10), package);
		for (size_t k = from; k < ret->items.n; k++) {
			struct counter *c = &ret->items.items[k];

			if (!str_eq(c->key, package))
				continue;
			seen = true;
			c->value = n > c->value ? n : c->value;
		}
		if (!seen)
			counters_add(ret, COUNTER_THROTTLE, package, n);
	}
}

/* ---- network --------------------------------------------------------------------------------- */

static void read_nic_counters(const char *root, const component_list *components,
			      struct counters *ret)
{
	/* What a bad cable, module or port causes; drops and overruns are a matter of load. */
	static const char *const files[] = {"rx_crc_errors",     "rx_frame_errors",
					    "rx_length_errors",  "tx_carrier_errors",
					    "tx_aborted_errors", "tx_heartbeat_errors"};

	for (size_t i = 0; i < components->n; i++) {
		const struct component *c = &components->items[i];
		int64_t sum = 0;
		unsigned n = 0;

		if (c->kind != COMPONENT_NIC)
			continue;
		for (size_t k = 0; k < ARRAY_LEN(files); k++) {
			int64_t v = sysfs_int(root, -1, "sys/class/net/%s/statistics/%s", c->key,
					      files[k]);

			sum += v > 0 ? v : 0;
			n += v >= 0;
		}
		if (n)
			counters_add(ret, COUNTER_NIC_ERRORS, c->key, sum);
	}
}

void burn_read_counters(const char *root, const component_list *components, struct counters *ret)
{
	burn_read_edac(root, ret);
	read_pci_counters(root, ret);
	read_interrupts(root, ret);
	read_throttle(root, ret);
	read_nic_counters(root, components, ret);
	burn_read_sas(root, components, ret);
}

json_t *burn_counters_json(const char *root)
{
	component_list components = {0};
	struct counters counters = {0};
	struct facts facts;

	machine_facts(root, &facts);
	burn_list_components(root, &facts, &components);
	burn_read_counters(root, &components, &counters);
	json_t *out = json_pack("{s:o, s:o}", "coverage", counters_coverage_json(&counters),
				"counters", counters_json(&counters, &components));
	counters_done(&counters);
	VEC_DONE(&components);
	facts_done(&facts);
	return out;
}
