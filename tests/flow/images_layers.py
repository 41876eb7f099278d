# SPDX-License-Identifier: Apache-2.0
#
# Images of containers as tools and attackers write them: layers, whiteouts, descriptors, platforms, saved
# tars. Each row has what is right: the tree that must come out, read from the tar that an unpacked image
# holds, or the words with which it is refused before an archive exists. What is taken must be built as blocks, too.
#
# usage: images_layers.py SLIPWAY WORKDIR [--only WORD]
import argparse, bz2, gzip, hashlib, io, json, lzma, os, shutil, subprocess, sys, tarfile

from images_trees import BASE, MTIME, capability, check_facts, d, dev, entry, f, h, pax, s, sparse, tar_of, write_tar

TAR = 'application/vnd.oci.image.layer.v1.tar'
SHA = 'sha256:'


def sha(data):
    return hashlib.sha256(data).hexdigest()


def tar(entries):
    return entries if isinstance(entries, bytes) else tar_of(entries)


def zst(data):
    return subprocess.run(['zstd', '-q', '-c'], input=data, capture_output=True, check=True).stdout


class Layout:
    """An OCI layout in parts, which a row may change before it is written."""

    def __init__(self, *layers, arch='amd64', platform=True, config=None, types=None):
        self.blobs, self.index, self.version = {}, {'schemaVersion': 2}, {'imageLayoutVersion': '1.0.0'}
        plain = [tar(x) for x in layers]
        self.config = dict({'architecture': arch, 'os': 'linux'}, **(config or {}))
        self.layers = [self.blob(x, mediaType=(types or [TAR] * len(plain))[i]) for i, x in enumerate(plain)]
        self.platform = dict(architecture=arch, os='linux') if platform is True else platform

    def blob(self, data, **more):
        data = data if isinstance(data, bytes) else json.dumps(data).encode()
        self.blobs[sha(data)] = data
        return dict(digest=SHA + sha(data), size=len(data), **more)

    def descriptor(self, **more):
        manifest = dict(schemaVersion=2, config=self.blob(self.config), layers=self.layers)
        found = self.blob(dict(manifest, **more))
        return dict(found, platform=self.platform) if self.platform else found

    def write(self, path, manifests=None):
        index = dict(self.index, manifests=manifests if manifests is not None else [self.descriptor()])
        os.makedirs(path + '/blobs/sha256')
        for name, data in self.blobs.items():
            with open(path + '/blobs/sha256/' + name, 'wb') as out:
                out.write(data)
        for name, document in (('index.json', index), ('oci-layout', self.version)):
            with open(path + '/' + name, 'w') as out:
                json.dump(document, out)


def layer(**changes):
    """The second of two layers, with a descriptor that was changed."""
    def make(path):
        it = Layout(BASE, [f('etc/a')])
        it.layers[1].update(changes)
        it.write(path)
    return make


def of(*layers, **more):
    return lambda path: Layout(*layers, **more).write(path)


def packed(pack, type=TAR):
    return of(BASE, pack(tar([f('etc/a', 'A\n')])), types=[TAR, type])


def several(*platforms):
    """An index of one image for each platform; each has a file of its number."""
    def make(path):
        whole, found = Layout([]), []
        for i, platform in enumerate(platforms):
            one = Layout(BASE + [f('etc/which', '%d\n' % i)], arch=platform['architecture'], platform=dict(dict(os='linux'), **platform))
            found.append(one.descriptor())
            whole.blobs.update(one.blobs)
        whole.write(path, found)
    return make


def in_manifest(**changes):
    def make(path):
        it = Layout(BASE, [f('etc/a')])
        it.write(path, [it.descriptor(**changes)])
    return make


def in_index(**changes):
    def make(path):
        it = Layout(BASE, [f('etc/a')])
        it.write(path, [dict(it.descriptor(), **changes)])
    return make


def broken(what):
    """One blob of the layout has other bytes than its digest says: 0 the first layer, -1 the manifest, -2 the configuration."""
    def make(path):
        it = Layout(BASE, [f('etc/a')])
        found = it.descriptor()
        name = list(it.blobs)[what]
        it.blobs[name] = it.blobs[name].replace(b'e', b'f')
        it.write(path, [found])
    return make


