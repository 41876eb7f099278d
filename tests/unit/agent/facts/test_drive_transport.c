/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How disks hang on machines: trees of /sys in the shapes of real ones, each with the word that the
 * agent sends for it. Every word of the list that both ends share has a tree.
 */
#include <tests/harness/check.h>

#include <stdlib.h>

#include <agent/facts/drive_path.h>
#include <agent/facts/drives.h>
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

/* The block device at a path below sys/devices, with its link in sys/block. */
static void put_disk(const char *name, const char *device)
{
	autofree char *link = xasprintf("sys/block/%s", name);
	autofree char *target = xasprintf("../devices/%s", device);

	fake_sys_putf(&tree, "2048\n", "sys/devices/%s/size", device);
	fake_sys_link(&tree, link, target);
}

/* ---- one layout a row ------------------------------------------------------------------------ */

#define PCI "pci0000:00/0000:00:1c.0/0000:03:00.0/"

static const struct layout {
	const char *row, *name, *device;
	const char *file, *text; /* one more file, below sys; NULL: none */
	enum transport_id transport;
} layouts[] = {
	{"field-3 PERC", "sda", PCI "host2/target2:2:0/2:2:0:0/block/sda",
	 "class/scsi_host/host2/proc_name", "megaraid_sas", TRANSPORT_RAID},
	{"field-3 NVMe behind a RAID card", "sdb", PCI "host0/target0:0:276/0:0:276:0/block/sdb",
	 "class/scsi_host/host0/proc_name", "mpi3mr", TRANSPORT_RAID},
	{"driver named beside the host alone", "sda", PCI "host2/target2:2:0/2:2:0:0/block/sda",
	 "devices/" PCI "host2/scsi_host/host2/proc_name", "aacraid", TRANSPORT_RAID},
	{"host of smartpqi", "sda", PCI "host2/target2:1:0/2:1:0:0/block/sda",
	 "class/scsi_host/host2/proc_name", "smartpqi", TRANSPORT_RAID},
	{"host without a driver's name", "sda", PCI "host2/target2:2:0/2:2:0:0/block/sda", NULL,
	 NULL, TRANSPORT_UNKNOWN},
	{"driver that nobody knows", "sda", PCI "host2/target2:2:0/2:2:0:0/block/sda",
	 "class/scsi_host/host2/proc_name", "newraid9000", TRANSPORT_UNKNOWN},
	{"fibre channel without rport", "sda", PCI "host2/target2:0:0/2:0:0:0/block/sda",
	 "class/fc_host/host2/port_name", "0x1000", TRANSPORT_FC},
	{"fibre channel", "sda", PCI "host2/rport-2:0-1/target2:0:0/2:0:0:0/block/sda", NULL, NULL,
	 TRANSPORT_FC},
	{"driver of fibre channel alone", "sda", PCI "host2/target2:0:0/2:0:0:0/block/sda",
	 "class/scsi_host/host2/proc_name", "qla2xxx", TRANSPORT_FC},
	{"FCoE", "sda", PCI "host2/target2:0:0/2:0:0:0/block/sda",
	 "class/scsi_host/host2/proc_name", "fnic", TRANSPORT_FCOE},
	{"iSCSI", "sda", "platform/host7/session1/target7:0:0/7:0:0:1/block/sda", NULL, NULL,
	 TRANSPORT_ISCSI},
	{"iSCSI of a card", "sda", PCI "host7/target7:0:0/7:0:0:1/block/sda",
	 "class/iscsi_host/host7/state", "up", TRANSPORT_ISCSI},
	{"iSCSI of a SAS card's driver name", "sda",
	 PCI "host7/session2/target7:0:0/7:0:0:1/block/sda", "class/scsi_host/host7/proc_name",
	 "megaraid_sas", TRANSPORT_ISCSI},
	{"SRP", "sda", PCI "infiniband_srp/srp-mlx5_0-1/host9/target9:0:0/9:0:0:0/block/sda",
	 "class/srp_host/host9/x", "1", TRANSPORT_SRP},
	{"SATA", "sda", PCI "ata3/host2/target2:0:0/2:0:0:0/block/sda", NULL, NULL, TRANSPORT_SATA},
	{"a device called atari", "sda", PCI "atari/block/sda", NULL, NULL, TRANSPORT_UNKNOWN},
	{"SAS", "sda", PCI "host2/port-2:0/end_device-2:0/target2:0:0/2:0:0:0/block/sda", NULL,
	 NULL, TRANSPORT_SAS},
	{"SCSI in a virtual machine", "sda", PCI "host2/target2:0:0/2:0:0:0/block/sda",
	 "class/scsi_host/host2/proc_name", "vmw_pvscsi", TRANSPORT_SCSI},
	{"parallel SCSI", "sda", PCI "host2/target2:0:0/2:0:0:0/block/sda",
	 "class/spi_host/host2/signalling", "LVD", TRANSPORT_SCSI},
	{"UFS", "sda", "platform/soc/1d84000.ufshc/host0/target0:0:0/0:0:0:0/block/sda",
	 "class/scsi_host/host0/proc_name", "ufshcd", TRANSPORT_UFS},
	{"virtio block", "vda", PCI "virtio1/block/vda", NULL, NULL, TRANSPORT_VIRTIO},
	{"virtio SCSI", "sda", PCI "virtio1/host2/target2:0:0/2:0:0:0/block/sda", NULL, NULL,
	 TRANSPORT_VIRTIO},
	{"Hyper-V", "sda",
	 "LNXSYSTM:00/LNXSYBUS:00/ACPI0004:00/VMBUS:00/00000000-0000-8899-0000-"
	 "000000000000/host0/target0:0:0/0:0:0:0/block/sda",
	 NULL, NULL, TRANSPORT_VMBUS},
	{"Xen", "xvda", "vbd-51712/block/xvda", NULL, NULL, TRANSPORT_XEN},
	{"Xen SCSI", "sda", "vscsi-51712-0/host0/target0:0:0/0:0:0:0/block/sda", NULL, NULL,
	 TRANSPORT_XEN},
	{"eMMC", "mmcblk0", "platform/fe340000.mmc/mmc_host/mmc0/mmc0:0001/block/mmcblk0",
	 "devices/platform/fe340000.mmc/mmc_host/mmc0/mmc0:0001/block/mmcblk0/device/type", "MMC",
	 TRANSPORT_MMC},
	{"a chip that does not say whether it is a card", "mmcblk0",
	 "platform/fe340000.mmc/mmc_host/mmc0/mmc0:0001/block/mmcblk0", NULL, NULL,
	 TRANSPORT_UNKNOWN},
	{"SAS by its driver alone", "sda", PCI "host2/target2:0:0/2:0:0:0/block/sda",
	 "class/scsi_host/host2/proc_name", "hisi_sas_v3_hw", TRANSPORT_SAS},
	{"SATA by its driver alone", "sda", PCI "host2/target2:0:0/2:0:0:0/block/sda",
	 "class/scsi_host/host2/proc_name", "ata_piix", TRANSPORT_SATA},
	{"old card of parallel SCSI", "sda", PCI "host2/target2:0:0/2:0:0:0/block/sda",
	 "class/scsi_host/host2/proc_name", "initio", TRANSPORT_SCSI},
	{"SD card", "mmcblk0", "platform/fe340000.mmc/mmc_host/mmc0/mmc0:0001/block/mmcblk0",
	 "devices/platform/fe340000.mmc/mmc_host/mmc0/mmc0:0001/block/mmcblk0/device/type", "SD",
	 TRANSPORT_SD},
	{"USB", "sda", PCI "usb1/1-1/1-1:1.0/host6/target6:0:0/6:0:0:0/block/sda", NULL, NULL,
	 TRANSPORT_USB},
	{"FireWire", "sda", PCI "fw1/fw1.0/host6/target6:0:0/6:0:0:0/block/sda",
	 "class/scsi_host/host6/proc_name", "sbp2", TRANSPORT_FIREWIRE},
	{"field-3 old Smart Array", "cciss!c0d0", PCI "cciss0/c0d0/block/cciss!c0d0", NULL, NULL,
	 TRANSPORT_RAID},
	{"field-3 old Mylex", "rd!c0d0", PCI "block/rd!c0d0", NULL, NULL, TRANSPORT_RAID},
	{"an SSD on PCIe of its own kind", "rssda", PCI "block/rssda", NULL, NULL, TRANSPORT_ATA},
	{"network block device", "nbd0", "virtual/block/nbd0", NULL, NULL, TRANSPORT_NBD},
	{"network block device over RDMA", "rnbd0", "virtual/rnbd-client/ctl/rnbd0", NULL, NULL,
	 TRANSPORT_RNBD},
	{"Ceph", "rbd0", "rbd/0/block/rbd0", NULL, NULL, TRANSPORT_RBD},
	{"DRBD", "drbd0", "virtual/block/drbd0", NULL, NULL, TRANSPORT_DRBD},
	{"ATA over Ethernet", "etherd!e0.0", "virtual/block/etherd!e0.0", NULL, NULL,
	 TRANSPORT_AOE},
	{"mainframe", "dasda", "css0/0.0.0000/0.0.0150/block/dasda", NULL, NULL, TRANSPORT_DASD},
	{"ZFS volume", "zd0", "virtual/block/zd0", NULL, NULL, TRANSPORT_ZVOL},
	{"ublk", "ublkb0", "virtual/block/ublkb0", NULL, NULL, TRANSPORT_UBLK},
	{"persistent memory", "pmem0",
	 "LNXSYSTM:00/ACPI0012:00/ndbus0/region0/namespace0.0/block/pmem0", NULL, NULL,
	 TRANSPORT_NVDIMM},
	{"made of nothing", "foo0", "virtual/block/foo0", NULL, NULL, TRANSPORT_VIRTUAL},
	{"NVMe", "nvme0n1", PCI "nvme/nvme0/nvme0n1", "devices/" PCI "nvme/nvme0/transport", "pcie",
	 TRANSPORT_NVME},
	{"NVMe of an Apple machine", "nvme0n1", "platform/soc/nvme/nvme0/nvme0n1",
	 "devices/platform/soc/nvme/nvme0/transport", "apple-nvme", TRANSPORT_NVME},
	{"NVMe whose controller has no transport", "nvme0n1", PCI "nvme/nvme0/nvme0n1", NULL, NULL,
	 TRANSPORT_UNKNOWN},
	{"NVMe over TCP", "nvme1n1", "virtual/nvme-fabrics/ctl/nvme1/nvme1n1",
	 "devices/virtual/nvme-fabrics/ctl/nvme1/transport", "tcp", TRANSPORT_NVME_OF},
	{"fabrics without a transport file", "nvme1n1", "virtual/nvme-fabrics/ctl/nvme1/nvme1n1",
	 NULL, NULL, TRANSPORT_NVME_OF},
	{"NVMe in a Thunderbolt case", "nvme0n1",
	 "pci0000:00/0000:00:07.0/0000:2c:00.0/nvme/nvme0/nvme0n1",
	 "devices/pci0000:00/0000:00:07.0/0000:2c:00.0/removable", "removable", TRANSPORT_UNKNOWN},
};

