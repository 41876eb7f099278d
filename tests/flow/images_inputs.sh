#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Inputs in every form that people have them: disks compressed, or of virtual machines; images of containers in one
# tar. What comes out has the bytes of the plain form. What cannot be read is refused by what it is.
#
# usage: images_inputs.sh [BUILD]
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
slipway=$(realpath "${1:-${BUILD:-$here/build}}/bin/slipway")
for program in qemu-img gzip xz zstd zip python3; do
	[ "$program" = zip ] || command -v "$program" >/dev/null || { echo "1..0 # SKIP no $program"; exit 0; }
done
work=$(mktemp -d /tmp/slipway-inputs.XXXXXX)
trap 'rm -rf "$work"' EXIT
cd "$work"
n=0
ok() { # WHAT STATUS
	n=$((n + 1))
	[ "$2" = 0 ] && echo "ok $n - $1" && return
	echo "not ok $n - $1"
	sed 's/^/# /' out
	bad=1
}
bad=0
export SOURCE_DATE_EPOCH=1700000000

# ---- disks ---------------------------------------------------------------------------------------
truncate -s 12M raw
printf 'start' | dd of=raw conv=notrunc status=none
head -c 300000 /dev/urandom | dd of=raw bs=4096 seek=300 conv=notrunc status=none
printf '\125\252' | dd of=raw bs=1 seek=510 conv=notrunc status=none
build() { # FILE OPTION...
	file=$1
	shift
	rm -f a.slip
	"$slipway" image build --line t --version 1 --arch x86_64 --output a.slip "$@" "$file" >out 2>&1
}
build raw
cp a.slip wanted
same() { # WHAT FILE
	build "$2" && cmp a.slip wanted >>out 2>&1
	ok "field-53 $1" $?
}
refused() { # WHAT FILE TEXT
	! build "$2" && grep -qF "$3" out && grep -qE 'image\.(input|tree)' out && [ ! -e a.slip ]
	ok "field-53 $1 is refused: $3" $?
}
gzip -k raw
xz -k raw
zstd -q raw
same "gzip" raw.gz
same "xz" raw.xz
same "zstd" raw.zst
for format in qcow2 vmdk vhdx; do
	qemu-img convert -O $format raw disk.$format
	same $format disk.$format
done
qemu-img convert -O vmdk -o subformat=streamOptimized raw stream
same "a VMDK of an OVA" stream
qemu-img convert -c -O qcow2 raw small
same "a qcow2 that is compressed inside" small
gzip -c disk.qcow2 >disk.qcow2.gz
same "a qcow2 in gzip" disk.qcow2.gz
qemu-img create -q -f qcow2 -b "$work/raw" -F raw backed
refused "T-01 a qcow2 with a backing file" backed "backing file"
qemu-img create -q -f qcow2 -b "nbd://127.0.0.1:1/x" -F raw -u far 12M
refused "a qcow2 with a backing file in the network" far "backing file"
qemu-img create -q -f qcow2 -o data_file=data,data_file_raw=on outside 12M
refused "T-01 a qcow2 with an external data file" outside "external data file"
# qemu-img times its key derivation and gives up on a machine that is too busy to be timed
for _ in $(seq 30); do
	qemu-img create -q -f qcow2 --object secret,id=s,data=x -o encrypt.format=luks,encrypt.key-secret=s,encrypt.iter-time=50 \
		secret 12M 2>/dev/null && break
	rm -f secret
done
refused "an encrypted qcow2" secret "encrypted"
qemu-img convert -O vmdk -o subformat=monolithicFlat raw flat
refused "a VMDK whose data is elsewhere" flat "other files"
qemu-img create -q -f vmdk -b "$work/disk.vmdk" -F vmdk child
refused "a VMDK with a parent" child "parent"
head -c 40 disk.qcow2 >"cut.qcow2"
refused "half a qcow2 header" cut.qcow2 "ends within"
head -c 70000 disk.qcow2 >half
! build half && grep -q 'image.input' out
ok "field-53 half a qcow2 is refused" $?
head -c 100000 raw.xz >half.xz
refused "half an xz" half.xz "half.xz"
qemu-img convert -O vpc raw disk.vhd
refused "a VHD" disk.vhd "VHD"
qemu-img convert -O vdi raw disk.vdi
refused "a VirtualBox disk" disk.vdi "VirtualBox"