def nested(n):
    def make(path):
        it = Layout(BASE, [f('etc/a')])
        found = it.descriptor()
        for _ in range(n):
            found = it.blob(dict(schemaVersion=2, manifests=[found]))
        it.write(path, [found])
    return make


def saved(edit=lambda items, manifest, config: None, *layers):
    """What docker save writes."""
    def make(path):
        plain = [tar(x) for x in layers or (BASE, [f('etc/a', 'A\n')])]
        items = {('%x' % (10 + i)) * 64 + '/layer.tar': x for i, x in enumerate(plain)}
        config = dict(architecture='amd64', os='linux', rootfs=dict(type='layers', diff_ids=[SHA + sha(x) for x in plain]))
        manifest = [dict(Config='c' * 64 + '.json', RepoTags=['x:1'], Layers=list(items))]
        edit(items, manifest, config)
        items['c' * 64 + '.json'] = json.dumps(config).encode()
        items['manifest.json'] = json.dumps(manifest).encode()
        write_tar(path, [f(name, content) for name, content in items.items()])
    return make


def maze(n, loop=False):
    """Links to folders that lead through each other, each in a layer of its own; at the end lies a folder."""
    names = ['etc/l%02d' % i for i in range(n)] + ['opt']
    layers = [[s(names[i], '../' + names[i + 1] if i + 1 == n else 'l%02d' % (i + 1))] for i in range(n)]
    end = [s('opt', 'etc/l00')] if loop else [d('opt')]
    return of(BASE + end, *layers, [f('etc/l00/x', 'X\n')])


PIECE = 1 << 26


