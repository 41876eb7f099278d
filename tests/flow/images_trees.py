# SPDX-License-Identifier: Apache-2.0
#
# Trees that an image may be made of, built as blocks and as files to be unpacked, installed, and compared:
# both must give the same tree, which the file system's own checker finds sound. What cannot be kept must be
# refused at build, by name, in both ways. After the table come random trees.
#
# usage: images_trees.py SLIPWAY WORKDIR [--trees N] [--seconds N] [--seed N] [--only WORD]
import argparse, hashlib, io, json, os, random, struct, subprocess, sys, tarfile, time

MTIME = 1700000000
LAYOUTS = {
    'blocks': {'boot': 'none'},
    'unpacked': {'boot': 'none', 'unpack': True, 'devices': True},
    'xfs': {'boot': 'none', 'devices': True, 'partitions': [{'role': 'root', 'fs': 'xfs'}]},
}

# For refusals alone
MORE_LAYOUTS = {
    'data': {'boot': 'none', 'partitions': [{'role': 'root', 'fs': 'ext4'}, {'role': 'data', 'fs': 'ext4', 'size': '200M', 'mount': '/var'}]},
    'xfs and data': {'boot': 'none', 'partitions': [{'role': 'root', 'fs': 'xfs', 'size': '400M'}, {'role': 'data', 'fs': 'ext4', 'size': '100M', 'mount': '/var'}]},
    'empty data': {'boot': 'none', 'partitions': [{'role': 'root', 'fs': 'xfs'}, {'role': 'data', 'fs': 'xfs', 'size': '400M', 'mount': '/var/lib'}]},
}


# ---- entries -------------------------------------------------------------------------------------

def entry(name, type=tarfile.REGTYPE, content=b'', link='', mode=0o644, pax=None, **more):
    t = tarfile.TarInfo(name)
    t.type, t.linkname, t.mode, t.mtime = type, link, mode, more.get('mtime', MTIME)
    t.uid, t.gid = more.get('uid', 0), more.get('gid', 0)
    t.devmajor, t.devminor = more.get('dev', (0, 0))
    t.size = len(content)
    t.pax_headers = dict(pax or {})
    return t, content


def f(name, text='x\n', **more):
    return entry(name, content=text if isinstance(text, bytes) else text.encode(), **more)


def d(name, mode=0o755, **more):
    return entry(name, tarfile.DIRTYPE, mode=mode, **more)


def h(name, to):
    return entry(name, tarfile.LNKTYPE, link=to)


def s(name, to, **more):
    return entry(name, tarfile.SYMTYPE, link=to, mode=0o777, **more)


def dev(name, major, minor):
    return entry(name, tarfile.CHRTYPE, dev=(major, minor))


def xattr(name, size):
    return {'SCHILY.xattr.' + name: 'v' * size}


def capability(version, size):
    return {'SCHILY.xattr.security.capability': (bytes([1, 0, 0, version]) + bytes(size - 4)).decode()}


def acl(kind, *lines):
    return {'SCHILY.acl.' + kind: ','.join(lines)}


def acl_bytes(*lines):
    return struct.pack('<I', 2) + b''.join(struct.pack('<HHi', *line) for line in lines)


def sparse(name, size, pieces, **more):
    """A file with holes (GNU's pax form 1.0). pieces: (offset, bytes)."""
    numbers = [len(pieces) + 1] + [n for at, b in pieces for n in (at, len(b))] + [size, 0]
    table = ''.join('%d\n' % n for n in numbers).encode()
    table += bytes(-len(table) % 512)
    pax = {'GNU.sparse.major': '1', 'GNU.sparse.minor': '0', 'GNU.sparse.name': name, 'GNU.sparse.realsize': str(size)}
    return entry(name, content=table + b''.join(b for _, b in pieces), pax=pax, **more)


def pax(records, name='etc/a', type=tarfile.REGTYPE, link='', content=b'x\n', kind=b'x', sparse=None):
    """An entry as bytes, behind a pax header whose records are given as they are. sparse: GNU's old form."""
    body = b''.join(r if isinstance(r, bytes) else record(*r) for r in records)
    head = tarfile.TarInfo('PaxHeader')
    head.type, head.size = kind, len(body)
    t, content = entry(name, type, content if type == tarfile.REGTYPE else b'', link)
    block = bytearray(t.tobuf(tarfile.USTAR_FORMAT))
    if sparse:
        block[156:157], block[257:265] = b'S', b'ustar  \0'
        block[345:512] = bytes(167)
        for i, number in enumerate(sparse):
            at = 483 if i == len(sparse) - 1 else 386 + 12 * i
            block[at:at + 12] = b'%011o\0' % number
        block[148:156] = b' ' * 8
        block[148:156] = b'%06o\0 ' % sum(block)
    header = head.tobuf(tarfile.USTAR_FORMAT) + body + bytes(-len(body) % 512) if records else b''
    return header + bytes(block) + content + bytes(-len(content) % 512)


def record(key, value):
    line = b' ' + key.encode() + b'=' + (value if isinstance(value, bytes) else value.encode()) + b'\n'
    n = len(line) + 1
    while len(str(n)) + len(line) != n:
        n += 1
    return str(n).encode() + line


BASE = [d('./'), d('etc'), d('usr'), d('usr/bin')]


def tar_of(entries):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode='w', format=tarfile.PAX_FORMAT, errors='surrogateescape') as t:
        for e, content in entries:
            t.addfile(e, io.BytesIO(content) if content else None)
    return out.getvalue()


