/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Error counters from trees of real shapes: what grew, on which part, and what this host cannot
 * show.
 */
#include <tests/harness/check.h>
#include <tests/harness/fake_sys.h>

#include <base/json.h>
#include <base/str.h>
#include <agent/burn/burn.h>
#include <agent/facts/machine_facts.h>

#define MC "sys/devices/system/edac/mc/"

struct machine {
	struct fake_sys sys;
	component_list parts;
	struct counters before, after;
};

struct seen {
	unsigned n;
	int64_t delta;
	struct burnin_finding last;
};

static void note(void *arg, const struct burnin_finding *finding, int64_t delta)
{
	struct seen *seen = arg;

	seen->n++;
	seen->delta = delta;
	seen->last = *finding;
}

static void read_before(struct machine *m)
{
	struct facts facts;

	fake_sys_smbios_write(&m->sys);
	machine_facts(m->sys.root, &facts);
	burn_list_components(m->sys.root, &facts, &m->parts);
	facts_done(&facts);
	burn_read_counters(m->sys.root, &m->parts, &m->before);
}

static void read_after(struct machine *m, struct seen *seen)
{
	*seen = (struct seen){0};
	burn_read_counters(m->sys.root, &m->parts, &m->after);
	counters_judge(&m->before, &m->after, &m->parts, note, seen);
}

static void done(struct machine *m)
{
	counters_done(&m->before);
	counters_done(&m->after);
	VEC_DONE(&m->parts);
	fake_sys_done(&m->sys);
}

static void put_module(struct machine *m, const char *entry, const char *label, const char *ce)
{
	fake_sys_putf(&m->sys, label, MC "%s/dimm_label", entry);
	fake_sys_putf(&m->sys, ce, MC "%s/dimm_ce_count", entry);
	fake_sys_putf(&m->sys, "0\n", MC "%s/dimm_ue_count", entry);
}

/* field-16: counters of AMD, in ranks. */
static void test_field_16_ranks(void **state)
{
	struct machine m = {0};
	struct seen seen;

	(void)state;
	fake_sys_init(&m.sys);
	put_module(&m, "mc0/rank0", "mc#0csrow#0channel#0\n", "0\n");
	put_module(&m, "mc0/rank4", "mc#0csrow#2channel#0\n", "0\n");
	fake_sys_put(&m.sys, MC "mc0/ce_count", "0\n");
	/* the older layout beside it counts the same errors */
	fake_sys_put(&m.sys, MC "mc0/csrow2/ch0_ce_count", "0\n");
	read_before(&m);
	assert_true(m.before.covered[COUNTER_EDAC_CE]);
	put_module(&m, "mc0/rank4", "mc#0csrow#2channel#0\n", "7\n");
	fake_sys_put(&m.sys, MC "mc0/ce_count", "7\n");
	fake_sys_put(&m.sys, MC "mc0/csrow2/ch0_ce_count", "7\n");
	read_after(&m, &seen);
	assert_int_equal(seen.n, 1);
	assert_int_equal(seen.delta, 7);
	assert_int_equal(seen.last.symptom, SYMPTOM_DIMM_CORRECTABLE);
	assert_string_equal(seen.last.message, "edac-ce of mc#0csrow#2channel#0 grew by 7");
	done(&m);
}

/* field-16: the same in rows and channels. */
static void test_field_16_rows_of_older_kernels(void **state)
{
	struct machine m = {0};
	struct seen seen;

	(void)state;
	fake_sys_init(&m.sys);
	fake_sys_put(&m.sys, MC "mc0/csrow0/ch0_ce_count", "0\n");
	fake_sys_put(&m.sys, MC "mc0/csrow0/ch0_dimm_label", "mc#0csrow#0channel#0\n");
	fake_sys_put(&m.sys, MC "mc0/csrow0/ue_count", "0\n");
	fake_sys_put(&m.sys, MC "mc0/csrow0/ce_count", "0\n");
	fake_sys_put(&m.sys, MC "mc0/ce_count", "0\n");
	read_before(&m);
	assert_true(m.before.covered[COUNTER_EDAC_CE]);
	assert_true(m.before.covered[COUNTER_EDAC_UE]);
	fake_sys_put(&m.sys, MC "mc0/csrow0/ch0_ce_count", "5\n");
	fake_sys_put(&m.sys, MC "mc0/ce_count", "5\n");
	read_after(&m, &seen);
	assert_int_equal(seen.n, 1);
	assert_string_equal(seen.last.message, "edac-ce of mc#0csrow#0channel#0 grew by 5");
	done(&m);
}