def zeros(name, n_bytes):
    """A file of zeros in a tar of a few KB, packed twice by zstd."""
    head = tarfile.TarInfo(name)
    head.size = n_bytes
    packed_bytes = zst(zst(head.tobuf(tarfile.GNU_FORMAT)) + zst(bytes(PIECE)) * (n_bytes // PIECE))
    assert len(packed_bytes) < 16384, len(packed_bytes)
    return packed_bytes


def many_zeros(n_files):
    head = tarfile.TarInfo('etc/zeros')
    head.size = PIECE - 512
    return zst(zst(head.tobuf(tarfile.GNU_FORMAT) + bytes(head.size)) * n_files)


def bomb(pack, *words):
    return lambda path: of(BASE, pack(*words), types=[TAR, TAR + '+zstd'])(path)


def behind_the_end(n_bytes):
    """Programs read a packed tar to its end, for the sum there."""
    return zst(zst(tar(FILE)) + zst(bytes(PIECE)) * (n_bytes // PIECE))


def saved_bomb(path):
    def edit(items, manifest, config):
        items[list(items)[1]] = zeros('etc/zeros', 8 << 30)
    saved(edit)(path)


def outer_bomb(path):
    """A saved tar, one of whose files would fill the builder's disk."""
    with open(path, 'wb') as out:
        out.write(zeros('blobs/sha256/' + 'a' * 64, 64 << 30))


FILE = [d('etc'), f('etc/a', 'A\n')]
LIB = BASE + [d('usr/lib'), f('usr/lib/old'), s('lib', 'usr/lib')]
CAP = capability(2, 20)
CAP_BYTES = list(CAP.values())[0].encode()
EVIL = 'x\x1b[31m\n"\u202e' + 'y' * 3000
TWO = {'etc/a': {'kind': 'f'}}
A = {'etc/a': 'A\n'}
X = 'x\n'

ROWS = [
    # ---- whiteouts
    ('a whiteout of a name that never was', of(BASE, [f('etc/.wh.none', ''), f('etc/a')]), {'etc/none': None, 'etc/.wh.none': None, 'etc/a': X}),
    ('a whiteout in a folder that never was', of(BASE, [f('no/.wh.x', '')]), {'no/x': None, 'no/.wh.x': None}),
    ('a whiteout in the lowest layer', of(BASE + [f('etc/.wh.a', ''), f('etc/a', 'A\n')]), A),
    ('a whiteout of a folder that a later layer makes again',
     of(BASE + [d('opt', mode=0o700), f('opt/old')], [f('.wh.opt', '')], [d('opt', mode=0o711), f('opt/new')]),
     {'opt': {'mode': 0o711}, 'opt/old': None, 'opt/new': X}),
    ('a whiteout of a folder that its own layer makes again, before it',
     of(BASE + [d('opt'), f('opt/old')], [d('opt', mode=0o711), f('opt/new'), f('.wh.opt', '')]), {'opt/old': None, 'opt/new': X, 'opt': {'mode': 0o711}}),
    ('a whiteout of a folder that its own layer makes again, after it',
     of(BASE + [d('opt'), f('opt/old')], [f('.wh.opt', ''), d('opt', mode=0o711), f('opt/new')]), {'opt/old': None, 'opt/new': X, 'opt': {'mode': 0o711}}),
    ('an opaque whiteout before, between and behind', of(
        BASE + [d(x) for x in 'pqr'] + [f(x + '/old') for x in 'pqr'],
        [f('p/.wh..wh..opq', ''), f('p/a'), f('p/b'), f('q/a'), f('q/.wh..wh..opq', ''), f('q/b'), f('r/a'), f('r/b'), f('r/.wh..wh..opq', '')]),
     {x + y: z for x in 'pqr' for y, z in (('/old', None), ('/a', X), ('/b', X))}),
    ('an opaque whiteout hides all layers below, none above', of(BASE + [d('opt'), f('opt/1')], [f('opt/2')], [f('opt/.wh..wh..opq', '')], [f('opt/4')]),
     {'opt/1': None, 'opt/2': None, 'opt/4': X, 'opt': {'kind': 'd'}}),
    ('an opaque whiteout of the root', of(BASE + [f('old')], [f('.wh..wh..opq', ''), f('etc/a')]), {'old': None, 'usr': None, 'etc/a': X}),
    ('a whiteout of a link to a folder leaves the folder', of(LIB, [f('.wh.lib', '')]), {'lib': None, 'usr/lib/old': X}),
    ('an opaque whiteout through a link', of(LIB, [f('lib/.wh..wh..opq', ''), f('lib/new')]), {'lib': {'kind': 'l'}, 'usr/lib/old': None, 'usr/lib/new': X}),
    ('a name that goes and comes back twice', of(BASE + [f('etc/a', '1\n')], [f('etc/.wh.a', '')], [f('etc/a', '3\n')], [f('etc/.wh.a', '')], [f('etc/a', 'A\n')]), A),
    ('a hard link to a file, behind the whiteout of it in the same layer', of(BASE + [f('etc/a')], [f('etc/.wh.a', ''), h('etc/b', 'etc/a')]), "'etc/b'"),
    ('a hard link to a file, before the whiteout of it in the same layer', of(BASE + [f('etc/a', 'A\n')], [h('etc/b', 'etc/a'), f('etc/.wh.a', '')]),
     {'etc/a': None, 'etc/b': 'A\n'}),
    ('files of aufs itself', of(BASE, [d('.wh..wh.plnk'), f('.wh..wh.plnk/12.34'), f('.wh..wh.aufs', ''), d('.wh..wh.orph'), f('etc/a', 'A\n')]),
     dict(A, **{'.wh..wh.plnk': None, '.wh..wh.plnk/12.34': None, '.wh..wh.aufs': None, '.wh..wh.orph': None})),
    ('a whiteout with something in it', of(BASE, [f('etc/.wh.x/y')]), "'etc/.wh.x/y'"),
    ('a whiteout of a name that is not UTF-8', of(BASE + [f('etc/\udcff')], [f('etc/.wh.\udcff', '')]), {'etc/\udcff': None, 'etc': {'kind': 'd'}}),
    ('a whiteout as a link', of(BASE + [f('etc/a'), f('etc/b', 'B\n')], [s('etc/.wh.a', 'b')]), {'etc/a': None, 'etc/.wh.a': None, 'etc/b': 'B\n'}),
    ('a whiteout as a hard link', of(BASE + [f('etc/a'), f('etc/b', 'B\n')], [h('etc/.wh.a', 'etc/b')]), {'etc/a': None, 'etc/.wh.a': None, 'etc/b': 'B\n'}),
    # ---- what later layers change
    ('a folder, then a file, then a folder', of(BASE + [d('opt'), f('opt/old')], [f('opt')], [d('opt'), f('opt/new')]), {'opt/old': None, 'opt/new': X}),
    ('a file as a folder of a later layer', of(BASE + [f('etc/x')], [f('etc/x/y')]), "'etc/x/y'"),
    ('a link on the way that a later layer makes a folder', of(LIB, [d('lib'), f('lib/new')]),
     {'lib': {'kind': 'd'}, 'lib/new': X, 'usr/lib/old': X, 'usr/lib/new': None}),
    ('a link on the way that stays', of(LIB, [f('lib/new')], [d('usr/lib', mode=0o711)]), {'lib': {'to': 'usr/lib'}, 'usr/lib/new': X, 'usr/lib': {'mode': 0o711}}),
    ('a link on the way that leads up and out', of(BASE + [s('up', '../../../../etc')], [f('up/a', 'A\n')]), A),
    ('capabilities that a later layer drops, keeps by a name, and sets',
     of(BASE + [f('a', pax=CAP), f('b', pax=CAP), f('c')], [f('a'), h('b2', 'b'), f('c', pax=CAP)]),
     {'a': {'xattrs': {}}, 'b': {'xattrs': {'security.capability': CAP_BYTES}}, 'b2': {'kind': 'f'}, 'c': {'xattrs': {'security.capability': CAP_BYTES}}}),
    ('an owner of a folder that a later layer changes alone', of(BASE + [d('opt'), f('opt/a')], [d('opt', mode=0o1777, uid=3000000, gid=70000)]),
     {'opt': {'mode': 0o1777, 'owner': (3000000, 70000)}, 'opt/a': X}),
    ('owners and times by pax in a later layer', of(BASE, [f('a', uid=4294967294, gid=4294967294, mtime=-1.5), f('b', mtime=4294967296), f('c', mtime=-2147483648)]),
     {'a': {'owner': (4294967294, 4294967294), 'time': -1500000000}, 'b': {'time': 4294967296 * 10**9}, 'c': {'time': -2147483648 * 10**9}}),
    ('a time that no file system holds, in a later layer', of(BASE, [f('etc/late', mtime=1 << 34)]), "'etc/late'"),
    ('a file with holes, replaced by one without, and the other way',
     of(BASE + [sparse('a', 300000, [(4096, b'a' * 512)]), f('b')], [f('a', 'A\n'), sparse('b', 300000, [])]), {'a': 'A\n', 'b': {'size': 300000}}),
    ('devices and pipes of a later layer', of(BASE + [f('x')], [dev('x', 1, 3), entry('p', tarfile.FIFOTYPE), entry('k', tarfile.BLKTYPE, dev=(8, 0))]),
     {'x': {'kind': 'c', 'dev': (1, 3)}, 'p': {'kind': 'p'}, 'k': {'kind': 'b', 'dev': (8, 0)}}),
    ('one layer twice', of(FILE, FILE), A),
    ('one layer twice, with one that removes between', of(FILE, [f('etc/.wh.a', '')], FILE), A),
    ('empty layers', of([], BASE, [], [f('etc/a', 'A\n')], []), A),
    ('a layer of docker that is empty, in gzip', of(BASE, gzip.compress(bytes(1024)), [f('etc/a', 'A\n')], types=[TAR, TAR + '+gzip', TAR]), A),
    ('a layer of no bytes', of(BASE, b'', [f('etc/a', 'A\n')]), 'cannot read'),
    ('128 layers', of(BASE, *[[f('etc/a', '%d\n' % i)] for i in range(127)]), {'etc/a': '126\n'}),
    ('129 layers', of(BASE, *[[f('etc/a', '%d\n' % i)] for i in range(128)]), '129 layers'),
    # ---- names
    ('absolute names', of([d('/'), d('/etc'), f('/etc/a', 'A\n'), h('/etc/b', '/etc/a')]), dict(A, **{'etc/b': {'names': 2}})),
    ('a name with ..', of(BASE, [f('etc/../../x')]), 'etc/../../x'),
    ('a name with .. that stays inside', of(BASE, [f('usr/../etc/a')]), 'usr/../etc/a'),
    ('a file whose name ends with a slash', of(BASE, pax([], 'etc/x/', content=b'x\n') + bytes(10240)), "'etc/x"),
    ('an empty file whose name ends with a slash, as old tars have folders', of(BASE, pax([], 'etc/x/', content=b'') + bytes(10240)), {'etc/x': {'kind': 'd'}}),
    ('names with dots and doubled slashes', of(BASE, [f('.//etc/././/a', 'A\n')]), A),
    ('names that are not UTF-8, in two layers', of(BASE + [f('n\udcff', '1\n'), f('n\udcfe', '2\n')], [f('n\udcff', '3\n')]), {'n\udcff': '3\n', 'n\udcfe': '2\n'}),
    ('a name with an escape sequence, refused', of(BASE, [f('etc/\x1b[2J\n', uid=1 << 40)]), 'belongs to user'),
    # ---- packing
    ('gzip that is called zstd', packed(gzip.compress, TAR + '+zstd'), A),
    ('zstd that is called gzip', packed(zst, TAR + '+gzip'), A),
    ('zstd that is called plain', packed(zst), A),
    ('gzip that is called plain', packed(gzip.compress), A),
    ('plain that is called gzip', packed(lambda x: x, TAR + '+gzip'), A),
    ('plain that docker calls gzip', packed(lambda x: x, 'application/vnd.docker.image.rootfs.diff.tar.gzip'), A),
    ('xz', packed(lzma.compress), A),
    ('bzip2', packed(bz2.compress), A),
    ('gzip that is cut', packed(lambda x: gzip.compress(x)[:-9], TAR + '+gzip'), 'image'),
    ('a text', of(BASE, b'just a text, which is long enough' * 100), 'cannot read'),
    ('a layer that ends in the middle of a file', of(BASE, tar([f('etc/big', b'x' * 100000)])[:50000]), 'image'),
    # ---- descriptors
    ('another digest of the first layer', broken(0), 'another digest'),
    ('another digest of the manifest', broken(-1), 'has'),
    ('another digest of the configuration', broken(-2), 'another digest'),
    ('a size that is wrong', layer(size=7), 'says 7'),
    ('a size below zero', layer(size=-1), 'says -1'),
    ('a size in words', layer(size='10240'), 'size'),
    ('a size with a fraction', layer(size=10240.5), 'size'),
    ('a digest of another kind', layer(digest='sha512:' + 'a' * 128), 'SHA-256'),
    ('a digest in capitals', layer(digest=SHA + 'A' * 64), 'SHA-256'),
    ('a digest that is a path', layer(digest=SHA + '../' * 21 + 'a'), 'SHA-256'),
    ('a digest of a blob that is not there', layer(digest=SHA + 'a' * 64, urls=['https://example.invalid/x']), 'lacks'),
    ('a type of letters that a terminal obeys', layer(mediaType=EVIL), 'is not a tar'),
    ('annotations with hostile text', in_index(annotations={EVIL: EVIL, 'org.opencontainers.image.ref.name': '../../x'}), TWO),
    ('annotations of the manifest with hostile text', in_manifest(annotations={EVIL: EVIL}), TWO),
    ('a manifest without layers', in_manifest(layers=[]), '0 layers'),
    ('a manifest whose layers are a text', in_manifest(layers='all'), '0 layers'),
    ('a layer that is a number', in_manifest(layers=[5]), 'SHA-256'),
    ('a configuration of something else', in_manifest(config=dict(mediaType='application/vnd.cncf.helm.config.v1+json', digest=SHA + 'a' * 64, size=1)), 'helm'),
    ('a history that tells of other layers', of(FILE, config=dict(history=[{}] * 5, rootfs=dict(type='layers', diff_ids=[SHA + sha(tar(FILE))]))), A),
    ('digests of more layers than there are', of(FILE, config=dict(rootfs=dict(type='layers', diff_ids=[SHA + 'a' * 64] * 2))), '2'),
    # ---- platforms
    ('platforms of every kind', several(*[dict(architecture=a) for a in ('386', 'arm', 'arm64', 'ppc64le', 'amd64', 's390x', 'riscv64')]), {'etc/which': '4\n'}),
    ('variants of other architectures', several(dict(architecture='arm', variant='v6'), dict(architecture='arm', variant='v7'),
                                                dict(architecture='arm64', variant='v8'), dict(architecture='amd64')), {'etc/which': '3\n'}),
    ('a variant for newer processors beside the one for all', several(dict(architecture='amd64', variant='v3'), dict(architecture='amd64'), dict(architecture='amd64', variant='v2')),
     {'etc/which': '1\n'}),
    ('the first variant is the one for all', several(dict(architecture='amd64', variant='v4'), dict(architecture='amd64', variant='v1')), {'etc/which': '1\n'}),
    ('two variants, both for newer processors', several(dict(architecture='amd64', variant='v3'), dict(architecture='amd64', variant='v2')), '2 images'),
    ('no image for the architecture', several(dict(architecture='arm64'), dict(architecture='386')), "no image for architecture 'amd64'"),
    ('a platform that the configuration denies', of(FILE, arch='arm64', platform=dict(architecture='amd64', os='linux')), 'arm64'),
    ('an index of nothing', lambda path: Layout(FILE).write(path, []), 'no image'),
    ('three indexes in each other', nested(2), TWO),
    ('four indexes in each other', nested(3), 'indexes'),
    # ---- docker save
    ('docker save', saved(), A),
    ('docker save with a layer that leaves the tar', saved(lambda i, m, c: m[0].update(Layers=['../../etc/shadow', m[0]['Layers'][1]])), 'no name'),
    ('docker save with fewer layers than digests', saved(lambda i, m, c: m[0]['Layers'].pop()), '1 layers, 2 digests'),
    ('docker save of no image', saved(lambda i, m, c: m.clear()), '0 images'),
    ('docker save without an architecture', saved(lambda i, m, c: c.pop('architecture')), 'architecture'),
    ('docker save with digests in disorder', saved(lambda i, m, c: c['rootfs']['diff_ids'].reverse()), 'does not match'),
    ('docker save with whiteouts', saved(lambda i, m, c: None, FILE + [f('etc/b')], [f('etc/.wh.b', '')]), dict(A, **{'etc/b': None})),
    # ---- mazes and bombs
    ('a maze of 40 links to folders, in 40 layers', maze(40), {'opt/x': 'X\n'}),
    ('T-04 a maze of 41 links to folders, in 41 layers', maze(41), 'more than 40 symbolic links'),
    ('a loop of links, in layers', maze(5, loop=True), 'more than 40 symbolic links'),
    ('a link that grows with each turn', of(BASE + [s('a', 'a/' + 'b' * 200 + '/a')], [f('a/x')]), "'a/x'"),
    ('a hard link through a maze', of(BASE + [s('etc/l%02d' % i, 'l%02d' % (i + 1)) for i in range(41)], [f('etc/a'), h('b', 'etc/l00/a')]), "'b'"),
    ('hard links to links to links', of(BASE + [f('etc/a', 'A\n'), s('1', 'etc/a')], [h('2', '1')], [h('3', '2'), h('4', '3')]),
     {str(i): {'kind': 'l', 'to': 'etc/a', 'names': 4} for i in (1, 2, 3, 4)}),
    ('T-03 a layer bomb of one file', bomb(zeros, 'etc/zeros', 8 << 30), 'unpacks to more than'),
    ('a layer bomb of many files', bomb(many_zeros, 128), 'unpacks to more than'),
    ('a layer bomb behind the end of the tar', bomb(behind_the_end, 8 << 30), 'unpacks to more than'),
    ('a layer bomb in docker save', saved_bomb, 'unpacks to more than'),
    ('a bomb around docker save', outer_bomb, 'unpacks to more than'),
]


# ---- building and looking ------------------------------------------------------------------------

def build(slipway, layout):
    """What it says if it fails, or None."""
    with open('layout.json', 'w') as out:
        json.dump(layout, out)
    r = subprocess.run([slipway, 'image', 'build', '--line', 't', '--version', '1', '--arch', 'x86_64', '--level', '1', '--layout', 'layout.json',
                        '--output', 'a.slip', 'input'], capture_output=True, timeout=120)
    return (r.stdout + r.stderr).decode(errors='surrogateescape') if r.returncode else None


def look():
    """The tree in the tar that the archive holds, as look() of images_trees.py has it."""
    with tarfile.open('a.slip') as archive:
        plain = subprocess.run(['zstd', '-dcq'], input=archive.extractfile('root.tar').read(), capture_output=True, check=True).stdout
    tree, names = {}, {}
    kinds = {tarfile.DIRTYPE: 'd', tarfile.REGTYPE: 'f', tarfile.SYMTYPE: 'l', tarfile.CHRTYPE: 'c', tarfile.BLKTYPE: 'b', tarfile.FIFOTYPE: 'p'}
    with tarfile.open(fileobj=io.BytesIO(plain), errors='surrogateescape') as t:
        for e in t:
            name = e.name.strip('./') if e.name in ('.', './') else e.name.rstrip('/')
            if e.type == tarfile.LNKTYPE:
                tree[name] = tree[e.linkname]
                tree[name]['names'] += 1
                continue
            data = t.extractfile(e).read() if e.isreg() else b''
            raw = e.pax_headers
            # to the nanosecond, which no float holds
            tree[name] = {'kind': kinds.get(e.type, '?'), 'mode': e.mode, 'owner': (e.uid, e.gid), 'to': e.linkname, 'names': 1, 'size': e.size,
                          'time': nanoseconds(raw.get('mtime', str(int(e.mtime)))), 'dev': (e.devmajor, e.devminor), 'sum': sha(data),
                          'xattrs': {k[len('SCHILY.xattr.'):]: v.encode(errors='surrogateescape') for k, v in raw.items() if k.startswith('SCHILY.xattr.')}}
    return tree


def nanoseconds(text):
    """As libarchive writes times before 1970: a second, and how much later."""
    whole, _, part = text.partition('.')
    return int(whole) * 10**9 + int((part + '0' * 9)[:9])


def check_row(slipway, make, right):
    for name in ('input', 'a.slip'):
        shutil.rmtree(name, ignore_errors=True)
        if os.path.exists(name):
            os.unlink(name)
    make('input')
    refusal = build(slipway, {'boot': 'none'})
    if isinstance(right, str):
        assert refusal, 'built'
        assert right in refusal and ('image.tree' in refusal or 'image.input' in refusal), refusal
        assert not [c for c in refusal if ord(c) < 32 and c not in '\n\t'], 'hostile bytes reach the terminal: %r' % refusal
        assert not os.path.exists('a.slip'), 'an archive is there'
        assert not [x for x in os.listdir('.') if x.startswith('.slipway')], 'a folder is left'
        return
    assert not refusal, 'blocks: ' + refusal
    refusal = build(slipway, {'boot': 'none', 'unpack': True, 'devices': True})
    assert not refusal, 'unpacked: ' + refusal
    check_facts(look(), right)


def main():
    p = argparse.ArgumentParser()
    p.add_argument('slipway')
    p.add_argument('work')
    p.add_argument('--only', default='')
    o = p.parse_args()
    os.chdir(o.work)
    rows = [row for row in ROWS if o.only in row[0]]
    print('1..%d' % len(rows), flush=True)
    bad = 0
    for i, (name, make, right) in enumerate(rows):
        try:
            check_row(o.slipway, make, right)
            print('ok %d - %s' % (i + 1, name), flush=True)
        except (AssertionError, OSError, KeyError, ValueError, subprocess.SubprocessError, tarfile.TarError) as e:
            bad += 1
            print('not ok %d - %s\n# %s' % (i + 1, name, (type(e).__name__ + ': ' + str(e))[:700].replace('\n', '\n# ')), flush=True)
    return 1 if bad else 0


if __name__ == '__main__':
    sys.exit(main())