for format in qed parallels qcow; do
	qemu-img convert -O $format raw disk.$format
done
refused "a QED disk" disk.qed "QED"
refused "a Parallels disk" disk.parallels "Parallels"
refused "a QCOW disk of version 1" disk.qcow "version 1"
qemu-img convert -O vpc -o subformat=fixed,force_size raw fixed.vhd
refused "a VHD of fixed size" fixed.vhd "fixed size"
gzip -k fixed.vhd
refused "a VHD of fixed size in gzip" fixed.vhd.gz "fixed size"
qemu-img convert -O vmdk -o subformat=twoGbMaxExtentSparse raw parts.vmdk
refused "a VMDK in parts" parts.vmdk "other files"
refused "a part of a VMDK" parts-s001.vmdk "several files"
printf 'COWD' >cowd
truncate -s 100K cowd
refused "a VMDK of an old ESX server" cowd "ESX"
for option in compat=0.10 extended_l2=on,compat=1.1 cluster_size=2M; do
	qemu-img convert -O qcow2 -o $option raw old
	same "a qcow2 with $option" old
done
python3 - <<'PY'
disk = bytearray(open('disk.qcow2', 'rb').read())
disk[79] |= 2
open('marked', 'wb').write(disk)
PY
refused "a qcow2 that QEMU marked as damaged" marked "marked as damaged"
qemu-img snapshot -c one disk.qcow2
same "a qcow2 with a snapshot" disk.qcow2
python3 - <<'PY'
import bz2, gzip, lzma
raw = open('raw', 'rb').read()
for name, pack in (('gz', gzip.compress), ('xz', lzma.compress), ('bz2', bz2.compress)):
    open('members.' + name, 'wb').write(pack(raw[:5000000]) + pack(raw[5000000:]))
open('alone.lzma', 'wb').write(lzma.compress(raw, format=lzma.FORMAT_ALONE))
PY
for suffix in gz xz bz2; do
	same "two members of $suffix" members.$suffix
done
same "lzma" alone.lzma
(head -c 5000000 raw | zstd -q; tail -c +5000001 raw | zstd -q) >members.zst
same "two members of zstd" members.zst

# ---- damaged on the way --------------------------------------------------------------------------
python3 - <<'PY'
import bz2, gzip, io, lzma, tarfile
raw = open('raw', 'rb').read()
out = io.BytesIO()
with tarfile.open(fileobj=out, mode='w') as t:
    for i in range(40):
        e = tarfile.TarInfo('etc/f%d' % i); e.size = 30000; t.addfile(e, io.BytesIO(raw[1228800 + i:][:30000]))