def write_tar(path, entries):
    with open(path, 'wb') as out:
        out.write(entries + bytes(10240) if isinstance(entries, bytes) else tar_of(entries))


def write_oci(path, layers):
    os.makedirs(path + '/blobs/sha256')

    def blob(data, **more):
        digest = hashlib.sha256(data).hexdigest()
        with open(path + '/blobs/sha256/' + digest, 'wb') as out:
            out.write(data)
        return dict(digest='sha256:' + digest, size=len(data), **more)

    found = []
    for layer in layers:
        write_tar(path + '/t', layer)
        with open(path + '/t', 'rb') as data:
            found.append(blob(data.read(), mediaType='application/vnd.oci.image.layer.v1.tar'))
        os.unlink(path + '/t')
    manifest = blob(json.dumps(dict(schemaVersion=2, layers=found)).encode(), platform=dict(architecture='amd64', os='linux'))
    with open(path + '/index.json', 'w') as out:
        json.dump(dict(schemaVersion=2, manifests=[manifest]), out)
    with open(path + '/oci-layout', 'w') as out:
        out.write('{"imageLayoutVersion":"1.0.0"}')


# ---- building and looking ------------------------------------------------------------------------

class Bench:
    def __init__(self, slipway, work):
        self.slipway, self.work = slipway, work
        for name, layout in {**LAYOUTS, **MORE_LAYOUTS}.items():
            with open('%s/%s.json' % (work, name), 'w') as out:
                json.dump(layout, out)
        self.must('root', 'init', '--lab', '--dir', work)
        os.makedirs(work + '/mnt', exist_ok=True)

    def run(self, *words):
        return subprocess.run(words, capture_output=True, text=True, errors='replace')

    def must(self, *words):
        r = self.run(self.slipway, *words)
        if r.returncode:
            raise AssertionError('%s: %s' % (' '.join(words[:2]), r.stderr.strip()))

    def write(self, case):
        """The input of a case: a tar, or an OCI layout of several layers."""
        path = self.work + '/input'
        self.run('rm', '-rf', path, self.work + '/a.slip')
        if not isinstance(case, bytes) and isinstance(case[0], list):
            write_oci(path, case)
        else:
            write_tar(path, case)
        return path

    def build(self, source, mode):
        """The error's name and text, or None."""
        r = self.run(self.slipway, 'image', 'build', '--line', 't', '--version', '1', '--arch', 'x86_64', '--level', '1', '--layout',
                     '%s/%s.json' % (self.work, mode), '--output', self.work + '/a.slip', source)
        return r.stdout + r.stderr if r.returncode else None

    def tree(self, mode):
        """Install what was built; the tree on the disk, checked."""
        disk = self.install()
        try:
            return self.tree_at(disk, 1 << 20, os.path.getsize(disk) - (2 << 20), mode == 'xfs')
        finally:
            os.unlink(disk)

    def install(self):
        disk = self.work + '/disk'
        self.must('image', 'sign', '--key', self.work + '/keys/image.key', self.work + '/a.slip')
        self.must('image', 'install', '--root', self.work + '/root.json', '--to', disk, self.work + '/a.slip')
        return disk

    def tree_at(self, disk, start, size, is_xfs):
        loop = self.run('losetup', '-f', '--show', '-o', str(start), '--sizelimit', str(size), disk).stdout.strip()
        try:
            check = ['xfs_repair', '-n', loop] if is_xfs else ['e2fsck', '-fn', loop]
            r = self.run(*check)
            if r.returncode:
                raise AssertionError('%s: %s' % (check[0], r.stdout[-600:]))
            r = self.run('mount', '-o', 'ro', loop, self.work + '/mnt')
            if r.returncode:
                raise AssertionError(r.stderr)
            try:
                return look(self.work + '/mnt')
            finally:
                self.run('umount', self.work + '/mnt')
        finally:
            self.run('losetup', '-d', loop)


def look(root):
    """Path to all that is known of what lies there; names of one file share their first name."""
    tree, first = {}, {}
    root = root.encode()

    def one(path):
        full = root + b'/' + path if path else root
        st = os.lstat(full)
        kind = 'dflcbp?'[[0o040000, 0o100000, 0o120000, 0o020000, 0o060000, 0o010000, st.st_mode & 0o170000].index(st.st_mode & 0o170000)]
        what = {'kind': kind, 'mode': st.st_mode & 0o7777, 'owner': (st.st_uid, st.st_gid), 'time': st.st_mtime_ns}
        if kind == 'l':
            what['to'] = os.readlink(full).decode(errors='surrogateescape')
        if kind in 'cb':
            what['dev'] = (os.major(st.st_rdev), os.minor(st.st_rdev))
        if kind == 'f':
            what['size'] = st.st_size
            what['sum'] = digest(full) if st.st_size < 1 << 30 else st.st_blocks < 4096
        if kind != 'd':
            what['names'] = st.st_nlink
            what['first'] = first.setdefault(st.st_ino, path)
        # xfs shows an access list a second time, in the form of its disk
        what['xattrs'] = {n: os.getxattr(full, n, follow_symlinks=False) for n in os.listxattr(full, follow_symlinks=False)
                          if not n.startswith('trusted.SGI_ACL')}
        tree[path.decode(errors='surrogateescape')] = what
        if kind == 'd':
            for name in sorted(os.listdir(full)):
                if path or name != b'lost+found':
                    one(path + b'/' + name if path else name)

    one(b'')
    # mke2fs makes this folder, and a tree may have it
    if os.path.isdir(root + b'/lost+found') and os.listdir(root + b'/lost+found'):
        one(b'lost+found')
    return tree


