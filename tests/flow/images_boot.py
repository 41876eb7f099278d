# SPDX-License-Identifier: Apache-2.0
#
# Trees laid out as the systems that people run, made from Debian's binaries, written to a disk by the
# installer and started by real firmware in QEMU until they print a line on the serial console. A row says
# what a tree has; what it is called and where its loader lies are all that the builder goes by.
#
# usage: images_boot.py SLIPWAY ROOTFS DEBS WORKDIR [--only WORD]
#   ROOTFS  tar of the recipe;  DEBS  folder with unpacked grub-efi-amd64-bin and systemd-boot-efi
import argparse, io, json, os, subprocess, sys, tarfile, time

LINE = 'slipway-proof'
CONSOLE = 'console=tty0 console=ttyS0,115200'
MENU = '''if [ "$grub_platform" = pc ]; then
	serial --unit=0 --speed=115200
	terminal_output console serial
fi
probe --set=root_uuid --fs-uuid "($root_fs)"
set timeout=0
menuentry "%(name)s" {
	linux %(boot)s/%(kernel)s root=UUID=$root_uuid rw %(console)s quiet %(more)s
	initrd %(boot)s/%(initrd)s
}
'''
UNIT = '''[Unit]
Description=Proof of a start
[Service]
Type=oneshot
ExecStart=/bin/sh -c '. /etc/os-release; echo "%s $ID $(findmnt -no FSTYPE /) $(findmnt -rno TARGET | sort | grep -E "^/(boot|boot/efi|srv|data)$" | tr "\\\\n" " ")swap=$(tail -n +2 /proc/swaps | wc -l) end" >/dev/ttyS0'
[Install]
WantedBy=multi-user.target
''' % LINE
# Without systemd: what a first process does at the least.
INIT = '''#!/bin/sh
mount -t proc proc /proc
. /etc/os-release
while :; do
	echo "%s $ID $(grep ' / ' /proc/mounts | tail -n 1 | cut -d ' ' -f 3) swap=0 end" >/dev/ttyS0
	sleep 2
done
''' % LINE


# What the recipe's RAM disk lacks for a root of xfs
XFS_MODULES = ('/xfs.ko', '/libcrc32c.ko', '/modules.dep', '/modules.dep.bin', '/modules.alias.bin', '/modules.alias')


def cpio(files):
    """An archive that the kernel unpacks behind another one (newc): folders, then files."""
    folders = sorted({'/'.join(n.split('/')[:i]) for n in files for i in range(1, n.count('/') + 1)})
    out = b''
    for name, data in [*((n, None) for n in folders), *files.items(), ('TRAILER!!!', b'')]:
        mode, data = (0o40755, b'') if data is None else (0o100644, data)
        numbers = (1, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name) + 1, 0)
        head = b'070701' + b''.join(b'%08X' % n for n in numbers) + name.encode() + b'\0'
        out += head + bytes(-len(head) % 4) + data + bytes(-len(data) % 4)
    return out


def entry(name, content=b'', kind=tarfile.REGTYPE, link='', mode=0o644):
    t = tarfile.TarInfo(name)
    t.type, t.linkname, t.mode, t.mtime, t.size = kind, link, mode, 1700000000, len(content)
    return t, content


def f(name, content, mode=0o644):
    return entry(name, content.encode() if isinstance(content, str) else content, mode=mode)


def d(name):
    return entry(name, kind=tarfile.DIRTYPE, mode=0o755)


def s(name, to):
    return entry(name, kind=tarfile.SYMTYPE, link=to, mode=0o777)