static enum transport_id transport_of(const char *name)
{
	struct drive drive;

	assert_true(drive_read_one(tree.root, name, &drive));
	assert_int_equal(drive.local,
			 transport_row(drive.transport)->reach == TRANSPORT_REACH_LOCAL);
	assert_string_equal(drive.facts.protocol, transport_row(drive.transport)->word);
	return drive.transport;
}

static void test_layouts(void **state)
{
	bool seen[_TRANSPORT_MAX] = {false};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(layouts); i++) {
		const struct layout *l = &layouts[i];

		(void)set_up(NULL);
		put_disk(l->name, l->device);
		if (l->file)
			fake_sys_putf(&tree, l->text, "sys/%s", l->file);
		CHECK_STR(l->row, transport_row(transport_of(l->name))->word,
			  transport_row(l->transport)->word);
		seen[l->transport] = true;
		fake_sys_done(&tree);
	}
	seen[TRANSPORT_ATA] = true;         /* sent by agents of before */
	seen[TRANSPORT_THUNDERBOLT] = true; /* test_external_port */
	for (unsigned i = 0; i < _TRANSPORT_MAX; i++)
		CHECK(transport_row((enum transport_id)i)->word, seen[i]);
}

/* Hosts that name no driver of a known kind: the device that they hang on has one. */
static void test_driver_of_the_device(void **state)
{
	static const struct {
		const char *row, *named, *driver;
		enum transport_id expect;
	} rows[] = {
		{"field-3 3ware, as kernels of today print nothing", "(null)", "3w-9xxx",
		 TRANSPORT_RAID},
		{"field-3 3ware, as old kernels do", "<NULL>", "3w-9xxx", TRANSPORT_RAID},
		{"a description", "MegaRAID SAS host", "megaraid_sas", TRANSPORT_RAID},
		{"SATA", "(null)", "ahci", TRANSPORT_SATA},
		{"fibre channel", "(null)", "lpfc", TRANSPORT_FC},
		{"iSCSI of a card", "(null)", "be2iscsi", TRANSPORT_ISCSI},
		{"a driver that nobody knows", "(null)", "newraid9000", TRANSPORT_UNKNOWN},
		{"the host's name counts first", "lpfc", "mpt3sas", TRANSPORT_FC},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree char *target = xasprintf("../../../bus/pci/drivers/%s", rows[i].driver);

		(void)set_up(NULL);
		put_disk("sda", PCI "host2/target2:2:0/2:2:0:0/block/sda");
		fake_sys_put(&tree, "sys/class/scsi_host/host2/proc_name", rows[i].named);
		fake_sys_link(&tree, "sys/devices/" PCI "driver", target);
		CHECK_STR(rows[i].row, transport_row(transport_of("sda"))->word,
			  transport_row(rows[i].expect)->word);
		fake_sys_done(&tree);
	}
}