/* field-16: kernels before 4.12 have modules with a label and no counts beside the rows that count. */
static void test_field_16_modules_without_counts(void **state)
{
	struct machine m = {0};
	struct seen seen;

	(void)state;
	fake_sys_init(&m.sys);
	fake_sys_put(&m.sys, MC "mc0/dimm0/dimm_label", "mc#0csrow#0channel#1\n");
	fake_sys_put(&m.sys, MC "mc0/csrow0/ch1_ce_count", "0\n");
	fake_sys_put(&m.sys, MC "mc0/csrow0/ch1_dimm_label", "mc#0csrow#0channel#1\n");
	read_before(&m);
	assert_true(m.before.covered[COUNTER_EDAC_CE]);
	fake_sys_put(&m.sys, MC "mc0/csrow0/ch1_ce_count", "3\n");
	read_after(&m, &seen);
	assert_int_equal(seen.n, 1);
	assert_string_equal(seen.last.message, "edac-ce of mc#0csrow#0channel#1 grew by 3");
	done(&m);
}

/* A row that shows no channels counts for itself; what its channels lack is its own, too. */
static void test_rows_alone(void **state)
{
	struct machine m = {0};
	struct seen seen;

	(void)state;
	fake_sys_init(&m.sys);
	fake_sys_put(&m.sys, MC "mc0/csrow3/ce_count", "2\n");
	fake_sys_put(&m.sys, MC "mc0/csrow3/ue_count", "0\n");
	fake_sys_put(&m.sys, MC "mc0/csrow1/ch0_ce_count", "0\n");
	fake_sys_put(&m.sys, MC "mc0/csrow1/ce_count", "0\n");
	read_before(&m);
	fake_sys_put(&m.sys, MC "mc0/csrow3/ce_count", "6\n");
	read_after(&m, &seen);
	assert_int_equal(seen.n, 1);
	assert_string_equal(seen.last.message, "edac-ce of mc0 csrow3 grew by 4");
	fake_sys_put(&m.sys, MC "mc0/csrow3/ce_count", "2\n");
	fake_sys_put(&m.sys, MC "mc0/csrow1/ce_count", "3\n");
	counters_done(&m.after);
	read_after(&m, &seen);
	assert_int_equal(seen.n, 1);
	assert_string_equal(seen.last.message, "edac-ce of mc0 csrow1 grew by 3");
	done(&m);
}

/* What the controller counts and no module does is an error all the same. */
/* field-16: errors that the controller counts and no module. */
static void test_field_16_the_controllers_total(void **state)
{
	struct machine m = {0};
	struct seen seen;

	(void)state;
	fake_sys_init(&m.sys);
	put_module(&m, "mc0/dimm0", "\n", "1\n");
	fake_sys_put(&m.sys, MC "mc0/ce_count", "1\n");
	fake_sys_put(&m.sys, MC "mc1/ue_count", "0\n");
	read_before(&m);
	fake_sys_put(&m.sys, MC "mc0/ce_count", "4\n");
	read_after(&m, &seen);
	assert_int_equal(seen.n, 1);
	assert_int_equal(seen.delta, 3);
	assert_string_equal(seen.last.message, "edac-ce of mc0 without a module grew by 3");
	counters_done(&m.after);
	m.after = (struct counters){0};
	fake_sys_put(&m.sys, MC "mc0/ce_count", "1\n");
	fake_sys_put(&m.sys, MC "mc1/ue_count", "2\n");
	read_after(&m, &seen);
	assert_int_equal(seen.n, 1);
	assert_int_equal(seen.last.symptom, SYMPTOM_DIMM_UNCORRECTABLE);
	done(&m);
}

static void test_field_17_label_of_the_kernel(void **state)
{
	struct machine m = {0};
	struct burnin_order order;
	struct seen seen;

	(void)state;
	fake_sys_init(&m.sys);
	fake_sys_dimm(&m.sys, &(struct fake_dimm){.locator = "CPU1_DIMM_A1",
						  .bank = "NODE 1",
						  .serial = "S1234567",
						  .part_number = "M393A4K40",
						  .manufacturer = "Samsung",
						  .size_mib = 32768});
	put_module(&m, "mc0/dimm0", "CPU_SrcID#0_MC#0_Chan#0_DIMM#0\n", "0\n");
	read_before(&m);
	put_module(&m, "mc0/dimm0", "CPU_SrcID#0_MC#0_Chan#0_DIMM#0\n", "3\n");
	read_after(&m, &seen);
	assert_int_equal(seen.n, 1);
	burnin_order_of(&seen.last, &order);
	assert_string_equal(order.part, "dimm");
	assert_string_equal(order.slot, "CPU1_DIMM_A1");
	assert_string_equal(order.serial, "S1234567");
	assert_string_equal(order.part_number, "M393A4K40");
	done(&m);
}