class Source:
    """The recipe's tree: what rows take from it."""

    def __init__(self, rootfs, debs):
        self.rootfs, self.debs, self.files = rootfs, debs, {}
        with tarfile.open(rootfs) as t:
            for e in t:
                name = e.name.lstrip('./')
                if e.isfile() and (name.startswith('boot/') or 'shim' in name or 'efi-signed' in name or name.endswith(XFS_MODULES)):
                    self.files[name] = t.extractfile(e).read()
        self.kernel = next(n for n in self.files if n.startswith('boot/vmlinuz'))
        self.initrd = next(n for n in self.files if n.startswith('boot/initrd'))
        self.shim = self.files['usr/lib/shim/shimx64.efi.signed']
        # SUSE's calls its second stage so
        long, short = (('\\' + n).encode('utf-16le') for n in ('grubx64.efi', 'grub.efi'))
        self.suse_shim = self.shim.replace(long, short.ljust(len(long), b'\0'))
        assert self.suse_shim != self.shim, 'the shim does not name grubx64.efi'
        self.grub = self.files['usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed']

    def deb(self, path):
        with open(os.path.join(self.debs, path), 'rb') as data:
            return data.read()

    def modules(self):
        folder = 'usr/lib/grub/x86_64-efi'
        return [d(folder)] + [f(folder + '/' + name, self.deb(folder + '/' + name))
                              for name in sorted(os.listdir(os.path.join(self.debs, folder)))
                              if name.endswith(('.mod', '.lst', '.img'))]

    def unified(self, work, line):
        """A kernel, its RAM disk and command line in one program."""
        for name, data in (('kernel', self.files[self.kernel]), ('initrd', self.files[self.initrd]),
                           ('line', line.encode()), ('osrel', b'ID=debian\nVERSION_ID=12\nPRETTY_NAME="Debian"\n'),
                           ('stub', self.deb('usr/lib/systemd/boot/efi/linuxx64.efi.stub'))):
            with open(os.path.join(work, 'uki-' + name), 'wb') as out:
                out.write(data)
        # behind the stub's own sections, in the order that the stub wants
        heads = subprocess.run(['objdump', '-h', os.path.join(work, 'uki-stub')], check=True, capture_output=True, text=True).stdout
        rows = [r.split() for r in heads.splitlines() if r.split()[:1] and r.split()[0].isdigit()]
        at, words = max(int(r[3], 16) + int(r[2], 16) for r in rows), ['objcopy']
        at = (at + 0xfffff) // 0x100000 * 0x100000
        for section, name in (('.osrel', 'osrel'), ('.cmdline', 'line'), ('.initrd', 'initrd'), ('.linux', 'kernel')):
            path = os.path.join(work, 'uki-' + name)
            words += ['--add-section', section + '=' + path, '--change-section-vma', '%s=%#x' % (section, at)]
            at += (os.path.getsize(path) + 0xfffff) // 0x100000 * 0x100000 + 0x100000
        out = os.path.join(work, 'uki')
        subprocess.run(words + [os.path.join(work, 'uki-stub'), out], check=True)
        with open(out, 'rb') as data:
            return data.read()


def release(name, like='', version='1'):
    return 'NAME="%s"\nID=%s\n%sVERSION_ID="%s"\n' % (name.title(), name, 'ID_LIKE="%s"\n' % like if like else '', version)


def menu(source, name, boot='/boot', more='', root='$root'):
    return MENU.replace('$root_fs', root) % dict(name=name, boot=boot, kernel=source.kernel[5:], initrd=source.initrd[5:],
                                                 console=CONSOLE, more=more)


ESP_CFG = 'usr/lib/slipway'
SIGNED = ('usr/lib/shim', 'usr/lib/grub/x86_64-efi-signed')
BIOS = 'usr/lib/grub/i386-pc'
GRUB = 'boot/grub'


# ---- the systems: entries to leave out, entries to add ----------------------------------------------

def ubuntu(source, work):
    signed = 'usr/lib/shim/shimx64.efi.signed'
    return [ESP_CFG, GRUB, signed], [
        f('usr/lib/os-release', release('ubuntu', 'debian', '24.04')), f(signed + '.latest', source.shim), s(signed, 'shimx64.efi.signed.latest'),
        d(GRUB), f(GRUB + '/grub.cfg', menu(source, 'Ubuntu'))]


def rocky(source, work):
    loader = 'boot/loader/entries/0123-5.14.0.x86_64.conf'
    return [ESP_CFG, GRUB, *SIGNED, BIOS], [
        f('usr/lib/os-release', release('rocky', 'rhel centos fedora', '9.4')), d('boot/efi'), d('boot/efi/EFI'), d('boot/efi/EFI/rocky'),
        d('boot/efi/EFI/BOOT'), f('boot/efi/EFI/BOOT/BOOTX64.EFI', source.shim), f('boot/efi/EFI/rocky/shimx64.efi', source.shim),
        f('boot/efi/EFI/rocky/grubx64.efi', source.grub), d('boot/loader'), d('boot/loader/entries'),
        f(loader, 'title Rocky\nlinux /boot/%s\ninitrd /boot/%s\noptions ro\n' % (source.kernel[5:], source.initrd[5:])),
        d('boot/grub2'), f('boot/grub2/grub.cfg', menu(source, 'Rocky')), d('etc/selinux'), f('etc/selinux/config', 'SELINUX=disabled\n')]


def opensuse(source, work):
    return [ESP_CFG, GRUB, *SIGNED, BIOS], [
        f('usr/lib/os-release', release('opensuse-leap', 'suse opensuse', '15.6')), d('usr/share/efi'), d('usr/share/efi/x86_64'),
        f('usr/share/efi/x86_64/shim.efi', source.suse_shim), f('usr/share/efi/x86_64/grub.efi', source.grub),
        d('boot/grub2'), f('boot/grub2/grub.cfg', menu(source, 'openSUSE'))]