/* An external port makes a local disk one that a person can pull out. */
static void test_external_port(void **state)
{
	(void)state;
	put_disk("nvme0n1", "pci0000:00/0000:00:07.0/0000:2c:00.0/nvme/nvme0/nvme0n1");
	fake_sys_put(&tree, "sys/devices/pci0000:00/0000:00:07.0/0000:2c:00.0/nvme/nvme0/transport",
		     "pcie\n");
	assert_int_equal(transport_of("nvme0n1"), TRANSPORT_NVME);
	fake_sys_put(&tree, "sys/devices/pci0000:00/0000:00:07.0/0000:2c:00.0/removable",
		     "fixed\n");
	assert_int_equal(transport_of("nvme0n1"), TRANSPORT_NVME);
	fake_sys_put(&tree, "sys/devices/pci0000:00/0000:00:07.0/removable", "removable\n");
	assert_int_equal(transport_of("nvme0n1"), TRANSPORT_THUNDERBOLT);
}

/* ---- NVMe under native multipath ------------------------------------------------------------- */

#define SUBSYSTEM "virtual/nvme-subsystem/nvme-subsys4/"

/* A controller in its own folder; transport NULL: without that file. */
static void put_controller(const char *name, const char *folder, const char *transport)
{
	autofree char *link = xasprintf("sys/class/nvme/%s", name);
	autofree char *target = xasprintf("../../devices/%s/%s", folder, name);

	if (transport)
		fake_sys_putf(&tree, transport, "sys/devices/%s/%s/transport", folder, name);
	fake_sys_putf(&tree, "live\n", "sys/devices/%s/%s/state", folder, name);
	fake_sys_link(&tree, link, target);
}

