/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The transport of a disk; see drive_transport.h. Networks are looked for before the buses that
 * they may run over: an iSCSI session of a PCI card must not count as that card's own disk.
 */
#include "drive_transport.h"

#include <stdio.h>
#include <string.h>
#include <base/cleanup.h>
#include <base/str.h>

#include "drive_path.h"
#include "nvme.h"
#include "sysfs.h"

struct word {
	const char *text;
	enum transport_id id;
};

/* Names of devices whose place in the tree says nothing. cciss, ida and rd are volumes of RAID cards
 * with block drivers of their own, rssd is an SSD of Micron's on PCIe. */
static const struct word names[] = {
	{"nbd", TRANSPORT_NBD},     {"rnbd", TRANSPORT_RNBD}, {"rbd", TRANSPORT_RBD},
	{"drbd", TRANSPORT_DRBD},   {"zd", TRANSPORT_ZVOL},   {"etherd!", TRANSPORT_AOE},
	{"ublk", TRANSPORT_UBLK},   {"dasd", TRANSPORT_DASD}, {"pmem", TRANSPORT_NVDIMM},
	{"cciss!", TRANSPORT_RAID}, {"ida!", TRANSPORT_RAID}, {"rd!", TRANSPORT_RAID},
	{"rssd", TRANSPORT_ATA},
};

/* Parts of the path; the first that is there decides. */
static const struct word parts[] = {
	{"usb", TRANSPORT_USB},       {"session", TRANSPORT_ISCSI},
	{"rport-", TRANSPORT_FC},     {"nvme-fabrics", TRANSPORT_NVME_OF},
	{"ata", TRANSPORT_SATA},      {"end_device-", TRANSPORT_SAS},
	{"virtio", TRANSPORT_VIRTIO}, {"vmbus_", TRANSPORT_VMBUS},
	{"VMBUS:", TRANSPORT_VMBUS},  {"vmbus", TRANSPORT_VMBUS},
	{"vbd-", TRANSPORT_XEN},      {"vscsi-", TRANSPORT_XEN},
	{"xen", TRANSPORT_XEN},       {"ndbus", TRANSPORT_NVDIMM},
};

/* Classes that only hosts of that transport have. */
static const struct word host_classes[] = {
	{"fc_host", TRANSPORT_FC},
	{"iscsi_host", TRANSPORT_ISCSI},
	{"srp_host", TRANSPORT_SRP},
};

/* Drivers of SCSI hosts. RAID: cards that show their volumes as plain SCSI disks; the volume is
 * local all the same, and so is a disk that the card passes through. */
