/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Drives behind RAID cards: which devices are asked on which card, who they are by smartctl's
 * documents, and which disks are volumes. Layouts follow smartctl 7.2 to 7.4 and the kernel's drivers.
 */
#include <tests/harness/check.h>
#include <tests/harness/fake_sys.h>

#include <stdlib.h>
#include <agent/facts/raid_drives.h>
#include <agent/facts/smart_identity.h>
#include <base/alloc.h>
#include <base/str.h>

#define PCI "pci0000:00/0000:00:1c.0/0000:03:00.0/"

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

/* ---- documents ------------------------------------------------------------------------------- */

#define GOOD "\"smartctl\":{\"exit_status\":0}"
#define SAS_DISK(serial, id)                                                                       \
	"{" GOOD ",\"device\":{\"protocol\":\"SCSI\"},\"scsi_vendor\":\"SEAGATE\","                \
	"\"scsi_product\":\"ST2000NX0433\",\"scsi_model_name\":\"SEAGATE ST2000NX0433\","          \
	"\"scsi_revision\":\"NS02\",\"device_type\":{\"scsi_value\":0,\"name\":\"disk\"},"         \
	"\"scsi_transport_protocol\":{\"value\":6,\"name\":\"SAS (SPL-4)\"},"                      \
	"\"rotation_rate\":7200,\"logical_block_size\":512,"                                       \
	"\"user_capacity\":{\"bytes\":2000398934016},\"logical_unit_id\":\"" id                    \
	"\",\"serial_number\":\"" serial "\"}"
#define SATA_DISK(serial)                                                                          \
	"{" GOOD ",\"device\":{\"protocol\":\"ATA\"},\"model_name\":\"INTEL SSDSC2BB800G7\","      \
	"\"firmware_version\":\"N2010112\",\"rotation_rate\":0,"                                   \
	"\"wwn\":{\"naa\":5,\"oui\":6083300,\"id\":5576130},"                                      \
	"\"user_capacity\":{\"bytes\":800166076416},\"logical_block_size\":512,"                   \
	"\"serial_number\":\"" serial "\"}"
#define ENCLOSURE                                                                                  \
	"{" GOOD ",\"device\":{\"protocol\":\"SCSI\"},\"scsi_product\":\"EXP3000\","               \
	"\"device_type\":{\"scsi_value\":13,\"name\":\"enclosure\"},\"serial_number\":\"E1\"}"
#define SILENT "{\"smartctl\":{\"exit_status\":2,\"messages\":[{\"string\":\"no device\"}]}}"