tree = out.getvalue()
def write(name, data): open(name, 'wb').write(data)
def flip(data, at): return data[:at] + bytes([data[at] ^ 255]) + data[at + 1:]
for suffix, pack in (('gz', gzip.compress), ('bz2', bz2.compress), ('xz', lzma.compress)):
    for what, plain in (('tree', tree), ('disk', raw)):
        packed, half = pack(plain), len(plain) // 2
        write('%s-sum.%s' % (what, suffix), flip(packed, len(packed) - 6))
        write('%s-middle.%s' % (what, suffix), flip(packed, len(packed) // 2))
        write('%s-short.%s' % (what, suffix), packed[:-3])
        write('%s-member.%s' % (what, suffix), pack(plain[:half]) + pack(plain[half:])[:-9])
        write('%s-behind.%s' % (what, suffix), packed + b'junk' * 40)
write('two.tar', tree + tree)
write('two.tar.gz', gzip.compress(tree + tree))
write('zeros.gz', gzip.compress(raw[:6000000]) + gzip.compress(raw[6000000:]) + bytes(10240))
PY
for suffix in gz bz2 xz; do
	for name in tree-sum tree-middle tree-short tree-member tree-behind disk-sum disk-member; do
		refused "what was packed as $suffix, damaged: $name" $name.$suffix $name.$suffix
	done
done
refused "gzip whose sum is wrong says so" tree-sum.gz "incorrect data check"
refused "two tars in one file" two.tar "two tars"
refused "two tars in gzip" two.tar.gz "two tars"
same "zeros after the last member of gzip" zeros.gz
for format in qcow2 vmdk vhdx; do
	head -c $(($(stat -c %s disk.$format) / 2)) disk.$format >half.$format
	refused "half a $format" half.$format "'half.$format' is damaged or cut"
done
gzip -k half.qcow2
refused "half a qcow2 in gzip" half.qcow2.gz "'half.qcow2.gz' is damaged or cut"

# ---- partition tables ----------------------------------------------------------------------------
table() { # NAME LABEL: a disk with one partition and some bytes in it
	truncate -s 24M "$1"
	printf 'label: %s\nstart=2048, size=40960\n' "$2" | sfdisk -q "$1"
	head -c 100000 /dev/urandom | dd of="$1" bs=1M seek=2 conv=notrunc status=none
}
spoil() { # NAME OFFSET
	cp gpt "$1"
	printf 'spoilt' | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}
table gpt gpt
table mbr dos
for kind in gpt mbr; do
	build $kind
	ok "field-53 a disk with a sound table: $kind" $?
	head -c 16M $kind >cut.$kind
	refused "a disk that is cut, with a table: $kind" cut.$kind "'cut.$kind' is cut"
	gzip -k cut.$kind
	refused "a cut disk in gzip: $kind" cut.$kind.gz "'cut.$kind.gz' is cut"
done
head -c 23M gpt >cut.backup
refused "a disk whose end is missing, with the backup of the GPT" cut.backup "is cut"
spoil header 528
refused "a GPT whose header is damaged" header "only its backup is sound"
spoil entries 1040
refused "a GPT whose entries are damaged" entries "only its backup is sound"
cp header both
printf 'spoilt' | dd of=both bs=1 seek=$((24 * 1048576 - 500)) conv=notrunc status=none
refused "a GPT that is damaged twice" both "none is sound"
cp mbr overlap
printf '\203\0\0\0\0\20\0\0\0\20\0\0' | dd of=overlap bs=1 seek=466 conv=notrunc status=none
refused "partitions that overlap" overlap "partitions 1 and 2 overlap"
printf 'label: dos\nstart=2048, size=20480\nstart=22528, size=20000, type=5\nstart=24576, size=2048\nstart=28672, size=2048\n' | sfdisk -q mbr
build mbr
ok "field-53 logical partitions lie in another" $?
"$slipway" image build --line t --version 1 --arch x86_64 --output a.slip --raw both >out 2>&1
ok "field-53 what is damaged can be taken as it is" $?

# ---- what is not an input --------------------------------------------------------------------------
cp raw iso
printf '\001CD001\001' | dd of=iso bs=1 seek=32768 conv=notrunc status=none
refused "an ISO that starts from a USB stick, too" iso "ISO"
gzip -k iso
refused "an ISO in gzip" iso.gz "ISO"
printf 'PK\003\004 and so on' >zip
refused "a zip" zip "zip"
mke2fs -q -F -t ext4 fs 16M >/dev/null 2>&1
refused "a file system" fs "ext"
at() { # NAME OFFSET BYTES
	truncate -s 100K "$1"
	printf '\125\252' | dd of="$1" bs=1 seek=510 conv=notrunc status=none
	printf %s "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}
at fat16 54 'FAT16   '
refused "FAT, which ends its first sector like a partition table" fat16 "FAT file system"
at fat32 82 'FAT32   '
refused "FAT32" fat32 "FAT file system"
at ntfs 3 'NTFS    '
refused "NTFS" ntfs "NTFS"
at kernel 514 'HdrS'
refused "a kernel" kernel "a Linux kernel"
at btrfs 65600 '_BHRfS_M'
refused "btrfs" btrfs "btrfs"
at swap 4086 'SWAPSPACE2'
refused "swap space" swap "swap space"
at volume 512 'LABELONE'
refused "a volume of LVM" volume "LVM"
at udf 32769 'BEA01'
refused "a DVD" udf "UDF"
echo '<Envelope/>' >m.ovf
tar -cf m.ova m.ovf disk.vmdk
refused "an OVA" m.ova "OVA"
cp raw disk.raw
tar -czf cloud.tar.gz disk.raw
refused "a tar of a disk, as clouds export it" cloud.tar.gz "give 'disk.raw'"
tar -cf dotted-disk.tar ./disk.qcow2
refused "a tar of a qcow2" dotted-disk.tar "give 'disk.qcow2'"
echo 'a text' >text
refused "a text" text "neither"
gzip -k text
refused "a text in gzip" text.gz "neither"
: >empty
refused "nothing" empty "empty"
mkfifo pipe
refused "a pipe, which nobody writes to" pipe "write it to a file"
refused "an archive that was built" wanted "already"

# ---- images of containers ------------------------------------------------------------------------
echo '{"boot":"none"}' >none.json
mkdir -p 1/etc 2/etc
echo lower >1/etc/a
echo old >1/etc/b
echo new >2/etc/b
python3 - "$work" <<'PY'
import hashlib, io, json, os, sys, tarfile
os.chdir(sys.argv[1])
def tar(path, items):
    with tarfile.open(path, 'w', format=tarfile.PAX_FORMAT) as t:
        for name, data in items:
            e = tarfile.TarInfo(name); e.mtime = 1700000000
            if isinstance(data, str): e.type, e.linkname = tarfile.SYMTYPE, data; t.addfile(e); continue
            e.size = len(data); t.addfile(e, io.BytesIO(data))
def read(p): return open(p, 'rb').read()
tar('l1', [('etc/a', b'lower\n'), ('etc/b', b'old\n')])
tar('l2', [('etc/b', b'new\n')])
sha = lambda b: hashlib.sha256(b).hexdigest()
def config(arch, layers): return json.dumps(dict(architecture=arch, os='linux', rootfs=dict(type='layers', diff_ids=['sha256:' + sha(x) for x in layers]))).encode()
layers = [read('l1'), read('l2')]
def oci(arch):
    c = config(arch, layers); d = lambda b: dict(digest='sha256:' + sha(b), size=len(b))
    m = json.dumps(dict(schemaVersion=2, config=d(c), layers=[d(x) for x in layers])).encode()
    return [('oci-layout', b'{"imageLayoutVersion":"1.0.0"}'), ('index.json', json.dumps(dict(schemaVersion=2, manifests=[d(m)])).encode())] + [('blobs/sha256/' + sha(x), x) for x in [c, m] + layers]
tar('oci.tar', oci('amd64')); tar('oci-arm.tar', oci('arm64'))
tar('oci-evil.tar', oci('amd64')[:2] + [('blobs/../../../etc/x', b'x')])
tar('oci-device.tar', oci('amd64') + [('blobs/link', '../../etc/shadow')])
def docker(arch, edit=lambda x: x, images=1):
    c = config(arch, layers); cn = sha(c) + '.json'; a, b = 'a' * 64, 'b' * 64
    m = json.dumps([dict(Config=cn, RepoTags=['x:1'], Layers=[a + '/layer.tar', b + '/layer.tar'])] * images).encode()
    return [(cn, c), (a + '/layer.tar', edit(layers[0])), (b + '/layer.tar', layers[1]), ('manifest.json', m)]
tar('docker.tar', docker('amd64')); tar('docker-arm.tar', docker('arm64'))
tar('docker-changed.tar', docker('amd64', lambda x: x.replace(b'lower', b'LOWER'))); tar('docker-two.tar', docker('amd64', images=2))
twice = [layers[0], layers[1], layers[0]]; c = config('amd64', twice); names = [x * 64 + '/layer.tar' for x in 'abc']
tar('docker-link.tar', [(names[2], '../' + names[0]), (names[0], layers[0]), (names[1], layers[1]), (sha(c) + '.json', c), ('manifest.json', json.dumps([dict(Config=sha(c) + '.json', Layers=names)]).encode())])
def all_entries(path, **sets):
    with tarfile.open(path, 'w', format=tarfile.PAX_FORMAT, pax_headers=sets) as t:
        for name, data in (('etc/a', b'lower\n'), ('etc/b', b'new\n')):
            e = tarfile.TarInfo(name); e.mtime = 1700000000; e.size = len(data); t.addfile(e, io.BytesIO(data))
all_entries('comment.tar', comment='of git\nand = more'); all_entries('owner.tar', comment='x', uid='1000'); all_entries('time.tar', mtime='5')
def image(arch, which, text=None, os_='linux', **more):
    c = json.dumps(dict(architecture=arch, os=os_)).encode(); d = lambda b, **k: dict(digest='sha256:' + sha(b), size=len(b), **k)
    m = json.dumps(dict(schemaVersion=2, config=d(c), layers=[d(x, mediaType='application/vnd.oci.image.layer.v1.tar' + (text or '')) for x in which])).encode()
    if more.pop('platform', True): more['platform'] = dict(architecture=arch, os=os_)
    return d(m, **more), [c, m] + which
def index(path, images, deep=0):
    blobs = {}; found = [x for x, _ in images]
    for _, parts in images: blobs.update((sha(b), b) for b in parts)
    for _ in range(deep):
        b = json.dumps(dict(schemaVersion=2, manifests=found)).encode(); blobs[sha(b)] = b; found = [dict(digest='sha256:' + sha(b), size=len(b))]
    tar(path, [('oci-layout', b'{"imageLayoutVersion":"1.0.0"}'), ('index.json', json.dumps(dict(schemaVersion=2, manifests=found)).encode())] + [('blobs/sha256/' + n, b) for n, b in blobs.items()])
one, other = image('amd64', layers), image('amd64', layers[:1])
def broken(path, edit): items = dict(oci('amd64')); edit(items); tar(path, list(items.items()))
def first(items, change): m = json.loads(items['index.json']); name = 'blobs/sha256/' + m['manifests'][0]['digest'][7:]; body = json.loads(items[name]); change(body['layers'][0]); b = json.dumps(body).encode(); items['blobs/sha256/' + sha(b)] = b; m['manifests'][0].update(digest='sha256:' + sha(b), size=len(b)); items['index.json'] = json.dumps(m).encode()
broken('oci-no-index.tar', lambda i: i.pop('index.json')); broken('oci-list.tar', lambda i: i.update({'index.json': b'[]'})); broken('oci-cut.tar', lambda i: i.update({'index.json': b'{'}))
broken('oci-no-layer.tar', lambda i: i.pop('blobs/sha256/' + sha(layers[0]))); broken('oci-short.tar', lambda i: i.update({'blobs/sha256/' + sha(layers[0]): layers[0][:-512]}))
broken('oci-size.tar', lambda i: first(i, lambda l: l.update(size=5))); broken('oci-chart.tar', lambda i: first(i, lambda l: l.update(mediaType='application/vnd.cncf.helm.chart.content.v1.tar+gzip'))); broken('oci-type.tar', lambda i: first(i, lambda l: l.update(mediaType='application/vnd.oci.image.layer.v1.squashfs')))
damaged = __import__('gzip').compress(layers[0]); damaged = damaged[:-6] + bytes([damaged[-6] ^ 255]) + damaged[-5:]
broken('oci-sum.tar', lambda i: (i.update({'blobs/sha256/' + sha(damaged): damaged}), first(i, lambda l: l.update(digest='sha256:' + sha(damaged), size=len(damaged)))))
index('index-arms.tar', [image('arm64', layers[:1]), one]); index('index-windows.tar', [image('amd64', layers[:1], os_='windows'), one])
index('index-names.tar', [(dict(one[0], annotations={'a': x}), one[1]) for x in 'ab']); index('index-deep.tar', [image('arm64', layers[:1]), one], 2)
proof = json.dumps(dict(schemaVersion=2, layers=[])).encode(); index('index-proof.tar', [one, (dict(digest='sha256:' + sha(proof), size=len(proof), platform=dict(architecture='unknown', os='unknown')), [proof])], 1)
index('index-two.tar', [one, other]); index('index-two-bare.tar', [image('amd64', x, platform=False) for x in (layers, layers[:1])]); index('index-only-windows.tar', [image('amd64', layers, os_='windows')])
index('config-windows.tar', [image('amd64', layers, os_='windows', platform=False)]); index('index-deeper.tar', [one], 5); index('secret.tar', [image('amd64', layers, '+encrypted')])
tar('docker-old.tar', [('a' * 64 + '/VERSION', b'1.0'), ('a' * 64 + '/layer.tar', layers[0]), ('repositories', b'{}')])
tar('merged.tar', [('etc/a', b'lower\n'), ('etc/b', b'new\n')]); tar('third.tar', [('etc/a', b'lower\n'), ('etc/b', b'old\n')])
PY
tree() { # WHAT FILE LIKE
	build "$3" --layout none.json && mv a.slip like && build "$2" --layout none.json && cmp a.slip like >>out 2>&1
	ok "field-53 $1" $?
}
gzip -k oci.tar
mkdir layout && tar -C layout -xf oci.tar && tar -C layout -cf dotted.tar .
tree "an OCI archive" oci.tar merged.tar
tree "an OCI archive in gzip" oci.tar.gz merged.tar
tree "an OCI archive whose names begin with a dot" dotted.tar merged.tar
tree "a tar with a comment for all entries" comment.tar merged.tar
refused "a tar with an owner for all entries" owner.tar "sets 'uid'"
gzip -k time.tar
refused "a tar with a time for all entries" time.tar.gz "sets 'mtime'"
tree "docker save" docker.tar merged.tar
tree "docker save with a layer that is there already" docker-link.tar third.tar
tree "an OCI archive of several architectures" index-arms.tar merged.tar
tree "an OCI archive with an image for Windows first" index-windows.tar merged.tar
tree "an OCI archive of one image with two names" index-names.tar merged.tar
tree "an OCI archive with an index in an index" index-deep.tar merged.tar
tree "an OCI archive with a signed statement beside the image" index-proof.tar merged.tar
refused "an OCI archive of two images" index-two.tar "2 images"
refused "an OCI archive of two images without a platform" index-two-bare.tar "2 images"
refused "an OCI archive for Windows" index-only-windows.tar "linux"
refused "an OCI archive whose configuration says Windows" config-windows.tar "windows"
refused "an OCI archive with too many indexes" index-deeper.tar "indexes"
refused "an OCI archive with encrypted layers" secret.tar "encrypted"
refused "docker save of long ago" docker-old.tar "manifest.json"
refused "an OCI archive of another architecture" oci-arm.tar "arm64"
refused "an OCI archive with a name that goes up" oci-evil.tar "leaves"
refused "an OCI archive with a link" oci-device.tar "link"
for name in no-index:index.json list:manifests cut:index.json no-layer:lacks short:bytes size:"its descriptor says 5" type:squashfs chart:helm \
	sum:"incorrect data check"; do
	refused "an OCI archive that is damaged: ${name%%:*}" "oci-${name%%:*}.tar" "${name#*:}"
	grep -q '\.slipway' out && status=1 || status=0
	ok "field-53 the message names oci-${name%%:*}.tar, not a folder of our own" "$status"
done
rm layout/oci-layout
refused "half an OCI layout" layout "not the file oci-layout"
refused "docker save of another architecture" docker-arm.tar "arm64"
refused "docker save with a changed layer" docker-changed.tar "digest"
refused "docker save of two images" docker-two.tar "2 images"
ls -d .slipway-* >out 2>&1 && status=1 || status=0
ok "nothing is left beside the archive" "$status"
echo "1..$n"
exit $bad