def digest(path):
    with open(path, 'rb') as data:
        return hashlib.sha256(data.read()).hexdigest()


def difference(a, b):
    for path in sorted(set(a) | set(b)):
        if a.get(path) != b.get(path):
            return '%r: %r, and %r' % (path, a.get(path), b.get(path))
    return None


# ---- the table -----------------------------------------------------------------------------------
# name, entries (or layers), what is right: a text that the refusal has, or {path: fact or None}. A fact is the
# content of a file, or a dict of what look() finds.

LONG = 'n' * 250
DEEP = '/'.join([LONG] * 16)
OWN, ONE = ('user::rwx', 'group::r-x', 'other::r-x'), 'user:one:r-x:1000'
ROWS = [
    ('field-38 a lower name that is replaced leaves its bytes to the other',
     [BASE + [f('usr/bin/a', 'OLD\n'), h('usr/bin/b', 'usr/bin/a')], [d('usr/bin'), f('usr/bin/a', 'NEW\n')]],
     {'usr/bin/a': 'NEW\n', 'usr/bin/b': 'OLD\n'}),
    ('field-38 a lower name that is removed does so, too',
     [BASE + [f('usr/bin/a', 'OLD\n'), h('usr/bin/b', 'usr/bin/a')], [d('usr/bin'), f('usr/bin/.wh.a', '')]],
     {'usr/bin/a': None, 'usr/bin/b': 'OLD\n'}),
    ('field-38 three layers, and two names that stay',
     [BASE + [f('usr/bin/a', 'OLD\n'), h('usr/bin/b', 'usr/bin/a'), h('etc/c', 'usr/bin/b')], [f('usr/bin/.wh.a', '')],
      [f('usr/bin/a', 'NEW\n'), h('etc/d', 'etc/c')]],
     {'usr/bin/a': 'NEW\n', 'usr/bin/b': {'names': 3}, 'etc/c': 'OLD\n', 'etc/d': {'names': 3}}),
    ('field-38 the folder of the first name goes',
     [BASE + [d('opt'), f('opt/a', 'OLD\n'), d('var'), h('var/b', 'opt/a')], [f('.wh.opt', '')]],
     {'opt': None, 'var/b': 'OLD\n', 'var': {'time': MTIME * 10**9}}),
    ('a whiteout hides lower layers only, whatever comes first',
     [BASE + [d('opt'), f('opt/old')], [d('opt'), f('opt/new'), f('.wh.opt', ''), f('etc/.wh.none', '')]],
     {'opt/old': None, 'opt/new': 'x\n', 'etc/none': None}),
    ('an opaque folder keeps what its own layer has',
     [BASE + [d('opt'), f('opt/old'), d('opt/sub'), f('opt/sub/old')], [d('opt'), f('opt/sub/new'), f('opt/.wh..wh..opq', '')]],
     {'opt/old': None, 'opt/sub/old': None, 'opt/sub/new': 'x\n'}),
    ('a whiteout of nothing', [BASE, [f('etc/.wh.', '')]], 'etc/.wh.'),
    ('a whiteout that goes up', [BASE, [f('etc/.wh...', '')]], 'etc/.wh...'),
    ('field-40 a path through a link of a lower layer',
     [BASE + [d('usr/lib'), s('lib', 'usr/lib'), f('usr/lib/old')], [f('lib/new')]],
     {'lib': {'to': 'usr/lib'}, 'usr/lib/new': 'x\n', 'usr/lib/old': 'x\n'}),
    ('field-40 in one tar, and through an absolute link',
     BASE + [d('usr/lib'), s('lib', '/usr/lib'), f('lib/new'), s('usr/up', '../../../etc'), f('usr/up/y')],
     {'usr/lib/new': 'x\n', 'etc/y': 'x\n', 'usr/up': {'kind': 'l'}}),
    ('field-40 a hard link and a whiteout through a link',
     [BASE + [d('usr/lib'), s('lib', 'usr/lib'), f('usr/lib/a', 'A\n'), f('usr/lib/b')], [h('lib/c', 'lib/a'), f('lib/.wh.b', '')]],
     {'usr/lib/c': 'A\n', 'usr/lib/b': None}),
    ('field-40 a link to a folder that is not there yet', BASE + [s('run', 'var/run'), f('run/pid')],
     {'var/run/pid': 'x\n', 'var': {'mode': 0o755, 'time': MTIME * 10**9}}),
    ('a maze of links', BASE + [s('a', 'b'), s('b', 'a'), f('a/x')], 'a/x'),
    ('a file as a folder', BASE + [f('etc/x'), f('etc/x/y')], 'etc/x/y'),
    ('field-41 a hard link to the root', [d('./'), d('etc'), f('etc/x'), h('here', '.')], "'here'"),
    ('field-41 a hard link to a folder', [d('./'), d('etc'), h('etc2', 'etc')], "'etc2'"),
    ('field-41 a hard link to itself', [d('./'), d('etc'), f('etc/a'), h('etc/a', 'etc/a')], {'etc/a': {'names': 1}}),
    ('field-41 a hard link to itself that is not there', [d('./'), d('etc'), h('etc/a', 'etc/a')], "'etc/a'"),
    ('a hard link to a later name', BASE + [h('etc/a', 'etc/b'), f('etc/b')], "'etc/a'"),
    ('a chain of hard links, and one of a link',
     BASE + [f('etc/a', 'A\n'), h('etc/b', 'etc/a'), h('etc/c', './etc//b'), s('etc/s', 'a'), h('etc/t', 'etc/s')],
     {'etc/a': {'names': 3}, 'etc/c': 'A\n', 'etc/t': {'to': 'a', 'names': 2}}),
    ('a hard link takes the place of the folder that its file is in', BASE + [d('opt'), f('opt/a', 'A\n'), h('opt', 'opt/a')],
     {'opt': 'A\n'}),
    ('a hard link out of the tree', BASE + [h('etc/a', '../../etc/shadow')], "'etc/a'"),
    ('field-43 lost+found', [d('./'), d('lost+found', mode=0o700), d('etc')], {'etc': {'kind': 'd'}}),
    ('field-43 lost+found with something in it', [d('./'), d('lost+found', mode=0o711), f('lost+found/#12', 'found\n'), d('etc')],
     {'lost+found/#12': 'found\n', 'lost+found': {'mode': 0o711}}),
    ('field-44 one path twice', [d('./'), d('etc'), f('etc/x', 'one\n'), f('etc/x', 'two two\n')], {'etc/x': 'two two\n'}),
    ('field-44 a file, then a folder', BASE + [f('etc/x'), d('etc/x', mode=0o700), f('etc/x/y')], {'etc/x': {'mode': 0o700}, 'etc/x/y': 'x\n'}),
    ('field-44 a folder, then a file', BASE + [d('etc/x'), f('etc/x/y'), f('etc/x', 'file\n')], {'etc/x': 'file\n', 'etc/x/y': None}),
    ('field-44 a folder, then a link', BASE + [d('opt'), f('opt/y'), s('opt', 'etc')], {'opt': {'to': 'etc'}, 'opt/y': None, 'etc/y': None}),
    ('field-44 a link, then a folder', BASE + [s('opt', 'etc'), d('opt'), f('opt/y')], {'opt': {'kind': 'd'}, 'opt/y': 'x\n', 'etc/y': None}),
    ('field-44 a link, then a file', BASE + [f('etc/a', 'A\n'), s('etc/x', 'a'), f('etc/x', 'X\n')], {'etc/a': 'A\n', 'etc/x': 'X\n'}),
    ('field-44 a file, then a device, then a pipe', BASE + [f('etc/x'), dev('etc/x', 1, 3), entry('etc/x', tarfile.FIFOTYPE)],
     {'etc/x': {'kind': 'p'}}),
    ('field-44 a folder twice', BASE + [d('etc', mode=0o700), f('etc/x'), d('etc', mode=0o711, mtime=MTIME + 5)],
     {'etc': {'mode': 0o711, 'time': (MTIME + 5) * 10**9}, 'etc/x': 'x\n'}),
    ('field-44 twice by two ways', BASE + [d('usr/lib'), s('lib', 'usr/lib'), f('usr/lib/x', 'one\n'), f('lib/x', 'two two\n')],
     {'usr/lib/x': 'two two\n'}),
    ('folders after what is in them', [f('a/b/c', 'C\n'), d('a/b', mode=0o700), d('a', mode=0o711), d('./', mode=0o750)],
     {'a/b/c': 'C\n', 'a/b': {'mode': 0o700, 'time': MTIME * 10**9}, 'a': {'mode': 0o711}, '': {'mode': 0o750, 'time': MTIME * 10**9}}),
    ('a root that is a link', [s('./', 'etc')], 'root'),
    ('field-46 a name of 256 bytes', [d('./'), d('etc'), f('etc/' + 'n' * 256)], 'n' * 100),
    ('field-46 a name of 256 bytes that is 128 letters', [d('./'), f('\xe9' * 128)], '255'),
    ('a name of 255 bytes', [d('./'), f('n' * 255)], {'n' * 255: 'x\n'}),
    ('field-46 a folder, a link and a hard link with long names', [d('./'), d('n' * 300)], '255'),
    ('field-46 a symbolic link with a long name', [d('./'), s('n' * 300, 'x')], '255'),
    ('field-46 a hard link with a long name', [d('./'), f('x'), h('n' * 300, 'x')], '255'),
    ('field-46 a path of 4,100 bytes', [d('./'), f(DEEP + '/' + 'm' * 84)], '4100'),
    ('a path of 4,000 bytes', [d('./'), f('/'.join([LONG] * 15) + '/' + 'm' * 200)], {'/'.join([LONG] * 15) + '/' + 'm' * 200: 'x\n'}),
    ('a link to 1,000 bytes', [d('./'), s('x', 't' * 1000)], {'x': {'to': 't' * 1000}}),
    ('a link to 5,000 bytes', [d('./'), s('x', 't' * 5000)], "'x'"),
    ('field-48 a user of 2^32', [d('./'), d('etc'), f('etc/a', uid=1 << 32, gid=1 << 32)], 'etc/a'),
    ('field-48 a user of 2^32 + 5', [d('./'), d('etc'), f('etc/b', uid=(1 << 32) + 5)], 'etc/b'),
    ('field-48 a group of 2^32 - 1', [d('./'), d('etc', gid=(1 << 32) - 1)], 'etc'),
    ('field-48 a user below 0', [d('./'), f('x', uid=-5)], "'x'"),
    ('field-48 a user of 3,000,000 and the last one', [d('./'), f('c', uid=3000000), f('e', uid=(1 << 32) - 2, gid=70000)],
     {'c': {'owner': (3000000, 0)}, 'e': {'owner': (4294967294, 70000)}}),
    ('times before 1970, after 2038, between seconds', [d('./'), f('a', mtime=-86400), f('b', mtime=4102444800), f('c', mtime=MTIME + 0.25), f('z', mtime=0), f('e', mtime=1 << 33)],
     {'a': {'time': -86400 * 10**9}, 'b': {'time': 4102444800 * 10**9}, 'c': {'time': MTIME * 10**9 + 250000000}, 'e': {'time': (1 << 33) * 10**9}, 'z': {'time': 0}}),
    ('a time after 2446', [d('./'), f('etc/late', mtime=1 << 34)], 'etc/late'),
    ('a time before 1901', [d('./'), f('etc/early', mtime=-(1 << 32))], 'etc/early'),
    ('a device', [d('./'), dev('x', 511, 262143), dev('y', 5, 1)], {'x': {'dev': (511, 262143)}, 'y': {'dev': (5, 1)}}),
    ('a device that Linux has no number for', [d('./'), dev('etc/far', 4096, 1)], 'etc/far'),
    ('an attribute of 3,000 bytes', [d('./'), f('x', pax=xattr('user.big', 3000))], {'x': {'xattrs': {'user.big': b'v' * 3000}}}),
    ('an attribute that no kernel keeps', [d('./'), f('etc/odd', pax=xattr('odd', 3))], 'etc/odd'),
    ('attributes of a link and of a pipe', [d('./'), s('l', 'x', pax=xattr('trusted.a', 3)), entry('p', tarfile.FIFOTYPE, pax=xattr('security.b', 3))],
     {'l': {'xattrs': {'trusted.a': b'vvv'}}, 'p': {'xattrs': {'security.b': b'vvv'}}}),
    ('a user attribute of a symbolic link', [d('./'), s('etc/l', 'x', pax=xattr('user.a', 3))], 'etc/l'),
    ('a user attribute of a pipe', [d('./'), entry('etc/p', tarfile.FIFOTYPE, pax=xattr('user.a', 3))], 'etc/p'),
    ('a user attribute of a device', [d('./'), entry('etc/c', tarfile.CHRTYPE, dev=(1, 3), pax=xattr('user.a', 3))], 'etc/c'),
    ('an attribute that is called like an access list', [d('./'), f('etc/odd', pax=xattr('system.posix_acl_other', 3))], 'etc/odd'),
    ('an attribute whose name a tar would cut', [d('./'), f('etc/x', pax={'LIBARCHIVE.xattr.user.a%3Db': 'dmFs'})], 'etc/x'),
    ('an attribute with a name that is not ASCII', [d('./'), f('etc/x', pax=xattr('user.\u00e9', 3))], 'etc/x'),
    ('an attribute with a percent sign in its name', [d('./'), f('etc/x', pax=xattr('user.a%41', 3))], 'etc/x'),
    ('an attribute with a name of 255 bytes', [d('./'), f('x', pax=xattr('user.' + 'n' * 250, 3))], {'x': {'xattrs': {'user.' + 'n' * 250: b'vvv'}}}),
    ('an attribute with a name of 256 bytes', [d('./'), f('etc/x', pax=xattr('user.' + 'n' * 251, 3))], '256 bytes'),
    ('capabilities of versions 2 and 3', [d('./'), f('a', pax=capability(2, 20)), f('b', pax=capability(3, 24))],
     {'a': {'kind': 'f'}, 'b': {'kind': 'f'}}),
    ('capabilities that are cut', [d('./'), f('etc/cut', pax=capability(2, 19))], 'etc/cut'),
    ('capabilities of version 3 without a root user', [d('./'), f('etc/odd', pax=capability(3, 20))], 'etc/odd'),
    ('an access list, whose mask is the group of the mode', [d('./'), f('x', pax=acl('access', *OWN, ONE, 'mask::rwx'))],
     {'x': {'mode': 0o775, 'xattrs': {'system.posix_acl_access': acl_bytes((1, 7, -1), (2, 5, 1000), (4, 5, -1), (16, 7, -1), (32, 5, -1))}}}),
    ('an access list with a smaller mask', [d('./'), f('x', mode=0o2750, pax=acl('access', *OWN, 'group:one:rwx:7', 'mask::r--'))],
     {'x': {'mode': 0o2745}}),
    ('a folder with an access list for what comes into it', [d('./'), d('x', pax=acl('default', *OWN)), f('x/y', mode=0o600)],
     {'x': {'mode': 0o755, 'xattrs': {'system.posix_acl_default': acl_bytes((1, 7, -1), (4, 5, -1), (32, 5, -1))}}, 'x/y': {'mode': 0o600, 'xattrs': {}}}),
    ('an access list without a mask', [d('./'), f('etc/x', pax=acl('access', *OWN, ONE))], 'etc/x'),
    ('field-48 an access list with a user without a number', [d('./'), f('etc/x', pax=acl('access', *OWN, 'user:one:r-x', 'mask::rwx'))], 'etc/x'),
    ('field-48 an access list with a user above 2^31', [d('./'), f('etc/x', pax=acl('access', *OWN, 'user:one:r-x:3000000000', 'mask::rwx'))], 'etc/x'),
    ('an access list of a symbolic link', [d('./'), s('etc/x', 'y', pax=acl('access', *OWN, ONE, 'mask::rwx'))], 'etc/x'),
    ('an access list of a file for what comes into it', [d('./'), f('etc/x', pax=acl('default', *OWN))], 'etc/x'),
    ('a time before 1970, between seconds', [d('./'), f('a', mtime=-1.5), f('b', mtime=-86400.25)],
     {'a': {'time': -1500000000}, 'b': {'time': -86400250000000}}),
    ('a time just before 1901', [d('./'), f('etc/early', mtime=-2147483648.5)], 'etc/early'),
    ('field-43 lost+found that becomes a folder', [d('./'), f('lost+found'), d('lost+found'), f('lost+found/a')], {'lost+found/a': 'x\n'}),
    ('field-43 lost+found that was removed', [[d('./'), d('lost+found'), f('lost+found/a')], [f('.wh.lost+found', '')]], {'lost+found/a': None}),
    ('a file with holes', [d('./'), sparse('x', 5000000, [(8192, b'a' * 4096), (3000000, b'b' * 5000)])], {'x': {'size': 5000000}}),
    ('a file that is one hole', [d('./'), sparse('x', 300000, [])], {'x': {'size': 300000}}),
    ('field-40 a symbolic link with another mode', pax([], 's', tarfile.SYMTYPE, 'etc'), {'s': {'mode': 0o777}}),
    ('a link whose target stands in a pax header alone, as Go writes it', pax([('linkpath', '\u4e2d\u6587')], 's', tarfile.SYMTYPE)
     + pax([], 'a') + pax([('linkpath', 'a')], 'h', tarfile.LNKTYPE), {'s': {'kind': 'l', 'to': '\u4e2d\u6587'}, 'a': {'names': 2}}),
    ('an attribute twice, of which the last counts', pax([('SCHILY.xattr.user.x', 'one'), ('SCHILY.xattr.user.x', 'two')], 'a'),
     {'a': {'xattrs': {'user.x': b'two'}}}),
    ('a map of holes in the old form', pax([], 's', content=b'a' * 1024, sparse=[4096, 512, 12288, 512, 20000]), {'s': {'size': 20000}}),
    ('pieces of a file that overlap', pax([], 'etc/s', content=b'a' * 1024, sparse=[0, 512, 256, 512, 20000]), "'etc/s'"),
    ('pieces of a file that go back', pax([], 'etc/s', content=b'a' * 1024, sparse=[8192, 512, 0, 512, 20000]), "'etc/s'"),
    ('pieces of a file behind its end', pax([], 'etc/s', content=b'a' * 1024, sparse=[0, 512, 8192, 512, 5000]), "'etc/s'"),
    ('field-48 an owner of letters, which would become root', pax([('uid', 'bin')]), 'uid'),
    ('field-48 an owner of no digits', pax([('gid', '')]), 'gid'),
    ('a pax header whose record has another length', pax([b'99 path=etc/b\n']), "'etc/a' has a damaged pax header"),
    ('a pax header without records', pax([b'path\n']), "'etc/a' has a damaged pax header"),
    ('a path with a zero in it', pax([('path', b'etc/b\0c')]), 'path'),
    ('a time that is not one', pax([('mtime', '1e9')]), 'mtime'),
    ('a time whose sign would be lost', pax([('mtime', '-0.5')]), 'mtime'),
    ('a map of holes that cannot be read', pax([('GNU.sparse.name', 'etc/a'), ('GNU.sparse.size', '9000'), ('GNU.sparse.map', '0,x,9000')]), "'etc/a'"),
    ('names that are not UTF-8', [d('./'), f('na\udcff\udc80me', 'x\n'), s('l', 'to\udcff')], {'na\udcff\udc80me': 'x\n', 'l': {'to': 'to\udcff'}}),
]
# What the file system of one way cannot hold: name, entries, way, text of the refusal
ROWS_OF_ONE = [
    ('a device with a number that xfs does not hold', [d('./'), dev('etc/far', 1, 1 << 18)], 'xfs', 'etc/far'),
    ('a device with a major number that xfs does not hold', [d('./'), dev('etc/far', 512, 1)], 'xfs', 'etc/far'),
    ('field-43 lost+found that is a file', [d('./'), f('lost+found')], 'blocks', 'lost+found'),
    ('field-43 lost+found that is a link', [d('./'), s('lost+found', 'etc')], 'unpacked', 'lost+found'),
    ('a mount point that is a link', BASE + [s('var', 'usr'), f('var/x')], 'data', "'var' is not a folder"),
    ('a mount point that is a file', BASE + [f('var')], 'data', "'var' is not a folder"),
    ('a file on the way to a mount point', BASE + [f('var')], 'empty data', "'var' is not a folder"),
    ('a hard link into another partition', BASE + [d('var'), f('etc/a'), h('var/b', 'etc/a')], 'data', "'var/b'"),
    ('a hard link into a partition beside a root of xfs', BASE + [d('var'), f('etc/a'), h('var/b', 'etc/a')], 'xfs and data', "'var/b'"),
    ('an attribute that ext4 does not hold, beside a root of xfs', BASE + [d('var'), f('var/fat', pax=xattr('user.big', 5000))], 'xfs and data', 'var/fat'),
    ('field-43 lost+found that is a hard link', [d('./'), f('a'), h('lost+found', 'a')], 'unpacked', 'lost+found'),
    ('field-43 lost+found that becomes a link', [[d('./'), d('lost+found')], [s('lost+found', 'etc')]], 'blocks', 'lost+found'),
    ('attributes of 5,000 bytes', [d('./'), f('etc/fat', pax=xattr('user.big', 5000))], 'blocks', 'etc/fat'),
    ('attributes of 5,000 bytes', [d('./'), f('etc/fat', pax=xattr('user.big', 5000))], 'unpacked', 'etc/fat'),
    ('a link to 1,024 bytes', [d('./'), s('etc/far', 't' * 1024)], 'xfs', 'etc/far'),
    ('a file of 17 TiB', [d('./'), sparse('etc/huge', 17 << 40, [(0, b'a' * 512)])], 'blocks', 'etc/huge'),
    ('a file of 1 TiB of zeros to unpack', [d('./'), sparse('etc/huge', 1 << 40, [(0, b'a' * 512)])], 'unpacked', 'holes'),
]


