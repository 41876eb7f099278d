/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parts say about themselves: disk health through smartctl, and the error counters of
 * memory controllers, PCIe links, CPUs and network cards, before and after the load.
 */
#include "burn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <base/cleanup.h>
#include <base/process.h>
#include <base/str.h>
#include <burnin/smart.h>

#include <agent/facts/sysfs.h>

/* ---- components ------------------------------------------------------------------------------ */

#define COPY(dst, src) (void)text_fit(dst, sizeof(dst), src)

static void add_dimms(const struct facts *f, component_list *list)
{
	for (size_t i = 0; i < f->memory.modules.n; i++) {
		const struct facts_dimm *d = &f->memory.modules.items[i];
		char key[64];

		/* "DIMM 0" alone is ambiguous on boards with two sockets; bank and slot are not. */
		text_print(key, sizeof(key), "%.30s%s%.30s", d->bank_locator,
			   *d->bank_locator ? " " : "", d->device_locator);
		struct component *c = d->capacity_mib ? component_add(list, COMPONENT_DIMM, key)
						      : NULL;
		if (!c)
			continue;
		text_print(c->name, sizeof(c->name), "%lld MiB %.32s", (long long)d->capacity_mib,
			   d->type);
		COPY(c->location, key);
		COPY(c->serial, d->serial);
		COPY(c->manufacturer, d->manufacturer);
		COPY(c->part_number, d->part_number);
	}
}

static void add_cpus(const struct facts *f, component_list *list)
{
	for (size_t i = 0; i < f->processors.n; i++) {
		const struct facts_cpu *p = &f->processors.items[i];
		char key[24];

		snprintf(key, sizeof(key), "%zu", i); /* the kernel's package number */
		struct component *c = component_add(list, COMPONENT_CPU, key);
		if (!c)
			return;
		COPY(c->name, p->model);
		COPY(c->location, p->socket);
		COPY(c->serial, p->serial);
		COPY(c->manufacturer, p->manufacturer);
	}
}

static void add_drives(const struct facts *f, component_list *list)
{
	for (size_t i = 0; i < f->drives.n; i++) {
		const struct facts_drive *d = &f->drives.items[i];
		struct component *c = component_add(list, COMPONENT_DISK, d->name);

		if (!c)
			return;
		COPY(c->name, *d->model ? d->model : d->name);
		COPY(c->location, d->slot);
		COPY(c->serial, *d->serial ? d->serial : d->wwn);
		COPY(c->manufacturer, d->manufacturer);
		COPY(c->revision, d->revision);
	}
}

static void add_cards(const struct facts *f, component_list *list)
{
	for (size_t i = 0; i < f->nics.n; i++) {
		const struct facts_nic *n = &f->nics.items[i];
		struct component *c = component_add(list, COMPONENT_NIC, n->name);

		if (!c)
			return;
		text_print(c->name, sizeof(c->name), "%s %s", n->driver, n->name);
		COPY(c->location, n->pci_address);
		COPY(c->serial, n->permanent_mac);
	}
	for (size_t i = 0; i < f->pci.n; i++) {
		const struct facts_pci *p = &f->pci.items[i];
		struct component *c = component_add(list, COMPONENT_PCI, p->address);

		if (!c)
			return;
		text_print(c->name, sizeof(c->name), "%s:%s %s", p->vendor_id, p->device_id,
			   p->driver);
		COPY(c->location, p->address);
	}
}

#define EDAC "sys/devices/system/edac/mc"

/* Calls fn for each DIMM that a memory controller driver knows. */
static void each_edac_dimm(const char *root,
			   void (*fn)(void *arg, const char *dir, const char *label), void *arg)
{
	autonames struct sysfs_names controllers = sysfs_list(root, EDAC);

	for (size_t i = 0; i < controllers.n; i++) {
		autonames struct sysfs_names dimms = sysfs_list(root, EDAC "/%s",
								controllers.names[i]);

		for (size_t k = 0; k < dimms.n; k++) {
			char dir[160], label[64];

			if (!str_starts(dimms.names[k], "dimm"))
				continue;
			snprintf(dir, sizeof(dir), EDAC "/%.40s/%.40s", controllers.names[i],
				 dimms.names[k]);
			if (!sysfs_text(root, label, sizeof(label), "%s/dimm_label", dir))
				text_print(label, sizeof(label), "%.30s %.30s",
					   controllers.names[i], dimms.names[k]);
			fn(arg, dir, label);
		}
	}
}