def alpine(source, work):
    return [ESP_CFG, GRUB, *SIGNED, 'usr/lib/systemd', 'usr/sbin/init'], [
        f('usr/lib/os-release', release('alpine', '', '3.20')), *source.modules(), f('usr/sbin/init', INIT, 0o755),
        d(GRUB), f(GRUB + '/grub.cfg', menu(source, 'Alpine'))]


def separate_boot(source, work):
    """The menu's own partition is not the root."""
    text = menu(source, 'Debian', boot='', root='$disk,gpt3')
    text = 'regexp --set=1:disk "^([^,]+),gpt[0-9]+" "$root"\n' + text
    return [ESP_CFG, GRUB], [d(GRUB), f(GRUB + '/grub.cfg', text)]


def xfs_root(source, work):
    drop, add = separate_boot(source, work)
    more = {n: data for n, data in source.files.items() if n.endswith(XFS_MODULES)}
    initrd = source.files[source.initrd]
    assert any(n.endswith('/xfs.ko') for n in more), 'the recipe has no module for xfs'
    return drop, add + [f(source.initrd, initrd + bytes(-len(initrd) % 4) + cpio(more))]


def systemd_boot(source, work):
    return [ESP_CFG, GRUB, *SIGNED, BIOS], [
        d('usr/lib/systemd/boot'), d('usr/lib/systemd/boot/efi'),
        f('usr/lib/systemd/boot/efi/systemd-bootx64.efi', source.deb('usr/lib/systemd/boot/efi/systemd-bootx64.efi')),
        d('boot/efi'), d('boot/efi/EFI'), d('boot/efi/EFI/Linux'),
        f('boot/efi/EFI/Linux/debian-6.1.efi', source.unified(work, 'root=PARTLABEL=root rw quiet ' + CONSOLE))]


def unified(source, work):
    return [ESP_CFG, GRUB, *SIGNED, BIOS], [
        d('usr/lib/modules/uki'), f('usr/lib/modules/uki/vmlinuz.efi', source.unified(work, 'root=PARTLABEL=root rw quiet ' + CONSOLE))]


PARTS = [{'role': 'bios'}, {'role': 'esp', 'size': '64M'}]
XFS = {'devices': True, 'partitions': PARTS + [{'role': 'data', 'fs': 'ext4', 'size': '200M', 'mount': '/boot'}, {'role': 'swap', 'size': '64M'},
                              {'role': 'data', 'fs': 'ext4', 'size': '100M', 'mount': '/srv'},
                              {'role': 'root', 'fs': 'xfs', 'size': '1500M', 'grow': True}]}
EXT4 = {'partitions': PARTS + [{'role': 'data', 'fs': 'ext4', 'size': '200M', 'mount': '/boot'}, {'role': 'root', 'grow': True}]}
# name, maker of the tree, layout or None, firmware, what the line has
ROWS = [
    ('Ubuntu by UEFI', ubuntu, None, 'uefi', 'ubuntu ext4'),
    ('Ubuntu by BIOS', ubuntu, None, 'bios', 'ubuntu ext4'),
    ('Rocky by UEFI', rocky, None, 'uefi', 'rocky ext4'),
    ('openSUSE by UEFI', opensuse, None, 'uefi', 'opensuse-leap ext4'),
    ('Alpine, without systemd, by UEFI', alpine, None, 'uefi', 'alpine ext4'),
    ('Alpine, without systemd, by BIOS', alpine, None, 'bios', 'alpine ext4'),
    ('systemd-boot and a unified kernel image', systemd_boot, None, 'uefi', 'debian ext4'),
    ('a unified kernel image alone', unified, None, 'uefi', 'debian ext4'),
    ('Debian with a separate /boot by UEFI', separate_boot, EXT4, 'uefi', 'debian ext4'),
    ('Debian with a separate /boot by BIOS', separate_boot, EXT4, 'bios', 'debian ext4'),
    ('Debian with an xfs root by UEFI', xfs_root, XFS, 'uefi', 'debian xfs'),
    ('Debian with an xfs root by BIOS', xfs_root, XFS, 'bios', 'debian xfs'),
]


# ---- making and starting ----------------------------------------------------------------------------

def has_kvm():
    with open('/proc/cpuinfo') as text:
        flags = text.read()
    return os.access('/dev/kvm', os.W_OK) and (' vmx' in flags or ' svm' in flags)