static const struct word drivers[] = {
	{"megaraid_sas", TRANSPORT_RAID},
	{"megaraid", TRANSPORT_RAID},
	{"megaraid_mbox", TRANSPORT_RAID},
	{"megaraid_legacy", TRANSPORT_RAID},
	{"smartpqi", TRANSPORT_RAID},
	{"hpsa", TRANSPORT_RAID},
	{"cciss", TRANSPORT_RAID},
	{"aacraid", TRANSPORT_RAID},
	{"mpt3sas", TRANSPORT_RAID},
	{"mpt2sas", TRANSPORT_RAID},
	{"mptsas", TRANSPORT_RAID},
	{"mpi3mr", TRANSPORT_RAID},
	{"arcmsr", TRANSPORT_RAID},
	{"3w-9xxx", TRANSPORT_RAID},
	{"3w-sas", TRANSPORT_RAID},
	{"3w-xxxx", TRANSPORT_RAID},
	{"esas2r", TRANSPORT_RAID},
	{"hptiop", TRANSPORT_RAID},
	{"stex", TRANSPORT_RAID},
	{"mvumi", TRANSPORT_RAID},
	{"ipr", TRANSPORT_RAID},
	{"pmcraid", TRANSPORT_RAID},
	{"ips", TRANSPORT_RAID},
	{"myrb", TRANSPORT_RAID},
	{"myrs", TRANSPORT_RAID},
	{"dpt_i2o", TRANSPORT_RAID},
	{"gdth", TRANSPORT_RAID},
	{"spraid", TRANSPORT_RAID},
	{"sssraid", TRANSPORT_RAID},
	{"hiraid", TRANSPORT_RAID},
	{"leapraid", TRANSPORT_RAID},
	{"ps3stor", TRANSPORT_RAID},
	{"vmw_pvscsi", TRANSPORT_SCSI},
	{"mptspi", TRANSPORT_SCSI},
	{"sym53c8xx", TRANSPORT_SCSI},
	{"aic7xxx", TRANSPORT_SCSI},
	{"aic79xx", TRANSPORT_SCSI},
	{"BusLogic", TRANSPORT_SCSI},
	{"am53c974", TRANSPORT_SCSI},
	{"qla1280", TRANSPORT_SCSI},
	{"advansys", TRANSPORT_SCSI},
	{"initio", TRANSPORT_SCSI},
	{"inia100", TRANSPORT_SCSI},
	{"dc395x", TRANSPORT_SCSI},
	{"atp870u", TRANSPORT_SCSI},
	{"wd719x", TRANSPORT_SCSI},
	{"ahci", TRANSPORT_SATA},
	{"ata_piix", TRANSPORT_SATA},
	{"sata_mv", TRANSPORT_SATA},
	{"sata_nv", TRANSPORT_SATA},
	{"sata_sil24", TRANSPORT_SATA},
	{"sata_svw", TRANSPORT_SATA},
	{"aic94xx", TRANSPORT_SAS},
	{"isci", TRANSPORT_SAS},
	{"mvsas", TRANSPORT_SAS},
	{"pm8001", TRANSPORT_SAS},
	{"pm80xx", TRANSPORT_SAS},
	{"hisi_sas_v1_hw", TRANSPORT_SAS},
	{"hisi_sas_v2_hw", TRANSPORT_SAS},
	{"hisi_sas_v3_hw", TRANSPORT_SAS},
	{"virtio_scsi", TRANSPORT_VIRTIO},
	{"storvsc_host", TRANSPORT_VMBUS},
	{"hv_storvsc", TRANSPORT_VMBUS},
	{"ufshcd", TRANSPORT_UFS},
	{"lpfc", TRANSPORT_FC},
	{"qla2xxx", TRANSPORT_FC},
	{"bfa", TRANSPORT_FC},
	{"efct", TRANSPORT_FC},
	{"zfcp", TRANSPORT_FC},
	{"csiostor", TRANSPORT_FC},
	{"mptfc", TRANSPORT_FC},
	{"ibmvfc", TRANSPORT_FC},
	{"fnic", TRANSPORT_FCOE},
	{"snic", TRANSPORT_FCOE},
	{"qedf", TRANSPORT_FCOE},
	{"bnx2fc", TRANSPORT_FCOE},
	{"fcoe", TRANSPORT_FCOE},
	{"iscsi_tcp", TRANSPORT_ISCSI},
	{"qla4xxx", TRANSPORT_ISCSI},
	{"be2iscsi", TRANSPORT_ISCSI},
	{"bnx2i", TRANSPORT_ISCSI},
	{"cxgb3i", TRANSPORT_ISCSI},
	{"cxgb4i", TRANSPORT_ISCSI},
	{"qedi", TRANSPORT_ISCSI},
	{"iscsi_iser", TRANSPORT_ISCSI},
	{"ib_srp", TRANSPORT_SRP},
	{"usb-storage", TRANSPORT_USB},
	{"uas", TRANSPORT_USB},
	{"firewire_sbp2", TRANSPORT_FIREWIRE},
	{"sbp2", TRANSPORT_FIREWIRE},
};

static enum transport_id lookup(const struct word *list, size_t n, const char *text)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(list[i].text, text))
			return list[i].id;
	return TRANSPORT_UNKNOWN;
}

/* ---- SCSI hosts ------------------------------------------------------------------------------ */

static enum transport_id by_host_class(const char *root, unsigned host)
{
	for (size_t i = 0; i < ARRAY_LEN(host_classes); i++)
		if (sysfs_exists(root, "sys/class/%s/host%u", host_classes[i].text, host))
			return host_classes[i].id;
	return TRANSPORT_UNKNOWN;
}

/* The driver as the host names it, and where that is not a driver's name ("(null)", "<NULL>" from
 * older kernels), as its device does. */