static void put_cpu(struct machine *m, int cpu, const char *package)
{
	fake_sys_putf(&m->sys, package, "sys/devices/system/cpu/cpu%d/topology/physical_package_id",
		      cpu);
}

/* Two sockets, eight channels each: what fits is named, with serials. */
static void test_field_17_two_sockets(void **state)
{
	struct machine m = {0};
	struct burnin_order order;
	struct seen seen;

	(void)state;
	fake_sys_init(&m.sys);
	fake_sys_cpu(&m.sys, "CPU0", "EPYC");
	fake_sys_cpu(&m.sys, "CPU1", "EPYC");
	put_cpu(&m, 0, "0\n");
	put_cpu(&m, 1, "1\n");
	for (int i = 0; i < 16; i++) {
		char bank[32], serial[16];

		snprintf(bank, sizeof(bank), "P%d CHANNEL %c", i / 8, 'A' + i % 8);
		snprintf(serial, sizeof(serial), "SN%02d", i);
		fake_sys_dimm(&m.sys, &(struct fake_dimm){.locator = "DIMM 0",
							  .bank = bank,
							  .serial = serial,
							  .size_mib = 65536});
	}
	fake_sys_put(&m.sys, MC "mc0/mc_name", "F19h\n");
	fake_sys_put(&m.sys, MC "mc1/mc_name", "F19h\n");
	for (int i = 0; i < 16; i++) {
		char entry[32], label[48];

		snprintf(entry, sizeof(entry), "mc%d/rank%d", i / 8, i % 8);
		snprintf(label, sizeof(label), "mc#%dcsrow#0channel#%d\n", i / 8, i % 8);
		put_module(&m, entry, label, "0\n");
	}
	read_before(&m);
	put_module(&m, "mc1/rank3", "mc#1csrow#0channel#3\n", "1\n");
	read_after(&m, &seen);
	assert_int_equal(seen.n, 1);
	assert_null(seen.last.component);
	assert_int_equal(seen.last.suspects.n_all, 8);
	burnin_order_of(&seen.last, &order);
	assert_int_equal(order.certainty, CERTAINTY_ONE_OF);
	assert_non_null(strstr(order.action, "P1 CHANNEL A DIMM 0 (serial SN08)"));
	assert_null(strstr(order.action, "P0 CHANNEL"));
	done(&m);
}

/* Firmware counts by its memory devices, the empty ones among them. */
static void test_ghes(void **state)
{
	static const struct {
		const char *name, *entry, *label, *slot;
		bool twins;
	} rows[] = {
		{"by number alone", "mc0/dimm3", "mc#0memory#3\n", "PROC 2 DIMM 2", false},
		{"by bank and device", "mc0/dimm1", "P0 CHANNEL B DIMM 0\n", "P0 CHANNEL B DIMM 0",
		 true},
		{"twins by number", "mc0/dimm2", "unknown memory (node:0)\n", "P0 CHANNEL C DIMM 0",
		 true},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct machine m = {0};
		struct seen seen;

		fake_sys_init(&m.sys);
		for (int k = 0; k < 4; k++) {
			char device[24] = "DIMM 0", bank[24] = "Not Specified";

			if (rows[i].twins)
				snprintf(bank, sizeof(bank), "P0 CHANNEL %c", 'A' + k);
			else
				snprintf(device, sizeof(device), "PROC %d DIMM %d", k / 2 + 1,
					 k % 2 + 1);
			fake_sys_dimm(&m.sys, &(struct fake_dimm){.locator = device,
								  .bank = bank,
								  .serial = device,
								  .size_mib = k ? 8192 : 0});
		}
		fake_sys_put(&m.sys, MC "mc0/mc_name", "ghes_edac\n");
		put_module(&m, rows[i].entry, rows[i].label, "0\n");
		read_before(&m);
		put_module(&m, rows[i].entry, rows[i].label, "1\n");
		read_after(&m, &seen);
		CHECK_INT(rows[i].name, seen.n, 1);
		CHECK_INT(rows[i].name, seen.last.component != NULL, 1);
		if (seen.last.component)
			CHECK_STR(rows[i].name, seen.last.component->location, rows[i].slot);
		done(&m);
	}
}

