/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a host of the bench changes: each change is in the description that it is powered on with next, and
 * changes add up.
 */
#include <tests/harness/check.h>

#include <stdlib.h>
#include <base/file.h>
#include <base/limits.h>
#include <base/str.h>
#include <vm-lab/bench.h>

static struct bench b; /* large */
static struct scenario s;
static char folder[] = "/tmp/slipway-machine-XXXXXX";

static int make_host(void **state)
{
	struct bench_host *h = &b.hosts[0];
	struct lab_host *spec = &s.hosts[0];

	(void)state;
	if (!mkdtemp(folder))
		return -1;
	*spec = (struct lab_host){
		.name = "a",
		.memory_mib = 1024,
		.cpus = 1,
		.sockets = 1,
		.serial = "S1",
		.uuid = "5d0f7a10-3c1e-4b57-9a41-51a7b105c001",
		.mac = "52:54:00:5a:00:01",
		.disks = {{DISK_DECOY, "D1", MIB, BUS_SATA, 512, DISK_FAULT_READ_ERROR},
			  {DISK_TARGET, "T1", 2 * MIB, BUS_SCSI, 512, DISK_FAULT_NONE}},
		.n_disks = 2,
		.dimms = {{"A1", 512, "SN-A1", "P"}, {"B1", 512, "SN-B1", "P"}},
		.n_dimms = 2};
	s.n_hosts = b.n_hosts = 1;
	b.s = &s;
	h->spec = spec;
	h->now = *spec;
	h->console_path = xasprintf("%s/a.console", folder);
	h->nvram_path = xasprintf("%s/a.nvram", folder);
	for (size_t i = 0; i < spec->n_disks; i++)
		h->disk_paths[i] = xasprintf("%s/a-%zu.raw", folder, i);
	return 0;
}

static int drop_host(void **state)
{
	struct bench_host *h = &b.hosts[0];

	(void)state;
	free(h->console_path);
	free(h->nvram_path);
	free(h->xml);
	for (size_t i = 0; i < LAB_MAX_DISKS; i++)
		free(h->disk_paths[i]);
	return file_remove_tree(folder, NULL);
}

static bool says(const char *text)
{
	return strstr(b.hosts[0].xml, text) != NULL;
}

/* What the file of a structure that the description names holds. */
static bool slot_says(const char *slot, const char *text)
{
	autofree char *path = xasprintf("%s.smbios-%s", b.hosts[0].nvram_path, slot);
	autofree char *bytes = NULL;
	size_t n_bytes;

	assert_true(says(path));
	assert_int_equal(0, file_read(path, 4096, &bytes, &n_bytes, NULL));
	return memmem(bytes, n_bytes, text, strlen(text)) != NULL;
}

static void changes_add_up(void **state)
{
	struct bench_host *h = &b.hosts[0];

	(void)state;
	assert_int_equal(0, bench_describe(&b, h, NULL));
	assert_true(says("serial=D1") && says("blkdebug") && says(">1024<"));
	assert_true(slot_says("2", "SN-B1"));

	bench_swap_bad_disks(h);
	bench_pull_dimm(h, 1);
	assert_int_equal(0, bench_describe(&b, h, NULL));
	assert_true(says("serial=NEW-D1") && !says("blkdebug") && says("serial=T1"));
	assert_true(says(">512<"));
	assert_true(slot_says("2", "B1") && !slot_says("2", "SN-B1"));

	bench_set_clock(h, 4102444800);
	assert_int_equal(0, bench_swap_disk(h, 1, NULL));
	assert_int_equal(0, bench_describe(&b, h, NULL));
	assert_true(says("start=\"4102444800\"") && says("serial=NEW-T1") && says("serial=NEW-D1"));
	assert_true(says(">512<"));
}

static void wants_a_socket_for_each_processor_of_a_dump(void **state)
{
	struct bench_host *h = &b.hosts[0];
	struct err err = ERR_INIT;

	(void)state;
	h->now.n_dimms = 0;
	(void)str_copy(s.folder, sizeof(s.folder), "vm-lab/scenarios");
	(void)str_copy(h->now.smbios, sizeof(h->now.smbios), "rack-server.dmi");
	assert_int_equal(0, bench_describe(&b, h, NULL));
	assert_true(slot_says("1", "ES-2200 Gen3"));
	h->now.sockets = 2;
	assert_int_equal(-ERR_LAB_SCENARIO, bench_describe(&b, h, &err));
	assert_non_null(strstr(err.msg, "1 processors"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(changes_add_up),
		cmocka_unit_test(wants_a_socket_for_each_processor_of_a_dump),
	};

	return cmocka_run_group_tests_name("lab machine", tests, make_host, drop_host);
}
