#!/usr/bin/env python3
"""What looks like a disk in a rack: is it reported, and may it be written? Each row is a tree of /sys in the shape of a
real one; the agent reports it, and slipway simulate says which disk would be taken or why none.
usage: simulate_disks.py BUILD NUMBER-OF-TESTS-BEFORE"""
import sys

from made_tree import Results, Tree

PCI = 'pci0000:00/0000:00:1c.0/0000:03:00.0/'
USB = 'pci0000:00/0000:00:14.0/usb1/1-14/1-14:1.0/host6/target6:0:0/6:0:0:0/block/'
SATA = PCI + 'ata3/host2/target2:0:0/2:0:0:0/block/'
SAS = PCI + 'host2/port-2:0/end_device-2:0/target2:0:0/2:0:0:0/block/'
LUN = PCI + 'host7/target7:0:0/7:0:0:1/block/'
CHIP = 'platform/fe340000.mmc/mmc_host/mmc0/mmc0:0001/block/'
MEDIUM = {'size': 2048000, 'removable': 0, 'ro': 0}
EMPTY = MEDIUM | {'size': 0}
NO_FACT = 'not reported'
TARGET = ''
S = {'device/serial': 'S1'}


def driver(name, host):
    return {f'/sys/class/scsi_host/host{host}/proc_name': name}


def usb(vendor, model, **more):
    return MEDIUM | {'removable': 1, 'device/vendor': vendor, 'device/model': model, 'serial': 'S1'} | more


def nvme(controller, transport='pcie'):
    return {f'/sys/devices/{controller}/transport': transport, f'/sys/devices/{controller}/serial': 'S1', 'serial': 'S1'}