class Bench:
    def __init__(self, o):
        self.o, self.source = o, Source(o.rootfs, o.debs)
        self.made = None  # (maker, layout) of the disk that is there
        self.slipway('root', 'init', '--lab', '--dir', o.work)

    def path(self, name):
        return os.path.join(self.o.work, name)

    def slipway(self, *words):
        r = subprocess.run([self.o.slipway, *words], capture_output=True, text=True, errors='replace')
        assert not r.returncode, '%s: %s' % (' '.join(words[:2]), r.stderr.strip())

    def write_tree(self, maker):
        drop, add = maker(self.source, self.o.work)
        gone = set(drop) | {e.name for e, _ in add}
        add += [f('etc/systemd/system/proof.service', UNIT), s('etc/systemd/system/multi-user.target.wants/proof.service', '../proof.service')]
        with tarfile.open(self.o.rootfs) as old, tarfile.open(self.path('tree.tar'), 'w', format=tarfile.PAX_FORMAT) as new:
            for e in old:
                name = e.name[2:] if e.name.startswith('./') else e.name
                if any(name == g or name.startswith(g + '/') for g in gone):
                    continue
                new.addfile(e, old.extractfile(e) if e.isfile() else None)
            for e, content in add:
                new.addfile(e, io.BytesIO(content) if content else None)

    def make_disk(self, maker, layout):
        if self.made == (maker, id(layout)):
            return
        self.made = None
        self.write_tree(maker)
        words = []
        if layout:
            with open(self.path('layout.json'), 'w') as out:
                json.dump(layout, out)
            words = ['--layout', self.path('layout.json')]
        for name in ('a.slip', 'disk'):
            if os.path.exists(self.path(name)):
                os.unlink(self.path(name))
        with open(self.path('disk'), 'wb') as disk:
            disk.truncate(3 << 30)
        self.slipway('image', 'build', '--line', 't', '--version', '1', '--arch', 'x86_64', '--level', '1', '--output', self.path('a.slip'),
                     *words, self.path('tree.tar'))
        self.slipway('image', 'sign', '--key', self.path('keys/image.key'), self.path('a.slip'))
        self.slipway('image', 'install', '--root', self.path('root.json'), '--to', self.path('disk'), self.path('a.slip'))
        self.made = (maker, id(layout))

    def start(self, firmware, seconds):
        """What comes over the serial line until the system says that it runs."""
        words = ['qemu-system-x86_64', '-m', '768', '-nographic', '-no-reboot', '-nic', 'none', '-serial', 'stdio', '-monitor', 'none',
                 '-drive', 'file=%s,format=raw,if=virtio,cache=unsafe,snapshot=on' % self.path('disk')]
        words += ['-accel', 'kvm', '-cpu', 'host'] if has_kvm() else ['-accel', 'tcg,thread=single', '-cpu', 'Nehalem']
        if firmware == 'uefi':
            subprocess.run(['cp', '/usr/share/OVMF/OVMF_VARS_4M.fd', self.path('vars')], check=True)
            words += ['-machine', 'q35', '-drive', 'if=pflash,format=raw,readonly=on,file=/usr/share/OVMF/OVMF_CODE_4M.fd',
                      '-drive', 'if=pflash,format=raw,file=' + self.path('vars')]
        with open(self.path('serial'), 'wb') as out:
            guest = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT)
        try:
            until = time.time() + seconds
            while time.time() < until and guest.poll() is None:
                time.sleep(0.3)
                text = self.serial()
                if LINE in text and 'end' in text[text.index(LINE):]:
                    return text[text.index(LINE):].split('end')[0]
            raise AssertionError('did not start; the serial line ends with: ' + self.serial()[-600:])
        finally:
            guest.kill()
            guest.wait()

    def serial(self):
        with open(self.path('serial'), 'rb') as data:
            return data.read().decode(errors='replace')


def main():
    p = argparse.ArgumentParser()
    for name in ('slipway', 'rootfs', 'debs', 'work'):
        p.add_argument(name)
    p.add_argument('--only', default='')
    p.add_argument('--seconds', type=float, default=120 if has_kvm() else 600)
    o = p.parse_args()
    bench, bad = Bench(o), 0
    rows = [r for r in ROWS if o.only in r[0]]
    print('1..%d' % len(rows), flush=True)
    for i, (name, maker, layout, firmware, right) in enumerate(rows):
        try:
            bench.make_disk(maker, layout)
            line = bench.start(firmware, o.seconds)
            assert right in line, 'the system says %r, not %r' % (line, right)
            print('ok %d - %s starts' % (i + 1, name), flush=True)
        except (AssertionError, OSError, subprocess.CalledProcessError) as e:
            bad += 1
            print('not ok %d - %s starts\n# %s' % (i + 1, name, str(e)[-1200:].replace('\n', '\n# ')), flush=True)
    return 1 if bad else 0


sys.exit(main())