enum joint { BY_LINKS, BY_MULTIPATH_FOLDER, BY_HIDDEN_PATHS };

/* How the subsystem's disk leads to a controller. */
static void join(const char *name, const char *folder, enum joint joint)
{
	unsigned number = 0;

	assert_int_equal(sscanf(name, "nvme%u", &number), 1);
	autofree char *path = xasprintf("nvme4c%un1", number);
	autofree char *hidden = xasprintf("sys/devices/%s/%s/%s/size", folder, name, path);
	if (joint == BY_LINKS) {
		autofree char *link = xasprintf("sys/devices/" SUBSYSTEM "%s", name);
		autofree char *target = xasprintf("../../../%s/%s", folder, name);
		fake_sys_link(&tree, link, target);
	} else if (joint == BY_MULTIPATH_FOLDER) {
		autofree char *link = xasprintf("sys/devices/" SUBSYSTEM "nvme4n1/multipath/%s",
						path);
		fake_sys_link(&tree, link, "gone");
	} else {
		fake_sys_put(&tree, hidden, "2048\n");
	}
}

static void test_multipath(void **state)
{
	static const struct {
		const char *row;
		const char *transports[3]; /* "-": a controller without that file */
		enum transport_id expect;
	} rows[] = {
		{"field-4 three over TCP", {"tcp", "tcp", "tcp"}, TRANSPORT_NVME_OF},
		{"field-4 one on PCIe", {"pcie"}, TRANSPORT_NVME},
		{"two ports of one disk", {"pcie", "pcie"}, TRANSPORT_NVME},
		{"one of two over RDMA", {"pcie", "rdma"}, TRANSPORT_NVME_OF},
		{"over FC", {"fc"}, TRANSPORT_NVME_OF},
		{"a loop", {"loop"}, TRANSPORT_NVME_OF},
		{"a transport of the future", {"quic"}, TRANSPORT_NVME_OF},
		{"one of two not known", {"pcie", "-"}, TRANSPORT_UNKNOWN},
		{"none known", {"-"}, TRANSPORT_UNKNOWN},
		{"no controller found", {NULL}, TRANSPORT_UNKNOWN},
	};

	(void)state;
	for (size_t i = 0; i < 3 * ARRAY_LEN(rows); i++) {
		const char *const *transports = rows[i / 3].transports;

		(void)set_up(NULL);
		put_disk("nvme4n1", SUBSYSTEM "nvme4n1");
		for (size_t k = 0; k < 3 && transports[k]; k++) {
			autofree char *name = xasprintf("nvme%zu", 5 + k);
			autofree char *folder = xasprintf(
				"pci0000:17/0000:17:02.0/0000:1%zu:00.0/nvme", 8 - k);
			const char *text = str_eq(transports[k], "-") ? NULL : transports[k];
			put_controller(name, folder, text);
			join(name, folder, (enum joint)(i % 3));
		}
		CHECK_STR(rows[i / 3].row, transport_row(transport_of("nvme4n1"))->word,
			  transport_row(rows[i / 3].expect)->word);
		fake_sys_done(&tree);
	}
}

