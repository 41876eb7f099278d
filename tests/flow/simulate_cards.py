#!/usr/bin/env python3
"""What looks like a network card in a rack: is it a part of the host, and does its address say which machine this is?
Each row is a tree of /sys in the shape of a real one, reported by the agent as facts and as evidence.
usage: simulate_cards.py BUILD NUMBER-OF-TESTS-BEFORE"""
import struct
import sys

from made_tree import Results, Tree

PCI = 'pci0000:00/0000:00:1c.0/0000:03:00.0'
XHCI = 'pci0000:00/0000:00:14.0/usb1/1-14/'
USB = XHCI + '1-14:1.0'
MAC = '3c:ec:ef:00:00:01'
PART, PROOF, NOTHING = 'a part', 'a part whose address is proof', 'neither'


def ids(vendor, product):
    return {f'/sys/devices/{XHCI}idVendor': vendor, f'/sys/devices/{XHCI}idProduct': product}


def port(name):
    return {'phys_port_name': name}


# Title, name, folder of the device below /sys/devices ("" for none), driver, address, more files, what it is.
ROWS = [
    # of the host
    ('on the board', 'eno1', PCI, 'igb', MAC, {}, PROOF),
    ('named by ACPI', 'enp3s0f0np0', PCI, 'ice', MAC, {'device/label': 'Ethernet Port 1', 'device/acpi_index': '1'}, PROOF),
    ('named by ACPI without PCI', 'enACPI0', 'platform/APMC0D05:00', 'xgene-enet', MAC, {}, PROOF),
    ('of a virtual machine', 'eth0', PCI + '/virtio0', 'virtio_net', '52:54:00:12:34:56', {}, PROOF),
    ('port of a Mellanox card', 'ens1f0np0', PCI, 'mlx5_core', MAC, port('p0'), PROOF),
    ("host's end of a BlueField card", 'enp3s0f0np0', PCI, 'mlx5_core', MAC, port('pf0'), PROOF),
    ('in a bond, with its own address kept', 'eno1', PCI, 'igb', '3c:ec:ef:00:00:09', {'bonding_slave/perm_hwaddr': MAC},
     PROOF),
    ('a USB dongle', 'enx001', USB, 'r8152', '00:e0:4c:68:00:01', ids('0bda', '8153'), PART),
    ('another USB dongle', 'enx002', USB, 'ax88179_178a', '00:0e:c6:00:00:01', ids('0b95', '1790'), PART),
    ('InfiniBand', 'ib0', PCI, 'mlx5_core', '80:00:00:48:fe:80:00:00:00:00:00:00:3c:ec:ef:00:00:00:00:01', {'type': '32'},
     PART),
    # addresses that prove nothing
    ('no address burnt in: zeros', 'eno1', PCI, 'igb', '00:00:00:00:00:00', {}, PART),
    ('no address burnt in: ones', 'eno1', PCI, 'igb', 'ff:ff:ff:ff:ff:ff', {}, PART),
    ('an address of a group', 'eno1', PCI, 'igb', '01:00:5e:00:00:01', {}, PART),
    ('made up at boot', 'eno1', PCI, 'igb', '7a:11:22:33:44:55', {'addr_assign_type': '1'}, PART),
    ("set by somebody, another card's", 'eno1', PCI, 'igb', MAC, {'addr_assign_type': '3'}, PART),
    ("taken from another card", 'eno1', PCI, 'igb', MAC, {'addr_assign_type': '2'}, PART),
    ('locally administered and burnt in', 'eno1', PCI, 'igb', '02:11:22:33:44:55', {'addr_assign_type': '0'}, PROOF),
    ('Thunderbolt', 'thunderbolt0', 'pci0000:00/0000:0d:00.0/domain0/0-0/0-1/0-1.0', 'thunderbolt-net', MAC, {}, PART),
    # management controllers
    ('USB card of an iDRAC', 'idrac', USB, 'cdc_ether', '58:8a:5a:00:00:01', ids('413c', 'a102'), NOTHING),
    ('USB card of an iLO', 'ilo', USB, 'cdc_eem', '0a:ca:fe:f0:0d:04', ids('03f0', '7f27'), NOTHING),
    ('USB card of a Supermicro board', 'enxbe3af2b6059f', USB, 'rndis_host', 'be:3a:f2:b6:05:9f', ids('046b', 'ffb0'), NOTHING),
    ('USB card of a Lenovo XCC', 'enx7ed30a000001', USB, 'cdc_ether', '7e:d3:0a:00:00:01', ids('04b3', '4010'), NOTHING),
    ('USB card of a Huawei iBMC', 'usb0', USB, 'huawei_cdc_ncm', '7e:d3:0a:00:00:01', ids('12d1', '0001'), NOTHING),
    ('USB card of a controller, no driver', 'usb0', USB, '', 'b2:1d:aa:00:00:01', ids('046b', 'ffb0'), NOTHING),
    ('PCIe card of a Huawei iBMC', 'veth', PCI, 'host_veth_drv', 'e0:00:00:00:00:01', {}, NOTHING),
    ("BlueField's FIFO to its host", 'tmfifo_net0', 'platform/MLNXBF01:00/virtio1', 'virtio_net', '00:1a:ca:ff:ff:01', {},
     NOTHING),
    # made by cards and by programs
    ('virtual function', 'eno1v0', PCI, 'iavf', '12:11:22:33:44:55', {'device/physfn/vendor': '0x8086'}, NOTHING),
    ("switch's end of a virtual function", 'enp3s0f0npf0vf0', PCI, 'mlx5_core', '12:11:22:33:44:56', port('pf0vf0'), NOTHING),
    ("switch's end of a sub-function", 'en3f0pf0sf88', PCI, 'mlx5_core', '12:11:22:33:44:57', port('pf0sf88'), NOTHING),
    ("switch's end of another host's function", 'pf0c1vf2', PCI, 'mlx5_core', '12:11:22:33:44:58', port('c1pf0vf2'), NOTHING),
    ("switch's end of another host's port", 'pf0hpf', PCI, 'mlx5_core', '12:11:22:33:44:59', port('c1pf0'), NOTHING),
    ('sub-function', 'enp3s0f0s88', PCI + '/mlx5_core.sf.4', 'mlx5_core.sf', '12:11:22:33:44:5a', {}, NOTHING),
    ('loopback', 'lo', '', '', '00:00:00:00:00:00', {'type': '772'}, NOTHING),
    ('bond', 'bond0', '', '', MAC, {'bonding/mode': '802.3ad 4'}, NOTHING),
    ('bridge', 'br0', '', '', MAC, {'bridge/stp_state': '0'}, NOTHING),
    ('VLAN', 'eno1.42', '', '', MAC, {}, NOTHING),
    ('WLAN that listens', 'mon0', PCI, 'iwlwifi', MAC, {'type': '803'}, NOTHING),
]