/* Four nodes in each of two sockets: half of the modules are out of question. With a gap in the
 * numbers of nodes, nothing is. */
static void test_nodes_of_sockets(void **state)
{
	(void)state;
	for (int gap = 0; gap < 2; gap++) {
		struct machine m = {0};
		struct seen seen;

		fake_sys_init(&m.sys);
		fake_sys_cpu(&m.sys, "CPU1", "EPYC");
		fake_sys_cpu(&m.sys, "CPU2", "EPYC");
		put_cpu(&m, 0, "0\n");
		put_cpu(&m, 1, "1\n");
		for (int i = 0; i < 16; i++) {
			char locator[16];

			snprintf(locator, sizeof(locator), "P%d-DIMM%c1", i / 8 + 1, 'A' + i % 8);
			fake_sys_dimm(&m.sys, &(struct fake_dimm){.locator = locator,
								  .serial = locator,
								  .size_mib = 8192});
		}
		for (int i = 0; i < 8 + gap; i++) {
			char entry[32];

			if (gap && i == 3)
				continue;
			fake_sys_putf(&m.sys, "F17h\n", MC "mc%d/mc_name", i);
			snprintf(entry, sizeof(entry), "mc%d/rank0", i);
			put_module(&m, entry, "\n", "0\n");
		}
		read_before(&m);
		put_module(&m, "mc5/rank0", "\n", "1\n");
		read_after(&m, &seen);
		assert_int_equal(seen.n, 1);
		assert_int_equal(seen.last.suspects.n_all, gap ? 16 : 8);
		if (!gap)
			assert_string_equal(seen.last.suspects.parts[0]->location, "P2-DIMMA1");
		done(&m);
	}
}

/* The phys of an expander that a disk of a shelf hangs on speak about that disk. */
static void test_sas_shelf(void **state)
{
	static const char port[] = "sys/devices/pci0000:00/0000:00:01.0/host0/port-0:0/"
				   "expander-0:0";
	struct machine m = {0};
	struct seen seen;

	(void)state;
	fake_sys_init(&m.sys);
	for (int i = 0; i < 2; i++) {
		char disk[16], link[32], target[160];

		snprintf(disk, sizeof(disk), "sd%c", 'a' + i);
		fake_sys_putf(
			&m.sys, "8192\n",
			"%s/port-0:0:%d/end_device-0:0:%d/target0:0:%d/0:0:%d:0/block/%s/size",
			port, i, i, i, i, disk);
		fake_sys_putf(&m.sys, "", "%s/port-0:0:%d/phy-0:0:%d/uevent", port, i, i);
		fake_sys_putf(&m.sys, "0\n", "sys/class/sas_phy/phy-0:0:%d/invalid_dword_count", i);
		fake_sys_putf(&m.sys, "0\n",
			      "sys/class/sas_phy/phy-0:0:%d/loss_of_dword_sync_count", i);
		snprintf(link, sizeof(link), "sys/block/%s", disk);
		snprintf(target, sizeof(target),
			 "../%s/port-0:0:%d/end_device-0:0:%d/target0:0:%d/0:0:%d:0/block/%s",
			 port + strlen("sys/"), i, i, i, i, disk);
		fake_sys_link(&m.sys, link, target);
	}
	/* an uplink of the expander belongs to none of the disks */
	fake_sys_put(&m.sys, "sys/class/sas_phy/phy-0:7/invalid_dword_count", "900\n");
	read_before(&m);
	assert_true(m.before.covered[COUNTER_SAS_LINK]);
	fake_sys_put(&m.sys, "sys/class/sas_phy/phy-0:0:1/invalid_dword_count", "40\n");
	fake_sys_put(&m.sys, "sys/class/sas_phy/phy-0:0:1/loss_of_dword_sync_count", "2\n");
	read_after(&m, &seen);
	assert_int_equal(seen.n, 1);
	assert_int_equal(seen.delta, 42);
	assert_int_equal(seen.last.symptom, SYMPTOM_DISK_LINK_ERRORS);
	assert_string_equal(seen.last.component->key, "sdb");
	done(&m);
}