static enum transport_id by_driver(const char *root, const char *path, const char *at,
				   unsigned host)
{
	int above = (int)(at - path - 1);
	char driver[64];

	if (!sysfs_text(root, driver, sizeof(driver), "sys/class/scsi_host/host%u/proc_name", host))
		sysfs_text(root, driver, sizeof(driver), "%.*s/host%u/scsi_host/host%u/proc_name",
			   above, path, host, host);
	enum transport_id id = lookup(drivers, ARRAY_LEN(drivers), driver);
	if (id == TRANSPORT_UNKNOWN &&
	    sysfs_link_name(root, driver, sizeof(driver), "%.*s/driver", above, path))
		id = lookup(drivers, ARRAY_LEN(drivers), driver);
	if (id == TRANSPORT_UNKNOWN && sysfs_exists(root, "sys/class/spi_host/host%u", host))
		return TRANSPORT_SCSI;
	return id;
}

/* ---- NVMe ------------------------------------------------------------------------------------ */

/* A namespace is local if every controller through which it is reached is. */
static enum transport_id nvme_transport(const char *root, const char *name, const char *path)
{
	static const char *const local[] = {"pcie", "apple-nvme"};
	struct nvme_controllers all;
	bool known = true;

	if (drive_path_has(path, "nvme-fabrics", NULL))
		return TRANSPORT_NVME_OF;
	nvme_controllers_read(root, name, &all);
	for (size_t i = 0; i < all.n; i++) {
		const char *transport = all.items[i].transport;
		bool is_local = false;

		for (size_t k = 0; k < ARRAY_LEN(local); k++)
			is_local |= str_eq(transport, local[k]);
		if (*transport && !is_local)
			return TRANSPORT_NVME_OF;
		known &= is_local;
	}
	return all.n && known ? TRANSPORT_NVME : TRANSPORT_UNKNOWN;
}

/* ---- the whole ------------------------------------------------------------------------------- */

/* Thunderbolt and other ports for cables: the kernel marks what hangs on them as removable. */
static bool on_external_port(const char *root, const char *path)
{
	char mark[16];

	for (const char *p = path; (p = strchr(p + 1, '/'));)
		if (sysfs_text(root, mark, sizeof(mark), "%.*s/removable", (int)(p - path), path) &&
		    str_eq(mark, "removable"))
			return true;
	return false;
}

/* Only soldered chips have areas to boot from; where the type is not told, these do. */
static enum transport_id mmc_transport(const char *root, const char *name)
{
	char type[16];

	sysfs_text(root, type, sizeof(type), "sys/block/%s/device/type", name);
	if (str_starts(type, "SD"))
		return TRANSPORT_SD;
	return str_eq(type, "MMC") || sysfs_exists(root, "sys/block/%sboot0", name)
		       ? TRANSPORT_MMC
		       : TRANSPORT_UNKNOWN;
}

static enum transport_id by_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (str_starts(name, names[i].text))
			return names[i].id;
	return TRANSPORT_UNKNOWN;
}

static enum transport_id by_path(const char *root, const char *path)
{
	enum transport_id id = TRANSPORT_UNKNOWN;
	const char *at = NULL;
	unsigned host = 0;

	if (drive_path_has(path, "host", &at) && sscanf(at, "host%u", &host) == 1)
		id = by_host_class(root, host);
	for (size_t i = 0; i < ARRAY_LEN(parts) && id == TRANSPORT_UNKNOWN; i++)
		if (drive_path_has(path, parts[i].text, NULL))
			id = parts[i].id;
	if (id == TRANSPORT_UNKNOWN && at)
		id = by_driver(root, path, at, host);
	if (id == TRANSPORT_UNKNOWN && drive_path_has(path, "virtual", NULL))
		id = TRANSPORT_VIRTUAL;
	return id;
}

enum transport_id drive_transport(const char *root, const char *name, const char *path)
{
	enum transport_id id = by_name(name);

	if (id == TRANSPORT_UNKNOWN)
		id = str_starts(name, "nvme")                 ? nvme_transport(root, name, path)
		     : drive_path_has(path, "mmc_host", NULL) ? mmc_transport(root, name)
							      : by_path(root, path);
	if (transport_row(id)->reach == TRANSPORT_REACH_LOCAL && on_external_port(root, path))
		return TRANSPORT_THUNDERBOLT;
	return id;
}
