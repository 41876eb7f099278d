/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SMART of a host with a RAID card: each drive behind it is asked through the card and named by its
 * own serial, and their volume is judged by them. smartctl is a script.
 */
#include <tests/harness/check.h>

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <agent/burn/burn.h>
#include <base/file.h>
#include <base/json.h>
#include <base/str.h>
#include <session/lease.h>

struct bench {
	struct burn burn;
	struct report report;
	json_t *records;
	char folder[40];
	char *tool;
};

static void emit(void *arg, json_t *record)
{
	struct bench *b = arg;

	json_array_append_new(b->records, record);
}

static int64_t wall_us(void *arg)
{
	(void)arg;
	return 0;
}

/* Writes what it was asked for beside itself. "--json=c -a DEVICE [-d ACCESS]" */
static const char script[] =
	"#!/bin/sh\n"
	"cd \"${0%/*}\" || exit 9\n"
	"echo \"$3 $5\" >>asked\n"
	"case \"$5\" in\n"
	"megaraid,9) passed=false; status=8 ;;\n"
	"*) passed=true; status=0 ;;\n"
	"esac\n"
	"echo '{\"smartctl\":{\"exit_status\":'$status'},\"smart_status\":{\"passed\":'$passed'},"
	"\"scsi_grown_defect_list\":0,\"scsi_error_counter_log\":{\"read\":"
	"{\"total_uncorrected_errors\":0},\"write\":{\"total_uncorrected_errors\":0},"
	"\"verify\":{\"total_uncorrected_errors\":0}}}'\n"
	"exit $status\n";

static void add_component(struct bench *b, const char *key, const char *serial)
{
	struct component *c = component_add(&b->burn.components, COMPONENT_DISK, key);

	assert_non_null(c);
	(void)str_copy(c->serial, sizeof(c->serial), serial);
}

static void add_member(struct bench *b, const char *name, const char *access, const char *serial)
{
	struct facts_drive f = {0};

	(void)str_copy(f.name, sizeof(f.name), name);
	(void)str_copy(f.access, sizeof(f.access), access);
	(void)str_copy(f.device, sizeof(f.device), "/dev/bus/0");
	(void)str_copy(f.controller, sizeof(f.controller), "0000:03:00.0");
	VEC_PUSH(&b->burn.raid_drives, f);
	add_component(b, name, serial);
}

static void add_volume(struct bench *b, const char *name, const char *pci)
{
	struct drive d = {.transport = TRANSPORT_RAID, .local = true};

	(void)str_copy(d.facts.name, sizeof(d.facts.name), name);
	(void)str_copy(d.facts.volume, sizeof(d.facts.volume), "volume");
	(void)str_copy(d.pci_address, sizeof(d.pci_address), pci);
	snprintf(d.dev_path, sizeof(d.dev_path), "/dev/%s", name);
	VEC_PUSH(&b->burn.drives, d);
	add_component(b, name, name);
}

static void open_bench(struct bench *b, struct lease *lease)
{
	static const struct plan_burn_in plan = {.seed = 7};

	*b = (struct bench){.records = json_array()};
	(void)str_copy(b->folder, sizeof(b->folder), "/tmp/slipway-smart-XXXXXX");
	assert_non_null(mkdtemp(b->folder));
	b->tool = xasprintf("%s/smartctl", b->folder);
	assert_int_equal(file_write_atomic(b->tool, script, strlen(script), 0755, NULL), 0);
	b->report = (struct report){.fd = open("/dev/null", O_WRONLY | O_CLOEXEC), .lease = lease};
	b->burn = (struct burn){.out = &b->report,
				.plan = &plan,
				.test = "t",
				.test_s = 1,
				.log_fd = -1,
				.smart_tool = b->tool};
	b->burn.stream = (struct ocp_stream){.emit = emit, .wall_us = wall_us, .arg = b};
}

static void close_bench(struct bench *b)
{
	assert_int_equal(file_remove_tree(b->folder, NULL), 0);
	close(b->report.fd);
	json_decref(b->records);
	VEC_DONE(&b->burn.components);
	VEC_DONE(&b->burn.drives);
	VEC_DONE(&b->burn.raid_drives);
	free(b->tool);
}

static void test_drives_behind_a_card(void **state)
{
	struct lease *lease = lease_new();
	autofree char *asked = NULL;
	struct bench b;
	size_t n_bytes;

	(void)state;
	open_bench(&b, lease);
	add_volume(&b, "sda", "0000:03:00.0");
	add_volume(&b, "sdb", "0000:04:00.0"); /* of a card whose drives nobody can read */
	add_member(&b, "bus/0 megaraid,8", "megaraid,8", "ZC8");
	add_member(&b, "bus/0 megaraid,9", "megaraid,9", "ZC9");
	assert_int_equal(burn_test_smart(&b.burn, "smart"), BURN_JUDGED);
	autofree char *path = xasprintf("%s/asked", b.folder);
	assert_int_equal(file_read(path, 4096, &asked, &n_bytes, NULL), 0);
	assert_string_equal(asked, "/dev/sdb \n/dev/bus/0 megaraid,8\n/dev/bus/0 megaraid,9\n");
	autofree char *text = json_text(b.records);
	assert_int_equal(b.burn.n_failures, 1);
	assert_non_null(strstr(text, "ZC9"));
	close_bench(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_drives_behind_a_card)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