def put_card(tree, name, folder, driver, mac, files):
    words = {'type': '1', 'address': mac, 'addr_assign_type': '0'} | files
    if folder:
        tree.put(f'sys/devices/{folder}/vendor', '0x15b3')
        tree.link(f'sys/class/net/{name}/device', f'../../../devices/{folder}')
        if driver:
            tree.link(f'sys/devices/{folder}/driver', f'/sys/bus/pci/drivers/{driver}')
    for path, text in words.items():
        tree.put(path.lstrip('/') if path[0] == '/' else f'sys/class/net/{name}/{path}', text)


def found_of(results, tree):
    """Names of the cards, and addresses that are proof."""
    return [c['Name'] for c in results.agent('--facts', tree)['nics']], results.agent('--evidence', tree)['macs']


def kind_of(nics, macs):
    return PROOF if nics and macs else PART if nics else NOTHING if not macs else 'proof alone'


def each_row(results):
    for title, name, folder, driver, mac, files, want in ROWS:
        tree = Tree()
        put_card(tree, name, folder, driver, mac, files)
        got = found_of(results, tree)
        wrong = [] if kind_of(*got) == want else [f'{kind_of(*got)}, not {want}: {got}']
        results.say(f'card: {title}: {want}', wrong)
        tree.remove()


def one_address(results):
    """Two ports of one address (partitions of a card, a team set up by the firmware): it is one word of evidence."""
    tree = Tree()
    put_card(tree, 'eno1', PCI, 'qede', MAC, {})
    put_card(tree, 'eno2', PCI[:-1] + '1', 'qede', MAC, {})
    nics, macs = found_of(results, tree)
    results.say('card: two with one address are two parts and one proof',
                [] if nics == ['eno1', 'eno2'] and macs == [MAC] else [f'{nics}, {macs}'])
    tree.remove()


def put_table(tree, structures):
    table = b''.join(structures) + b'\x7f\x04\xff\xff\0\0'
    tree.put('sys/firmware/dmi/tables/DMI', table)
    tree.put('sys/firmware/dmi/tables/smbios_entry_point',
             b'_SM3_' + bytes([0, 24, 3, 4, 0, 1, 0]) + struct.pack('<IQ', len(table), 0))


def interface(kind):
    """SMBIOS type 42: a network host interface on USB, as its versions 1 (2) and 2 (4, with the host's address) say it."""
    about = struct.pack('<HH', 0x413c, 0xa102)
    device = about if kind == 2 else b'\x12' + about + b'\0' + bytes.fromhex('00e04c680002')
    body = bytes([0x40, 1 + len(device), kind]) + device
    return bytes([42, 4 + len(body)]) + b'\0\x01' + body + b'\0\0'


def told_by_the_table(results):
    """The firmware names the controller's card, whatever its driver is."""
    for kind in (2, 4):
        tree = Tree()
        put_card(tree, 'usb0', USB, 'r8152', '00:e0:4c:68:00:02', ids('413c', 'a102'))
        put_card(tree, 'eno1', PCI, 'igb', MAC, {})
        put_table(tree, [interface(kind)])
        got = found_of(results, tree)
        results.say(f"card: the controller's by SMBIOS, on the chip of a dongle, kind {kind}",
                    [] if got == (['eno1'], [MAC]) else [str(got)])
        tree.remove()


all_results = Results(sys.argv[1], int(sys.argv[2]))
each_row(all_results)
one_address(all_results)
told_by_the_table(all_results)
all_results.end()