# Title, kernel name, folder below /sys/devices, files, protocol in the facts (or NO_FACT), and a part of the reason why
# it is not a target (TARGET: it is one).
ROWS = [
    ('a SATA disk', 'sda', SATA, MEDIUM | S, 'SATA', TARGET),
    ('a SAS disk', 'sda', SAS, MEDIUM | S, 'SAS', TARGET),
    ('an NVMe disk', 'nvme0n1', PCI + 'nvme/nvme0/', MEDIUM | nvme(PCI + 'nvme/nvme0'), 'NVMe', TARGET),
    ('a volume of a RAID card', 'sda', PCI + 'host2/target2:2:0/2:2:0:0/block/', MEDIUM | S | driver('megaraid_sas', 2),
     'RAID', TARGET),
    ('a virtio disk', 'vda', PCI + 'virtio1/block/', MEDIUM | {'serial': 'S1'}, 'virtio', TARGET),
    ('a virtio disk without a serial', 'vda', PCI + 'virtio1/block/', MEDIUM, 'virtio', 'no serial'),
    ('an eMMC chip', 'mmcblk0', CHIP, MEDIUM | S | {'device/type': 'MMC'}, 'MMC', TARGET),
    ('a disk whose zones it arranges itself', 'sda', SATA, MEDIUM | S | {'queue/zoned': 'host-aware'}, 'SATA', TARGET),
    # dead, or not to be written
    ('a dead SATA disk, 0 bytes', 'sda', SATA, EMPTY | S, 'SATA', 'reports no size'),
    ('a dead disk that tells nothing (I/O error on identify)', 'sda', SATA, EMPTY, NO_FACT, 'no drives'),
    ('a dead NVMe disk, 0 bytes', 'nvme0n1', PCI + 'nvme/nvme0/', EMPTY | nvme(PCI + 'nvme/nvme0'), 'NVMe',
     'reports no size'),
    ('an NVMe disk without the word for its transport', 'nvme0n1', PCI + 'nvme/nvme0/', MEDIUM | {'serial': 'S1'},
     'unknown', 'not known'),
    ('a SAS disk with sectors of 520 bytes', 'sda', SAS, EMPTY | S | {'queue/logical_block_size': 512}, 'SAS',
     'reports no size'),
    ('a SAS disk with sectors of 528 bytes, by its WWN alone', 'sda', SAS, EMPTY | {'device/wwid': 'naa.5000c500a1b2c3d4'},
     'SAS', 'reports no size'),
    ('a write-protected disk', 'sda', SATA, MEDIUM | S | {'ro': 1}, 'SATA', 'write-protected'),
    ('a removable disk on SATA', 'sda', SATA, MEDIUM | S | {'removable': 1}, 'SATA', 'removable'),
    ('a host-managed SMR disk', 'sda', SAS, MEDIUM | S | {'queue/zoned': 'host-managed'}, 'SAS', 'zones'),
    ('a ZNS name space', 'nvme0n1', PCI + 'nvme/nvme0/',
     MEDIUM | nvme(PCI + 'nvme/nvme0') | {'queue/zoned': 'host-managed'}, 'NVMe', 'zones'),
    ('an NVMe disk on a Thunderbolt port', 'nvme0n1', PCI + 'nvme/nvme0/',
     MEDIUM | nvme(PCI + 'nvme/nvme0') | {'/sys/devices/pci0000:00/0000:00:1c.0/0000:03:00.0/removable': 'removable'},
     'Thunderbolt', 'external PCIe port'),
    # media of management controllers, and what people plug in
    ('a USB stick', 'sda', USB, usb('Kingston', 'DataTraveler'), 'USB', 'on USB'),
    ('virtual floppy of an iDRAC', 'sda', USB, usb('iDRAC', 'Virtual Floppy'), 'USB', 'on USB'),
    ('driver disk of an iDRAC (OEMDRV)', 'sda', USB, usb('iDRAC', 'OEMDRV', removable=0), 'USB', 'on USB'),
    ('virtual floppy of an iLO', 'sda', USB, usb('HPE', 'iLO Virtual Media'), 'USB', 'on USB'),
    ('SD card behind an iLO', 'sda', USB, usb('HP iLO', 'Internal SD-CARD', removable=0), 'USB', 'on USB'),
    ('virtual hard disk of a Supermicro board', 'sda', USB, usb('AMI', 'Virtual HDisk0', removable=0), 'USB', 'on USB'),
    ('virtual media of an old Supermicro board', 'sda', USB, usb('ATEN', 'Virtual Disk'), 'USB', 'on USB'),
    ('RDOC of a Lenovo XCC', 'sda', USB, usb('Lenovo', 'RDOC'), 'USB', 'on USB'),
    ('virtual media of a Huawei iBMC', 'sda', USB, usb('Huawei', 'Virtual FlashDisk'), 'USB', 'on USB'),
    ('virtual drive without a medium', 'sda', USB, usb('AMI', 'Virtual Floppy0', size=0), NO_FACT, 'no drives'),
    ('virtual CD', 'sr0', USB, usb('AMI', 'Virtual CDROM0'), NO_FACT, 'no drives'),
    ('virtual SCSI disk of a driver that nobody knows', 'sda', LUN, MEDIUM | S | driver('bmc_vdisk', 7), 'unknown',
     'transport is not known'),
    ('USB bridge to a SATA disk (uas)', 'sda', USB, usb('ATA', 'ST4000NM0035', removable=0) | driver('uas', 6), 'USB',
     'on USB'),
    ('USB bridge named by its driver alone', 'sda', LUN, MEDIUM | S | driver('usb-storage', 7), 'USB', 'on USB'),
    ('an SD card', 'mmcblk0', CHIP, MEDIUM | S | {'device/type': 'SD'}, 'SD', 'memory card'),
    # parts of disks, and disks that programs make
    ('boot partition of an eMMC', 'mmcblk0boot0', CHIP + 'mmcblk0/', MEDIUM, NO_FACT, 'no drives'),
    ('general partition of an eMMC', 'mmcblk0gp1', CHIP + 'mmcblk0/', MEDIUM, NO_FACT, 'no drives'),
    ('RPMB of an eMMC', 'mmcblk0rpmb', CHIP + 'mmcblk0/', MEDIUM, NO_FACT, 'no drives'),
    ('one path to a name space', 'nvme0c0n1', PCI + 'nvme/nvme0/', MEDIUM | {'hidden': 1}, NO_FACT, 'no drives'),
    ('device mapper', 'dm-0', 'virtual/block/', MEDIUM | {'dm/name': 'vg-root'}, NO_FACT, 'no drives'),
    ('multipath', 'dm-1', 'virtual/block/', MEDIUM | {'dm/uuid': 'mpath-3600a0980'}, NO_FACT, 'no drives'),
    ('md', 'md127', 'virtual/block/', MEDIUM | {'md/level': 'raid1'}, NO_FACT, 'no drives'),
    ('loop', 'loop0', 'virtual/block/', MEDIUM, NO_FACT, 'no drives'),
    ('zram', 'zram0', 'virtual/block/', MEDIUM, NO_FACT, 'no drives'),
    ('RAM disk', 'ram0', 'virtual/block/', MEDIUM, NO_FACT, 'no drives'),
    ('floppy', 'fd0', 'platform/floppy.0/block/', MEDIUM | {'removable': 1}, NO_FACT, 'no drives'),
    ('flash of the board', 'mtdblock0', 'platform/spi0/mtd/mtd0/', MEDIUM, NO_FACT, 'no drives'),
    ('bcache', 'bcache0', 'virtual/block/', MEDIUM, NO_FACT, 'no drives'),
    ('persistent memory', 'pmem0', 'LNXSYSTM:00/ACPI0012:00/ndbus0/region0/namespace0.0/block/', MEDIUM, 'NVDIMM',
     'persistent memory'),
    ('ZFS volume', 'zd0', 'virtual/block/', MEDIUM, 'zvol', 'ZFS'),
    ('a scsi_debug disk', 'sda', 'pseudo_0/adapter0/host7/target7:0:0/7:0:0:0/block/',
     MEDIUM | S | driver('scsi_debug', 7), 'unknown', 'transport is not known'),
    # networks
    ('network block device', 'nbd0', 'virtual/block/', MEDIUM, 'NBD', 'network block device'),
    ('network block device over RDMA', 'rnbd0', 'virtual/rnbd-client/ctl/', MEDIUM, 'RNBD', 'over RDMA'),
    ('Ceph', 'rbd0', 'rbd/0/block/', MEDIUM, 'RBD', 'Ceph'),
    ('DRBD', 'drbd0', 'virtual/block/', MEDIUM, 'DRBD', 'DRBD'),
    ('iSCSI', 'sda', 'platform/host7/session1/target7:0:0/7:0:0:1/block/', MEDIUM | S, 'iSCSI', 'iSCSI'),
    ('iSCSI of a card', 'sda', LUN, MEDIUM | S | driver('be2iscsi', 7), 'iSCSI', 'iSCSI'),
    ('FCoE', 'sda', LUN, MEDIUM | S | driver('fnic', 7), 'FCoE', 'Fibre Channel over Ethernet'),
    ('Fibre Channel', 'sda', PCI + 'host7/rport-7:0-1/target7:0:0/7:0:0:0/block/', MEDIUM | S, 'FC', 'Fibre Channel'),
    ('NVMe over TCP', 'nvme1n1', 'virtual/nvme-fabrics/ctl/nvme1/',
     MEDIUM | nvme('virtual/nvme-fabrics/ctl/nvme1', 'tcp'), 'NVMe-oF', 'NVMe over a network'),
]