/* Without native multipath each path is a disk; a subsystem with a network path is not local. */
static void test_siblings_of_a_controller(void **state)
{
	(void)state;
	put_controller("nvme0", "pci0000:00/0000:01:00.0/nvme", "pcie");
	put_controller("nvme1", "virtual/nvme-other/ctl", "tcp");
	put_disk("nvme0n1", "pci0000:00/0000:01:00.0/nvme/nvme0/nvme0n1");
	assert_int_equal(transport_of("nvme0n1"), TRANSPORT_NVME);
	fake_sys_link(&tree, "sys/class/nvme-subsystem/nvme-subsys0/nvme0", "../../nvme/nvme0");
	fake_sys_link(&tree, "sys/class/nvme-subsystem/nvme-subsys0/nvme1", "../../nvme/nvme1");
	assert_int_equal(transport_of("nvme0n1"), TRANSPORT_NVME_OF);
}

/* The PCI address of a disk with two ports is the lower one, whichever was found first. */
static void test_address_of_two_ports(void **state)
{
	struct drive drive;

	(void)state;
	put_disk("nvme4n1", SUBSYSTEM "nvme4n1");
	put_controller("nvme7", "pci0000:17/0000:17:02.0/0000:18:00.0/nvme", "pcie");
	put_controller("nvme2", "pci0000:97/0000:97:02.0/0000:98:00.0/nvme", "pcie");
	join("nvme2", "pci0000:97/0000:97:02.0/0000:98:00.0/nvme", BY_LINKS);
	join("nvme7", "pci0000:17/0000:17:02.0/0000:18:00.0/nvme", BY_LINKS);
	assert_true(drive_read_one(tree.root, "nvme4n1", &drive));
	assert_string_equal(drive.pci_address, "0000:18:00.0");
	assert_string_equal(drive.facts.slot, "0000:18:00.0");
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layouts),
		cmocka_unit_test(test_driver_of_the_device),
		T(test_external_port),
		cmocka_unit_test(test_multipath),
		T(test_siblings_of_a_controller),
		T(test_address_of_two_ports),
	};

	return cmocka_run_group_tests_name("drive_transport field-3 field-4", tests, NULL, NULL);
}