def check_facts(tree, right):
    for path, fact in right.items():
        has = tree.get(path)
        if fact is None:
            assert has is None, '%r is there' % path
            continue
        assert has is not None, '%r is not there' % path
        if isinstance(fact, str):
            fact = {'kind': 'f', 'sum': hashlib.sha256(fact.encode()).hexdigest()}
        for key, value in fact.items():
            assert has[key] == value, '%r: %s is %r, not %r' % (path, key, has[key], value)


def check_row(bench, case, right):
    source = bench.write(case)
    trees = {}
    for mode in LAYOUTS:
        refusal = bench.build(source, mode)
        if isinstance(right, str):
            assert refusal, '%s: built' % mode
            assert 'image.tree' in refusal and right in refusal, '%s: %s' % (mode, refusal)
            assert not os.path.exists(bench.work + '/a.slip'), '%s: an archive is there' % mode
            continue
        assert not refusal, '%s: %s' % (mode, refusal)
        trees[mode] = bench.tree(mode)
        os.unlink(bench.work + '/a.slip')
        check_facts(trees[mode], right)
    for mode in trees:
        found = difference(trees['blocks'], trees[mode])
        assert not found, 'blocks and %s: %s' % (mode, found)


def check_one(bench, case, mode, text):
    refusal = bench.build(bench.write(case), mode)
    assert refusal and text in refusal and ('image.tree' in refusal or 'image.input' in refusal), refusal or 'built'


