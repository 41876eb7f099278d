/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where disks sit: names of slots, and places that stay the same through any order of probing.
 */
#include <tests/harness/check.h>

#include <stdlib.h>

#include <agent/facts/drives.h>
#include <agent/facts/machine_facts.h>
#include <base/file.h>
#include <base/str.h>
#include <tests/harness/fake_sys.h>

static struct fake_sys tree;

static int set_up(void **state)
{
	(void)state;
	fake_sys_init(&tree);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	fake_sys_done(&tree);
	return 0;
}

static void test_names_of_pcie_slots(void **state)
{
	uint8_t slot[17] = {0};
	struct facts f;

	(void)state;
	slot[0] = 1;
	slot[11] = 0x18;
	fake_sys_smbios_add(&tree, 9, slot, 13, "U.2 bay 3\0");
	slot[11] = 0x17;
	slot[12] = 0x02 << 3;
	fake_sys_smbios_add(&tree, 9, slot, 13, "Riser 1\0");
	fake_sys_smbios_write(&tree);
	fake_sys_put(&tree, "sys/bus/pci/slots/104/address", "0000:5e:00\n");
	static const struct {
		const char *name, *device, *expect;
	} rows[] = {
		{"nvme0", "pci0000:17/0000:17:01.0/0000:18:00.0/nvme/nvme0", "U.2 bay 3"},
		{"nvme1", "pci0000:17/0000:17:02.0/0000:19:00.0/0000:1a:00.0/nvme/nvme1",
		 "Riser 1 (0000:1a:00.0)"},
		{"nvme2", "pci0000:17/0000:17:02.0/0000:19:00.0/0000:1b:00.0/nvme/nvme2",
		 "Riser 1 (0000:1b:00.0)"},
		{"nvme3", "pci0000:5d/0000:5d:02.0/0000:5e:00.0/nvme/nvme3", "PCIe slot 104"},
		{"nvme4", "pci0000:80/0000:80:02.0/0000:81:00.0/nvme/nvme4", "0000:81:00.0"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree char *link = xasprintf("sys/block/%sn1", rows[i].name);
		autofree char *target = xasprintf("../devices/%s/%sn1", rows[i].device,
						  rows[i].name);

		fake_sys_putf(&tree, "pcie\n", "sys/devices/%s/transport", rows[i].device);
		fake_sys_putf(&tree, "99\n", "sys/devices/%s/%sn1/size", rows[i].device,
			      rows[i].name);
		fake_sys_link(&tree, link, target);
	}
	machine_facts(tree.root, &f);
	assert_int_equal(f.drives.n, ARRAY_LEN(rows));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		CHECK_STR(rows[i].name, f.drives.items[i].slot, rows[i].expect);
	facts_done(&f);
}

/* What the kernel counts anew: %1 stands for the number of the SCSI host, ATA port or NVMe
 * controller, %2 for the disk's name. */
static const struct seat {
	const char *device, *serial_file;
} seats[] = {
	{"pci0000:00/0000:00:1f.2/ata%1/host%1/target%1:0:0/%1:0:0:0/block/%2", "serial"},
	{"pci0000:00/0000:00:1f.2/ata%1/host%1/target%1:0:0/%1:0:0:0/block/%2", "serial"},
	{"pci0000:00/0000:00:1f.5/ata%1/host%1/target%1:0:0/%1:0:0:0/block/%2", "serial"},
	{"pci0000:80/0000:80:01.0/0000:81:00.0/host%1/target%1:2:0/%1:2:0:0/block/%2", "serial"},
	{"pci0000:80/0000:80:01.0/0000:81:00.0/host%1/target%1:2:1/%1:2:1:0/block/%2", "serial"},
	{"pci0000:80/0000:80:02.0/0000:82:00.0/host%1/target%1:2:0/%1:2:0:0/block/%2", "serial"},
	{"pci0000:17/0000:17:02.0/0000:18:00.0/nvme/nvme%1/nvme%1n1", "serial"},
	{"pci0000:17/0000:17:03.0/0000:19:00.0/nvme/nvme%1/nvme%1n1", "serial"},
};
#define N_SEATS ARRAY_LEN(seats)

static void fill_in(const char *form, unsigned number, const char *name, struct str *out)
{
	for (; *form; form++) {
		if (*form == '%' && form[1] == '1')
			str_addf(out, "%u", number);
		else if (*form == '%')
			str_add(out, name);
		else
			str_addc(out, *form);
		form += *form == '%';
	}
}

/* Thousands of trees: in memory, and without fake_sys_put()'s flush to the disk. */
static char many_root[] = "/dev/shm/slipway-slots-XXXXXX";

__attribute__((format(printf, 2, 3))) static void put_quickly(const char *text, const char *format,
							      ...)
{
	char path[512];
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(path, sizeof(path), format, ap);
	va_end(ap);
	autofree char *full = xasprintf("%s/%s", many_root, path);
	autofree char *dir = xstrndup(full, (size_t)(strrchr(full, '/') - full));
	assert_int_equal(file_make_dirs(dir, 0755, NULL), 0);
	autoclose_file FILE *f = fopen(full, "we");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
}

/* Ports of one controller are probed in their order; hosts of one card have one number. */
static unsigned number_of(size_t seat, const unsigned *order)
{
	static const unsigned first_of_group[N_SEATS] = {0, 0, 2, 3, 3, 5, 6, 7};
	unsigned group = first_of_group[seat];

	return order[group] * 10 + (seat == 1 ? 1 : 0);
}

static void put_seat(size_t i, const unsigned *order)
{
	char name[16], serial[16];
	unsigned number = number_of(i, order);
	autostr struct str path;

	str_init(&path, 400);
	if (i < 6)
		snprintf(name, sizeof(name), "sd%c", 'a' + (int)order[i]);
	else
		snprintf(name, sizeof(name), "nvme%un1", number);
	snprintf(serial, sizeof(serial), "SERIAL%zu\n", i);
	fill_in(seats[i].device, number, name, &path);
	put_quickly("99\n", "sys/devices/%s/size", path.p);
	put_quickly(serial, "sys/devices/%s/%s", path.p, seats[i].serial_file);
	if (i >= 6)
		put_quickly("pcie\n", "sys/class/nvme/nvme%u/transport", number);
	else
		put_quickly("megaraid_sas\n", "sys/class/scsi_host/host%u/proc_name", number);
	autofree char *link = xasprintf("%s/sys/block/%s", many_root, name);
	autofree char *target = xasprintf("../devices/%s", path.p);
	put_quickly("", "sys/block/.made");
	assert_int_equal(symlink(target, link), 0);
}

static void shuffle(unsigned *order, unsigned *seed)
{
	for (unsigned i = 0; i < N_SEATS; i++)
		order[i] = i;
	for (unsigned i = N_SEATS - 1; i > 0; i--) {
		*seed = *seed * 1103515245 + 12345;
		unsigned k = (*seed >> 16) % (i + 1), was = order[i];

		order[i] = order[k];
		order[k] = was;
	}
}

#define ENUMERATIONS 1000

static void test_slots_stay(void **state)
{
	char first[N_SEATS][65] = {{0}};
	unsigned seed = 1, order[N_SEATS], n_differences = 0;

	(void)state;
	for (unsigned round = 0; round < ENUMERATIONS; round++) {
		drive_list drives = {0};

		memcpy(many_root + sizeof(many_root) - 7, "XXXXXX", 6);
		assert_non_null(mkdtemp(many_root));
		shuffle(order, &seed);
		for (size_t i = 0; i < N_SEATS; i++)
			put_seat(i, order);
		drives_read(many_root, &drives);
		assert_int_equal(drives.n, N_SEATS);
		for (size_t i = 0; i < drives.n; i++) {
			const struct facts_drive *f = &drives.items[i].facts;
			size_t seat = (size_t)(f->serial[6] - '0');

			CHECK(f->serial, *f->slot && !strstr(f->slot, f->name));
			if (!round)
				assert_true(str_copy(first[seat], 65, f->slot));
			n_differences += !str_eq(first[seat], f->slot);
		}
		drives_done(&drives);
		assert_int_equal(file_remove_tree(many_root, NULL), 0);
	}
	assert_int_equal(n_differences, 0);
	for (size_t i = 0; i < N_SEATS; i++)
		for (size_t k = i + 1; k < N_SEATS; k++)
			assert_string_not_equal(first[i], first[k]);
}

/* A copy of a tree in which files stand for the links. */
static void test_tree_without_links(void **state)
{
	struct facts f;

	(void)state;
	fake_sys_put(&tree, "sys/block/vda",
		     "../devices/pci0000:00/0000:00:03.0/virtio1/block/vda");
	fake_sys_put(&tree, "sys/devices/pci0000:00/0000:00:03.0/virtio1/block/vda/size", "99\n");
	fake_sys_put(&tree, "sys/block/vdb", "../block/vdb");
	fake_sys_put(&tree, "sys/block/vdc", "../../../../../../../../../../etc/passwd");
	machine_facts(tree.root, &f);
	assert_int_equal(f.drives.n, 1);
	assert_string_equal(f.drives.items[0].protocol, "virtio");
	facts_done(&f);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_names_of_pcie_slots),
		cmocka_unit_test(test_slots_stay),
		T(test_tree_without_links),
	};

	return cmocka_run_group_tests_name("drive_slot", tests, NULL, NULL);
}