static void add_edac_dimm(void *arg, const char *dir, const char *label)
{
	component_list *list = arg;

	(void)dir;
	if (component_find(list, COMPONENT_DIMM, label))
		return;
	struct component *c = component_add(list, COMPONENT_DIMM, label);
	if (c)
		COPY(c->location, label);
}

void burn_list_components(const char *root, const struct facts *facts, component_list *ret)
{
	add_cpus(facts, ret);
	add_dimms(facts, ret);
	each_edac_dimm(root, add_edac_dimm, ret);
	add_drives(facts, ret);
	add_cards(facts, ret);
}

/* ---- counters -------------------------------------------------------------------------------- */

struct reading {
	const char *root;
	struct counters *counters;
};

static void read_edac_dimm(void *arg, const char *dir, const char *label)
{
	const struct reading *r = arg;
	int64_t ce = sysfs_int(r->root, -1, "%s/dimm_ce_count", dir);
	int64_t ue = sysfs_int(r->root, -1, "%s/dimm_ue_count", dir);

	if (ce >= 0)
		counters_add(r->counters, COUNTER_EDAC_CE, label, ce);
	if (ue >= 0)
		counters_add(r->counters, COUNTER_EDAC_UE, label, ue);
}

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

/* The row "MCE:" of /proc/interrupts: one number a CPU. Other architectures have no such row. */
static void read_mce(const char *root, struct counters *ret)
{
	autofree char *path = xasprintf("%s/proc/interrupts", root);
	autoclose_file FILE *f = fopen(path, "re");
	autofree char *line = NULL;
	size_t room = 0;

	while (f && getline(&line, &room, f) > 0) {
		const char *p = line + strspn(line, " ");
		int64_t sum = 0;
		char *end;

		if (!str_starts(p, "MCE:"))
			continue;
		for (p += 4;; p = end) {
			long long v = strtoll(p, &end, 10);

			if (end == p)
				break;
			sum += v;
		}
		counters_add(ret, COUNTER_MCE, "", sum);
	}
}

static void read_throttle(const char *root, struct counters *ret)
{
	autonames struct sysfs_names names = sysfs_list(root, "sys/devices/system/cpu");

	for (size_t i = 0; i < names.n; i++) {
		int64_t n = sysfs_int(
			root, -1,
			"sys/devices/system/cpu/%s/thermal_throttle/package_throttle_count",
			names.names[i]);
		char package[32];

		/* All CPUs of a package show the same count: its first one is enough. */
		if (n < 0 || !sysfs_text(root, package, sizeof(package),
					 "sys/devices/system/cpu/%s/topology/physical_package_id",
					 names.names[i]))
			continue;
		bool seen = false;
		for (size_t k = 0; k < ret->items.n; k++)
			seen |= ret->items.items[k].kind == COUNTER_THROTTLE &&
				str_eq(ret->items.items[k].key, package);
		if (!seen)
			counters_add(ret, COUNTER_THROTTLE, package, n);
	}
}

static void read_nic_counters(const char *root, const component_list *components,
			      struct counters *ret)
{
	static const char *const files[] = {"rx_crc_errors", "rx_frame_errors",
					    "tx_carrier_errors"};

	for (size_t i = 0; i < components->n; i++) {
		const struct component *c = &components->items[i];
		int64_t sum = 0;

		if (c->kind != COMPONENT_NIC)
			continue;
		for (size_t k = 0; k < ARRAY_LEN(files); k++)
			sum += sysfs_int(root, 0, "sys/class/net/%s/statistics/%s", c->key,
					 files[k]);
		counters_add(ret, COUNTER_NIC_ERRORS, c->key, sum);
	}
}

void burn_read_counters(const char *root, const component_list *components, struct counters *ret)
{
	struct reading reading = {.root = root, .counters = ret};

	each_edac_dimm(root, read_edac_dimm, &reading);
	read_pci_counters(root, ret);
	read_mce(root, ret);
	read_throttle(root, ret);
	read_nic_counters(root, components, ret);
}