/* The heads of /proc/interrupts name the CPUs: an offline one has no column. */
static void test_machine_checks(void **state)
{
	struct machine m = {0};
	struct seen seen;

	(void)state;
	fake_sys_init(&m.sys);
	fake_sys_cpu(&m.sys, "Proc 1", "Xeon");
	fake_sys_cpu(&m.sys, "Proc 2", "Xeon");
	put_cpu(&m, 0, "0\n");
	put_cpu(&m, 3, "1\n");
	fake_sys_put(&m.sys, "proc/interrupts",
		     "           CPU0       CPU3\n  8:          1          0   rtc\n"
		     "THR:          0          0   Threshold APIC interrupts\n"
		     "MCE:          0          0   Machine check exceptions\n"
		     "MCP:         10         10   Machine check polls\n");
	read_before(&m);
	assert_true(m.before.covered[COUNTER_MCE]);
	assert_true(m.before.covered[COUNTER_MCE_CORRECTED]);
	fake_sys_put(&m.sys, "proc/interrupts",
		     "           CPU0       CPU3\n  8:          1          0   rtc\n"
		     "THR:          0          2   Threshold APIC interrupts\n"
		     "MCE:          0          0   Machine check exceptions\n"
		     "MCP:         99         99   Machine check polls\n");
	read_after(&m, &seen);
	assert_int_equal(seen.n, 1);
	assert_int_equal(seen.delta, 2);
	assert_int_equal(seen.last.symptom, SYMPTOM_CPU_CORRECTED);
	assert_string_equal(seen.last.component->location, "Proc 2");
	done(&m);
}

/* Packages of the kernel and sockets of SMBIOS that differ in number are not paired. */
static void test_unpaired_sockets(void **state)
{
	struct machine m = {0};
	struct seen seen;

	(void)state;
	fake_sys_init(&m.sys);
	fake_sys_cpu(&m.sys, "Proc 1", "Xeon");
	fake_sys_cpu(&m.sys, "Proc 2", "Xeon");
	put_cpu(&m, 0, "0\n");
	fake_sys_put(&m.sys, "proc/interrupts", "  CPU0\nMCE:  0\n");
	read_before(&m);
	fake_sys_put(&m.sys, "proc/interrupts", "  CPU0\nMCE:  1\n");
	read_after(&m, &seen);
	assert_int_equal(seen.n, 1);
	assert_null(seen.last.component);
	done(&m);
}

/* A file that is missing is not zero errors. */
static void test_nothing_is_covered(void **state)
{
	struct machine m = {0};
	struct seen seen;

	(void)state;
	fake_sys_init(&m.sys);
	fake_sys_put(&m.sys, MC "mc0/mc_name", "x\n");
	read_before(&m);
	read_after(&m, &seen);
	assert_int_equal(seen.n, 0);
	for (int i = 0; i < _COUNTER_KIND_MAX; i++)
		assert_false(m.after.covered[i]);
	done(&m);
}

static void test_json(void **state)
{
	struct fake_sys sys;

	(void)state;
	fake_sys_init(&sys);
	fake_sys_dimm(&sys,
		      &(struct fake_dimm){.locator = "DIMM_A1", .serial = "S1", .size_mib = 1024});
	fake_sys_smbios_write(&sys);
	fake_sys_put(&sys, MC "mc0/rank0/dimm_ce_count", "2\n");
	autojson json_t *doc = burn_counters_json(sys.root);
	json_t *row = json_array_get(json_object_get(doc, "counters"), 0);
	assert_string_equal(json_string_value(json_object_get(row, "kind")), "edac-ce");
	assert_int_equal(json_integer_value(json_object_get(row, "value")), 2);
	json_t *part = json_array_get(json_object_get(row, "parts"), 0);
	assert_string_equal(json_string_value(json_object_get(part, "slot")), "DIMM_A1");
	assert_string_equal(json_string_value(json_object_get(part, "serial")), "S1");
	json_t *coverage = json_object_get(doc, "coverage");
	assert_string_equal(json_string_value(json_object_get(coverage, "edac-ce")), "covered");
	assert_string_equal(json_string_value(json_object_get(coverage, "mce")), "none");
	fake_sys_done(&sys);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_field_16_ranks),
		cmocka_unit_test(test_rows_alone),
		cmocka_unit_test(test_field_16_rows_of_older_kernels),
		cmocka_unit_test(test_field_16_modules_without_counts),
		cmocka_unit_test(test_field_16_the_controllers_total),
		cmocka_unit_test(test_field_17_label_of_the_kernel),
		cmocka_unit_test(test_field_17_two_sockets),
		cmocka_unit_test(test_ghes),
		cmocka_unit_test(test_nodes_of_sockets),
		cmocka_unit_test(test_sas_shelf),
		cmocka_unit_test(test_machine_checks),
		cmocka_unit_test(test_unpaired_sockets),
		cmocka_unit_test(test_nothing_is_covered),
		cmocka_unit_test(test_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