def check_xfs_and_data(bench):
    source = bench.write(BASE + [f('etc/a', 'A\n'), d('var', mode=0o711), d('var/lib'), f('var/lib/x', 'X\n'), h('var/y', 'var/lib/x'), s('var/s', 'y')])
    refusal = bench.build(source, 'xfs and data')
    assert not refusal, refusal
    disk = bench.install()
    root, var = bench.tree_at(disk, 1 << 20, 400 << 20, True), bench.tree_at(disk, 401 << 20, 100 << 20, False)
    os.unlink(disk)
    check_facts(root, {'etc/a': 'A\n', 'var': {'kind': 'd', 'mode': 0o711}, 'var/lib': None})
    check_facts(var, {'': {'mode': 0o711}, 'lib/x': 'X\n', 'y': {'names': 2}, 's': {'to': 'y'}, 'etc': None})


def check_many_links(bench):
    source = bench.write([d('./'), d('etc'), f('etc/a')] + [h('etc/l%05d' % i, 'etc/a') for i in range(70000)])
    for mode in ('blocks', 'unpacked'):
        refusal = bench.build(source, mode)
        assert refusal and 'etc/a' in refusal and '65000' in refusal, refusal or mode + ': built'
    source = bench.write([d('./'), d('etc'), f('etc/a')] + [h('etc/l%05d' % i, 'etc/a') for i in range(64999)])
    assert not bench.build(source, 'blocks')
    tree = bench.tree('blocks')
    assert tree['etc/a']['names'] == 65000, tree['etc/a']