struct judging {
	struct burn *burn;
	const char *step;
};

static void counter_found(void *arg, const struct burnin_finding *finding, int64_t delta)
{
	const struct judging *j = arg;

	ocp_measure(&j->burn->stream, j->step, finding->component, "counter-growth", (double)delta,
		    "errors", (struct ocp_validator){"EQUAL", 0});
	burn_found(j->burn, j->step, finding);
}

enum burn_end burn_test_counters(struct burn *b, const char *step)
{
	struct counters after = {0};
	struct judging judging = {.burn = b, .step = step};
	json_t *coverage = json_object();
	unsigned n_before = b->n_failures, n_covered = 0;

	burn_read_counters("", &b->components, &after);
	counters_judge(&b->before, &after, &b->components, counter_found, &judging);
	for (int i = 0; i < _COUNTER_KIND_MAX; i++) {
		json_object_set_new(coverage, counter_kind_str((enum counter_kind)i),
				    json_string(after.covered[i] ? "covered" : "none"));
		n_covered += after.covered[i];
	}
	ocp_extend(&b->stream, step, "coverage", coverage);
	if (!after.covered[COUNTER_EDAC_CE])
		burn_unjudged(b, step, NULL,
			      "no memory controller driver: ECC errors are not covered");
	if (n_covered && b->n_failures == n_before)
		burn_passed(b, step, NULL, "counters-pass", "no covered error counter grew");
	counters_done(&after);
	return n_covered ? BURN_JUDGED : BURN_SKIPPED;
}

/* ---- disk health ----------------------------------------------------------------------------- */

struct disk_judging {
	struct burn *burn;
	const char *step;
};

static void disk_found(void *arg, const struct burnin_finding *finding)
{
	const struct disk_judging *j = arg;

	burn_found(j->burn, j->step, finding);
}

static void measure_smart(struct burn *b, const char *step, const struct component *c,
			  const struct smart_health *h)
{
	struct smart_value v;

	for (size_t i = 0; smart_value_at(h, i, &v); i++)
		if (v.value >= 0)
			ocp_measure(&b->stream, step, c, v.name, (double)v.value, NULL,
				    v.symptom ? (struct ocp_validator){"LESS_THAN_OR_EQUAL",
								       (double)v.limit}
					      : (struct ocp_validator){0});
}

/* Values that fail the disk count also where others are missing; a pass needs all. */
static void judge_smart(struct burn *b, const char *step, const struct component *c,
			const struct smart_health *h)
{
	struct disk_judging judging = {.burn = b, .step = step};

	measure_smart(b, step, c, h);
	unsigned n_failures = smart_judge(h, c, disk_found, &judging);
	if (*h->note)
		ocp_log(&b->stream, step, "INFO", h->note);
	if (!h->covered)
		burn_unjudged(b, step, c, h->reason);
	else if (!n_failures)
		burn_passed(b, step, c, "smart-pass", "the disk reports good health");
}

enum burn_end burn_test_smart(struct burn *b, const char *step)
{
	unsigned n_covered = 0;

	for (size_t i = 0; i < b->drives.n; i++) {
		const struct drive *d = &b->drives.items[i];
		const struct component *c = component_find(&b->components, COMPONENT_DISK,
							   d->facts.name);
		const char *argv[] = {"smartctl", "--json=c", "-a", d->dev_path, NULL};
		struct process_options options = {.argv = argv, .timeout_ms = 60000};
		struct process_result result = {0};
		struct smart_health health = {0};
		struct err err = ERR_INIT;

		if (!burn_tick(b))
			return BURN_STOPPED;
		if (process_run(&options, &result, &err) < 0 ||
		    tool_read_smart((struct tool_end){result.exit_code, result.signal}, result.out,
				    result.out_bytes, &health, &err) < 0)
			burn_unjudged(b, step, c, err.msg);
		else
			judge_smart(b, step, c, &health);
		n_covered += health.covered;
		process_result_done(&result);
	}
	return n_covered ? BURN_JUDGED : BURN_SKIPPED;
}