static void test_identities(void **state)
{
	static const struct {
		const char *name, *text;
		bool disk;
		const char *serial, *wwn, *protocol, *media, *model, *revision;
	} rows[] = {
		{"SAS", SAS_DISK("ZC2", "0x5000c500a1b2c3d4"), true, "ZC2", "0x5000c500a1b2c3d4",
		 "SAS", "HDD", "SEAGATE ST2000NX0433", "NS02"},
		{"SATA", SATA_DISK("BTWA"), true, "BTWA", "0x55cd2e40005515c2", "SATA", "SSD",
		 "INTEL SSDSC2BB800G7", "N2010112"},
		{"older words",
		 "{" GOOD ",\"device\":{\"protocol\":\"SCSI\"},\"vendor\":\"HP\","
		 "\"product\":\"EG0600\",\"revision\":\"HPD5\",\"serial_number\":\"K\"}",
		 true, "K", "", "SCSI", "", "EG0600", "HPD5"},
		{"NVMe behind a card",
		 "{" GOOD ",\"device\":{\"protocol\":\"NVMe\"},\"model_name\":\"PM1733\","
		 "\"serial_number\":\"S4\",\"nvme_total_capacity\":960197124096}",
		 true, "S4", "", "NVMe", "SSD", "PM1733", ""},
		{"a mask of later bits",
		 "{\"smartctl\":{\"exit_status\":4},\"serial_number\":\"X\"}", true, "X", "", "",
		 "", "", ""},
		{"a name of zeros",
		 "{" GOOD ",\"serial_number\":\"X\",\"logical_unit_id\":"
		 "\"0x0000000000000000\",\"wwn\":{\"naa\":0,\"oui\":0,\"id\":0}}",
		 true, "X", "", "", "", "", ""},
		{"did not answer", SILENT, false, "", "", "", "", "", ""},
		{"enclosure", ENCLOSURE, false, "E1", "", "", "", "", ""},
		{"without a name", "{" GOOD ",\"model_name\":\"M\"}", false, "", "", "", "", "M",
		 ""},
		{"not a document", "smartctl 7.3", false, "", "", "", "", "", ""},
		{"no status", "{\"serial_number\":\"X\"}", false, "", "", "", "", "", ""},
		{"status as text", "{\"smartctl\":{\"exit_status\":\"0\"},\"serial_number\":\"X\"}",
		 false, "", "", "", "", "", ""},
		{"names of other kinds", "{" GOOD ",\"serial_number\":7,\"wwn\":[5],\"device\":1}",
		 false, "", "", "", "", "", ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct facts_drive f;

		CHECK_INT(rows[i].name, smart_identity_parse(rows[i].text, &f), rows[i].disk);
		if (!rows[i].disk)
			continue;
		CHECK_STR(rows[i].name, f.serial, rows[i].serial);
		CHECK_STR(rows[i].name, f.wwn, rows[i].wwn);
		CHECK_STR(rows[i].name, f.protocol, rows[i].protocol);
		CHECK_STR(rows[i].name, f.media_type, rows[i].media);
		CHECK_STR(rows[i].name, f.model, rows[i].model);
		CHECK_STR(rows[i].name, f.revision, rows[i].revision);
	}
}

#define ENTRY(name, type) "{\"name\":\"" name "\",\"type\":\"" type "\",\"protocol\":\"SCSI\"}"

static void test_scans(void **state)
{
	static const struct {
		const char *name, *text, *device, *access;
	} rows[] = {
		{"MegaRAID", ENTRY("/dev/bus/0", "megaraid,8"), "/dev/bus/0", "megaraid,8"},
		{"opened, through SAT", ENTRY("/dev/bus/0", "sat+megaraid,8"), "/dev/bus/0",
		 "sat+megaraid,8"},
		{"SSSRAID", ENTRY("/dev/bsg/sssraid0", "sssraid,0,1"), "/dev/bsg/sssraid0",
		 "sssraid,0,1"},
		{"Areca with an enclosure", ENTRY("/dev/sg3", "areca,4/2"), "/dev/sg3",
		 "areca,4/2"},
		{"aacraid", ENTRY("/dev/sda", "aacraid,0,0,3"), "/dev/sda", "aacraid,0,0,3"},
		{"could not be opened",
		 "{\"name\":\"/dev/bus/0\",\"type\":\"megaraid,8\",\"open_error\":\"x\"}", NULL,
		 NULL},
		{"a disk of its own", ENTRY("/dev/sda", "scsi"), NULL, NULL},
		{"SATA", ENTRY("/dev/sda", "sat"), NULL, NULL},
		{"NVMe", ENTRY("/dev/nvme0", "nvme"), NULL, NULL},
		{"a folder above", ENTRY("/dev/../etc/shadow", "megaraid,8"), NULL, NULL},
		{"not below /dev", ENTRY("/etc/shadow", "megaraid,8"), NULL, NULL},
		{"an option", ENTRY("-s", "megaraid,8"), NULL, NULL},
		{"more behind the number", ENTRY("/dev/bus/0", "megaraid,8 -s off"), NULL, NULL},
		{"without a number", ENTRY("/dev/bus/0", "megaraid,"), NULL, NULL},
		{"another translation", ENTRY("/dev/bus/0", "x+megaraid,8"), NULL, NULL},
		{"types that are not text", "{\"name\":[],\"type\":{}}", NULL, NULL},
		{"not an object", "7", NULL, NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree char *text = xasprintf("{\"devices\":[%s]}", rows[i].text);
		smart_path_list list = {0};

		smart_scan_parse(text, &list);
		CHECK_INT(rows[i].name, list.n, rows[i].device ? 1 : 0);
		if (list.n) {
			CHECK_STR(rows[i].name, list.items[0].device, rows[i].device);
			CHECK_STR(rows[i].name, list.items[0].access, rows[i].access);
		}
		VEC_DONE(&list);
	}
}

static void test_scans_end(void **state)
{
	smart_path_list list = {0};
	struct str text;

	(void)state;
	str_init(&text, 1 << 20);
	str_add(&text, "{\"devices\":[");
	for (int i = 0; i < FACTS_MAX_DRIVES + 5; i++)
		str_addf(&text, "%s{\"name\":\"/dev/bus/0\",\"type\":\"megaraid,%d\"}",
			 i ? "," : "", i);
	str_add(&text, "]}");
	smart_scan_parse(text.p, &list);
	assert_int_equal(list.n, FACTS_MAX_DRIVES);
	VEC_DONE(&list);
	str_done(&text);
}

/* ---- a machine whose smartctl answers by a table --------------------------------------------- */

struct answer {
	const char *access, *device, *text; /* access NULL: the scan */
};
static const struct answer *answers;
static size_t n_answers;
static unsigned n_asked, n_scans;

static char *run(void *arg, const char *const *argv)
{
	(void)arg;
	assert_string_equal(argv[0], "smartctl");
	if (str_eq(argv[2], "--scan")) {
		n_scans++;
		return n_answers && !answers[0].access ? xstrdup(answers[0].text) : NULL;
	}
	const char *device = argv[3], *access = argv[4] ? argv[5] : "";
	assert_string_equal(argv[2], "-i");
	assert_true(!argv[4] || str_eq(argv[4], "-d"));
	n_asked++;
	for (size_t i = 0; i < n_answers; i++)
		if (answers[i].access && str_eq(answers[i].access, access) &&
		    str_eq(answers[i].device, device))
			return xstrdup(answers[i].text);
	return xstrdup(SILENT);
}

static void put_host(unsigned host, const char *driver, const char *pci)
{
	autofree char *link = xasprintf("sys/class/scsi_host/host%u", host);
	autofree char *target = xasprintf("../../devices/%shost%u/scsi_host/host%u", pci, host,
					  host);

	fake_sys_putf(&tree, driver, "sys/devices/%shost%u/scsi_host/host%u/proc_name", pci, host,
		      host);
	fake_sys_link(&tree, link, target);
}

/* A SCSI device at an address; block: with a disk of that name. */
static void put_sg(const char *sg, const char *path, const char *type, const char *block)
{
	autofree char *link = xasprintf("sys/class/scsi_generic/%s/device", sg);
	autofree char *target = xasprintf("../../../devices/%s", path);

	fake_sys_putf(&tree, type, "sys/devices/%s/type", path);
	if (block)
		fake_sys_putf(&tree, "", "sys/devices/%s/block/%s/x", path, block);
	fake_sys_link(&tree, link, target);
}

static void put_disk(const char *name, const char *device, const char *file, const char *text)
{
	autofree char *link = xasprintf("sys/block/%s", name);
	autofree char *target = xasprintf("../devices/%s", device);

	fake_sys_putf(&tree, "2048\n", "sys/devices/%s/size", device);
	if (file)
		fake_sys_putf(&tree, text, "sys/devices/%s/device/%s", device, file);
	fake_sys_link(&tree, link, target);
}

static void read_with(const struct answer *list, size_t n, raid_drive_list *ret)
{
	const struct raid_reader reader = {run, NULL};
	drive_list visible = {0};

	answers = list;
	n_answers = n;
	n_asked = n_scans = 0;
	drives_read(tree.root, &visible);
	raid_drives_read(tree.root, &visible, &reader, ret);
	drives_done(&visible);
}

static void test_megaraid(void **state)
{
	static const struct answer list[] = {
		{NULL, NULL,
		 "{\"devices\":[" ENTRY("/dev/sda", "scsi") "," ENTRY("/dev/bus/2", "megaraid,8") "," ENTRY(
			 "/dev/bus/2", "megaraid,9") "," ENTRY("/dev/bus/2",
							       "megaraid,"
							       "10") "," ENTRY("/dev/bus/2",
									       "megaraid,32") "]}"},
		{"megaraid,8", "/dev/bus/2", SAS_DISK("ZC8", "0x5000c50000000008")},
		{"megaraid,9", "/dev/bus/2", SATA_DISK("BT9")},
		{"megaraid,10", "/dev/bus/2", SAS_DISK("JBOD", "0x5000c500000000aa")},
		{"megaraid,32", "/dev/bus/2", ENCLOSURE},
	};
	raid_drive_list found = {0};

	(void)state;
	put_host(2, "megaraid_sas", PCI);
	put_disk("sda", PCI "host2/target2:2:0/2:2:0:0/block/sda", NULL, NULL);
	put_disk("sdb", PCI "host2/target2:0:10/2:0:10:0/block/sdb", "wwid",
		 "naa.5000c500000000aa");
	read_with(list, ARRAY_LEN(list), &found);
	assert_int_equal(found.n, 2); /* the one that is passed on is a disk already */
	assert_string_equal(found.items[0].serial, "ZC8");
	assert_string_equal(found.items[0].access, "megaraid,8");
	assert_string_equal(found.items[0].device, "/dev/bus/2");
	assert_string_equal(found.items[0].controller, "0000:03:00.0");
	assert_string_equal(found.items[0].slot, "0000:03:00.0 drive 8");
	assert_string_equal(found.items[0].name, "bus/2 megaraid,8");
	assert_string_equal(found.items[1].protocol, "SATA");

	struct drive volume = {0};
	assert_true(drive_read_one(tree.root, "sda", &volume));
	assert_true(raid_drives_are_behind(found.items, found.n, &volume));
	(void)str_copy(volume.pci_address, sizeof(volume.pci_address), "0000:04:00.0");
	assert_false(raid_drives_are_behind(found.items, found.n, &volume));
	VEC_DONE(&found);
}

/* A machine without such a card asks nobody: not even for a scan, and no disk of a SAN. */
static void test_others_are_not_asked(void **state)
{
	raid_drive_list found = {0};

	(void)state;
	put_host(1, "qla2xxx", PCI);
	put_host(3, "ahci", PCI);
	put_host(4, "mpi3mr", PCI);
	put_sg("sg0", PCI "host1/rport-1:0-1/target1:0:0/1:0:0:0", "0", NULL);
	put_sg("sg1", PCI "host3/target3:0:0/3:0:0:0", "0", NULL);
	read_with(NULL, 0, &found);
	assert_int_equal(found.n, 0);
	assert_int_equal(n_asked + n_scans, 0);
}

static void test_smart_array(void **state)
{
	static const struct answer list[] = {
		{"cciss,0", "/dev/sg2", SAS_DISK("C0", "0x5000c50000000010")},
		{"cciss,3", "/dev/sg2", SATA_DISK("C3")},
		{"cciss,20", "/dev/sg2", SATA_DISK("never asked")},
	};
	raid_drive_list found = {0};

	(void)state;
	put_host(0, "smartpqi", PCI);
	put_sg("sg1", PCI "host0/target0:1:0/0:1:0:0", "0", "sda");
	put_sg("sg2", PCI "host0/target0:3:0/0:3:0:0", "12", NULL);
	read_with(list, ARRAY_LEN(list), &found);
	assert_int_equal(found.n, 2);
	assert_string_equal(found.items[1].slot, "0000:03:00.0 drive 3");
	assert_int_equal(n_asked, 3 + 1 + 8); /* 0 to 3, then eight that are silent */
	VEC_DONE(&found);
}

static void test_held_back(void **state)
{
	static const struct answer list[] = {
		{"", "/dev/sg1", SAS_DISK("M1", "0x5000c50000000021")},
		{"", "/dev/sg2", SAS_DISK("M2", "0x5000c50000000022")},
		{"", "/dev/sg3", SAS_DISK("volume", "0x600508e000000000")},
		{"", "/dev/sg4", SAS_DISK("other card", "0x5000c50000000024")},
	};
	raid_drive_list found = {0};

	(void)state;
	put_host(6, "mpt3sas", PCI);
	put_sg("sg1", PCI "host6/port-6:0/end_device-6:0/target6:0:0/6:0:0:0", "0", NULL);
	put_sg("sg2", PCI "host6/port-6:1/end_device-6:1/target6:0:1/6:0:1:0", "0", NULL);
	put_sg("sg3", PCI "host6/target6:1:0/6:1:0:0", "0", "sda");
	put_sg("sg4", PCI "host7/target7:0:0/7:0:0:0", "0", NULL);
	put_sg("sg5", PCI "host6/target6:0:9/6:0:9:0", "13", NULL);
	read_with(list, ARRAY_LEN(list), &found);
	assert_int_equal(found.n, 2);
	assert_string_equal(found.items[0].serial, "M1");
	assert_string_equal(found.items[1].slot, "0000:03:00.0 target 0:1:0");
	assert_string_equal(found.items[1].name, "sg2");
	assert_string_equal(found.items[1].access, "");
	assert_int_equal(n_asked, 2);
	VEC_DONE(&found);
}

/* Empty bays have numbers, too; and the second card of a driver has a device of its own. */
static void test_numbers_with_gaps(void **state)
{
	static const struct answer list[] = {
		{"3ware,0", "/dev/twa0", SATA_DISK("W0")},
		{"3ware,23", "/dev/twa1", SAS_DISK("W23", "0x5000c50000000033")},
		{"areca,1", "/dev/sg9", SAS_DISK("A1", "0x5000c50000000041")},
		{"areca,24", "/dev/sg9", SAS_DISK("A24", "0x5000c50000000042")},
	};
	raid_drive_list found = {0};

	(void)state;
	put_host(1, "(null)", "pci0000:00/0000:00:02.0/");
	put_host(2, "(null)", "pci0000:00/0000:00:03.0/");
	fake_sys_link(&tree, "sys/devices/pci0000:00/0000:00:02.0/driver", "../drivers/3w-9xxx");
	fake_sys_link(&tree, "sys/devices/pci0000:00/0000:00:03.0/driver", "../drivers/3w-9xxx");
	put_host(5, "arcmsr", PCI);
	put_sg("sg9", PCI "host5/target5:0:16/5:0:16:0", "3", NULL);
	read_with(list, ARRAY_LEN(list), &found);
	assert_int_equal(found.n, 4);
	assert_string_equal(found.items[0].controller, "0000:00:02.0");
	assert_string_equal(found.items[1].slot, "0000:00:03.0 drive 23");
	assert_string_equal(found.items[3].access, "areca,24");
	VEC_DONE(&found);
}

static void test_volumes(void **state)
{
	static const struct {
		const char *name, *driver, *address, *file, *text, *volume;
	} rows[] = {
		{"MegaRAID volume", "megaraid_sas", "2:2:0:0", NULL, NULL, "volume"},
		{"MegaRAID, a drive passed on", "megaraid_sas", "2:0:10:0", NULL, NULL, ""},
		{"Smart Array tells", "hpsa", "2:1:0:0", "raid_level", "RAID 1(+0)", "RAID 1(+0)"},
		{"Smart Array, passed on", "hpsa", "2:0:0:0", "raid_level", "N/A", ""},
		{"smartpqi without levels", "smartpqi", "2:1:0:0", NULL, NULL, "volume"},
		{"level unknown", "smartpqi", "2:1:0:0", "raid_level", "unknown", "volume"},
		{"SSSRAID", "sssraid", "2:0:3:0", "raid_level", "RAID-5", "RAID-5"},
		{"SSSRAID, passed on", "sssraid", "2:0:3:0", "raid_level", "NA", ""},
		{"aacraid container", "aacraid", "2:0:0:0", NULL, NULL, "volume"},
		{"aacraid, passed on", "aacraid", "2:1:4:0", NULL, NULL, ""},
		{"volume of an HBA", "mpt3sas", "2:1:0:0", NULL, NULL, "volume"},
		{"3ware unit", "3w-sas", "2:0:0:0", NULL, NULL, "volume"},
		{"a card that does not tell", "mpi3mr", "2:0:5:0", NULL, NULL, ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree char *device = xasprintf(PCI "host2/target2:0:0/%s/block/sda",
						  rows[i].address);
		struct drive d;

		fake_sys_init(&tree);
		fake_sys_putf(&tree, rows[i].driver, "sys/class/scsi_host/host2/proc_name");
		put_disk("sda", device, rows[i].file, rows[i].text);
		assert_true(drive_read_one(tree.root, "sda", &d));
		CHECK_STR(rows[i].name, d.facts.protocol, "RAID");
		CHECK_STR(rows[i].name, d.facts.volume, rows[i].volume);
		fake_sys_done(&tree);
	}
	fake_sys_init(&tree);
	fake_sys_put(&tree, "sys/class/scsi_host/host2/proc_name", "mptsas");
	fake_sys_put(&tree, "sys/class/raid_devices/2:1:0:0/level", "raid1\n");
	put_disk("sda", PCI "host2/target2:1:0/2:1:0:0/block/sda", NULL, NULL);
	struct drive d;
	assert_true(drive_read_one(tree.root, "sda", &d));
	assert_string_equal(d.facts.volume, "raid1");
}

#define ON_A_TREE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_identities),
		cmocka_unit_test(test_scans),
		cmocka_unit_test(test_scans_end),
		ON_A_TREE(test_megaraid),
		ON_A_TREE(test_others_are_not_asked),
		ON_A_TREE(test_smart_array),
		ON_A_TREE(test_held_back),
		ON_A_TREE(test_numbers_with_gaps),
		cmocka_unit_test_setup_teardown(test_volumes, NULL, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