def put_disk(tree, name, folder, files):
    for path, text in files.items():
        tree.put(path.lstrip('/') if path[0] == '/' else f'sys/devices/{folder}{name}/{path}', text)
    tree.link(f'sys/block/{name}', f'../devices/{folder}{name}')


def selector(drives):
    """As an operator would name it; None: it has no name, or there is none."""
    if drives and drives[0].get('WWN'):
        return 'wwn=' + drives[0]['WWN']
    return 'serial=' + drives[0]['SerialNumber'] if drives and drives[0].get('SerialNumber') else None


def wrong_in(facts, got, protocol, why):
    drives = facts['drives']
    found = drives[0]['Protocol'] if drives else NO_FACT
    if found != protocol or len(drives) > 1:
        yield f'reported as {found}, not as {protocol}: {drives}'
    if why == TARGET and not got['disk']:
        yield f'not a target: {got["reason"]}'
    if why != TARGET and (got['disk'] or why not in got['reason']['detail']):
        yield f'expected "{why}": {got["disk"]}, {got["reason"]}'


def each_row(results):
    for title, name, folder, files, protocol, why in ROWS:
        tree = Tree()
        put_disk(tree, name, folder, files)
        facts = results.agent('--facts', tree)
        got = results.simulate(facts, selector(facts['drives']))
        results.say(f'disk: {title}', list(wrong_in(facts, got, protocol, why)))
        tree.remove()


def several_name_spaces(results):
    """They have the drive's serial in common: only the name space's own name chooses."""
    tree = Tree()
    for i in (1, 2):
        put_disk(tree, f'nvme0n{i}', PCI + 'nvme/nvme0/',
                 MEDIUM | nvme(PCI + 'nvme/nvme0') | {'wwid': f'eui.0025385b91b03f1{i}'})
    facts = results.agent('--facts', tree)
    both = results.simulate(facts, 'serial=S1')
    one = results.simulate(facts, 'wwn=0x0025385b91b03f12')
    wrong = [] if both['disk'] is None and both['reason']['code'] == 'guard.disk.ambiguous' else [both]
    wrong += [] if one['disk'] and one['disk']['name'] == 'nvme0n2' else [one]
    results.say('disk: two name spaces of one NVMe drive, by serial and by WWN', wrong)
    tree.remove()


all_results = Results(sys.argv[1], int(sys.argv[2]))
each_row(all_results)
several_name_spaces(all_results)
all_results.end()