def check_many_folders(bench):
    source = bench.write([d('./'), d('etc')] + [d('etc/d%05d' % i) for i in range(70000)])
    began = time.time()
    refusal = bench.build(source, 'blocks')
    assert not refusal, refusal
    assert time.time() - began < 60, 'took %.0f s' % (time.time() - began)
    tree = bench.tree('blocks')
    assert len(tree) == 70002, len(tree)


# ---- random trees --------------------------------------------------------------------------------

class Maker:
    """Layers of entries, most of them sensible; the same seed makes the same ones."""

    def __init__(self, seed):
        self.r = random.Random(seed)
        self.folders, self.files = [''], []

    def name(self):
        r = self.r
        kind = r.randrange(20)
        if kind == 0:
            return 'n' * r.randrange(200, 256)
        if kind == 1:
            return ''.join(r.choice('\xe9\u4e2d\udcff \'"\\x') for _ in range(r.randrange(1, 20))).strip('/') or 'e'
        return r.choice('abcdefgh') + str(r.randrange(30))

    def path(self):
        folder = self.r.choice(self.folders)
        return folder + '/' + self.name() if folder else self.name()

    def more(self):
        r = self.r
        more = {'mtime': r.choice([0, 1, MTIME, -5, MTIME + 0.5, 1 << 32, r.randrange(1 << 31)])}
        if r.randrange(3) == 0:
            more['uid'], more['gid'] = r.choice([1, 1000, 65534, 70000, 4294967294]), r.choice([1, 5, 100000])
        if r.randrange(6) == 0:
            more['pax'] = {}
            for i in range(r.randrange(1, 4)):
                more['pax'].update(xattr(r.choice(['user.', 'trusted.', 'security.']) + 'n%d' % i + 'o' * r.choice([0, 3, 40]), r.choice([1, 10, 100, 900])))
        return more

    def content(self):
        r = self.r
        n = r.choice([0, 0, 1, 10, 511, 512, 513, 4095, 4096, 4097, 10000, 70000, r.randrange(300000)])
        piece = r.randbytes(min(n, 64))
        return (piece * (n // max(len(piece), 1) + 1))[:n]

    def holes(self, path):
        r = self.r
        at, pieces = 0, []
        for _ in range(r.randrange(5)):
            at += 512 * r.randrange(0, 60)
            data = r.randbytes(512 * r.randrange(1, 20))
            pieces.append((at, data))
            at += len(data)
        return sparse(path, at + r.choice([0, 512, 100000]), pieces, **{k: v for k, v in self.more().items() if k != 'pax'})

    def one(self, layer):
        r = self.r
        path, kind = self.path(), r.randrange(20)
        mode = r.choice([0o644, 0o755, 0o600, 0o4755, 0o2755, 0o1777, 0o400, 0o000])
        if kind < 6:
            self.folders.append(path)
            return d(path, mode=mode, **self.more())
        if kind < 12:
            self.files.append(path)
            return f(path, self.content(), mode=mode, **self.more())
        if kind < 13:
            self.files.append(path)
            return self.holes(path)
        if kind < 15 and self.files:
            return h(path, r.choice(self.files))
        if kind < 17:
            to = r.choice(self.folders + self.files) or '.'
            if r.randrange(3) == 0:
                self.folders.append(path)
            return s(path, r.choice(['', '/', '../']) + to + r.choice(['', 'x' * 100]), **{k: v for k, v in self.more().items() if k != 'pax'})
        if kind < 18:
            return r.choice([dev(path, r.randrange(512), r.randrange(1 << 18)), entry(path, tarfile.FIFOTYPE, mode=mode)])
        if layer:
            folder, _, name = path.rpartition('/')
            if self.files and r.randrange(2):
                folder, _, name = r.choice(self.files).rpartition('/')
            hidden = '.wh..wh..opq' if r.randrange(4) == 0 else ('.wh.' + name)[:255]
            return f(folder + '/' + hidden if folder else hidden, '')
        return f(path, self.content(), mode=mode)

    def layers(self):
        n = self.r.choice([1, 1, 2, 3])
        layers = [[self.one(i) for _ in range(self.r.randrange(3, 60))] for i in range(n)]
        if self.r.randrange(3):
            layers[0].insert(0, d('./', mode=self.r.choice([0o755, 0o700])))
        return layers if n > 1 else layers[0]


def usable(bench, case):
    """Without the entries that are refused one by one: what is left must be built in every way."""
    for _ in range(400):
        refusal = bench.build(bench.write(case), 'xfs')
        if not refusal:
            return case
        assert 'image.tree' in refusal, refusal
        case = without_one(case)
        if case is None:
            return None
    return None


def without_one(case):
    """Drop the last entry that may be refused: links and what goes through them."""
    layers = case if isinstance(case[0], list) else [case]
    for layer in reversed(layers):
        if len(layer) > 1:
            layer.pop()
            return case
    return None


def check_random(bench, seed):
    case = usable(bench, Maker(seed).layers())
    if case is None:
        return
    trees = {}
    modes = ['blocks', 'unpacked', 'xfs'] if seed % 4 == 0 else ['blocks', 'unpacked']
    for mode in modes:
        refusal = bench.build(bench.write(case), mode)
        assert not refusal, '%s: %s' % (mode, refusal)
        trees[mode] = bench.tree(mode)
    for mode in modes[1:]:
        found = difference(trees['blocks'], trees[mode])
        assert not found, 'blocks and %s: %s' % (mode, found)


# ---- all of it -----------------------------------------------------------------------------------

def main():
    p = argparse.ArgumentParser()
    p.add_argument('slipway')
    p.add_argument('work')
    p.add_argument('--trees', type=int, default=20)
    p.add_argument('--seed', type=int, default=1)
    p.add_argument('--seconds', type=float, default=1e9, help='begin no further random tree after so long')
    p.add_argument('--only', default='')
    o = p.parse_args()
    bench = Bench(o.slipway, o.work)
    tests = [(name, check_row, (case, right)) for name, case, right in ROWS]
    tests += [('%s (%s)' % (name, mode), check_one, (case, mode, text)) for name, case, mode, text in ROWS_OF_ONE]
    tests += [('a root of xfs beside data of ext4', check_xfs_and_data, ())]
    tests += [('field-50 70,000 names of one file, and 65,000', check_many_links, ()), ('field-50 70,000 folders in one', check_many_folders, ())]
    tests += [('random tree %d' % seed, check_random, (seed,)) for seed in range(o.seed, o.seed + o.trees)]
    tests = [t for t in tests if o.only in t[0]]
    print('1..%d' % len(tests), flush=True)
    bad, trees_began = 0, None
    for i, (name, check, words) in enumerate(tests):
        if check is check_random:
            trees_began = trees_began or time.time()
            if time.time() - trees_began > o.seconds:
                print('ok %d - %s # SKIP no time is left' % (i + 1, name), flush=True)
                continue
        try:
            check(bench, *words)
            print('ok %d - %s' % (i + 1, name), flush=True)
        except (AssertionError, OSError) as e:
            bad += 1
            print('not ok %d - %s\n# %s' % (i + 1, name, str(e)[:700].replace('\n', '\n# ')), flush=True)
    return 1 if bad else 0


if __name__ == '__main__':
    sys.exit(main())
