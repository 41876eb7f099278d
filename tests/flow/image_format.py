#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A second reader of signed archives, written from images/FORMAT.md alone: sections are named where they are read.

It shares nothing with the C code, so an archive that both take, and take for the same, is proof that the page says
enough. Python's library has neither Ed25519 nor zstd: the programs openssl and zstd do those.

usage: image_format.py ROOT ARCHIVE [CHANNEL]     prints what was read as JSON, or "refused: WHY" with exit code 1
       image_format.py ROOT ARCHIVE --plain FILE  and writes the first payload, holes included, to FILE
"""
import base64
import fnmatch
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile

BLOCK, MIB = 512, 1 << 20
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
HEX = re.compile(r"[0-9a-f]{64}")
IMAGE_TYPE = "application/vnd.slipway.image.v1+json"
ROOT_TYPE = "application/vnd.slipway.root.v1+json"
CHANNEL_TYPE = "application/vnd.slipway.channel.v1+json"


class Refused(Exception):
    """What the page does not allow."""


def need(condition, why):
    if not condition:
        raise Refused(why)


def sha256(data):
    return hashlib.sha256(data).hexdigest()


# ---- canonical JSON (section 2) ---------------------------------------------------------------

def no_doubles(pairs):
    need(len({key for key, _ in pairs}) == len(pairs), "a key stands twice")
    return dict(pairs)


def no_number(text):
    raise Refused("'%s' is no integer" % text)


def check_value(value):
    if isinstance(value, dict):
        for one in value.values():
            check_value(one)
    elif isinstance(value, list):
        for one in value:
            check_value(one)
    elif isinstance(value, int) and not isinstance(value, bool):
        need(0 <= value < 1 << 53, "an integer is out of range")


def canonical(data):
    try:
        value = json.loads(data.decode("utf-8"), object_pairs_hook=no_doubles, parse_float=no_number,
                           parse_constant=no_number)
    except ValueError as error:
        raise Refused("no JSON: %s" % error) from error
    check_value(value)
    again = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    need(again.encode("utf-8") == data, "not canonical")
    return value


def keys_are(value, needed, optional=()):
    need(isinstance(value, dict), "no object")
    need(set(needed) <= set(value), "a key is missing")
    need(set(value) <= set(needed) | set(optional), "a key is unknown")


def unbase64(text):
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as error:
        raise Refused("no base64") from error


# ---- container (section 1) --------------------------------------------------------------------

def header(name, size, kind):
    fields = [(0, name.encode()), (100, b"0000444\0"), (108, b"0000000\0"), (116, b"0000000\0"),
              (124, b"%011o\0" % size), (136, b"00000000000\0"), (148, b" " * 8), (156, kind), (257, b"ustar\00000"),
              (329, b"0000000\0" * 2)]
    block = bytearray(BLOCK)
    for at, text in fields:
        block[at:at + len(text)] = text
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def pax_record(size):
    length = 0
    while True:
        record = b"%d size=%d\n" % (length, size)
        if len(record) == length:
            return record
        length = len(record)


def headers(name, size):
    if size <= 8589934591:
        return header(name, size, b"0")
    record = pax_record(size)
    return header("PaxHeaders/" + name, len(record), b"x") + record.ljust(BLOCK, b"\0") + header(name, 0, b"0")


class Archive:
    def __init__(self, path):
        self.file = open(path, "rb")

    def exactly(self, n):
        data = self.file.read(n)
        need(len(data) == n, "the archive ends too early")
        return data

    def content(self, name, size):
        """A member whose length is known: its header follows from it."""
        wanted = headers(name, size)
        need(self.exactly(len(wanted)) == wanted, "header of '%s'" % name)
        return self.body(size)

    def body(self, size):
        data = self.exactly(size)
        padding = self.exactly(-size % BLOCK)
        need(not padding.strip(b"\0"), "padding is not zeros")
        return data

    def document(self, name, most):
        """A member whose length its own header says."""
        found = self.exactly(BLOCK)
        digits = found[124:135]
        need(re.fullmatch(rb"[0-7]{11}", digits), "length of '%s'" % name)
        size = int(digits, 8)
        need(1 <= size <= most, "size of '%s'" % name)
        need(found == header(name, size, b"0"), "header of '%s'" % name)
        return self.body(size)

    def end(self):
        need(self.exactly(2 * BLOCK) == bytes(2 * BLOCK), "no end")
        need(self.file.read(1) == b"", "bytes after the end")


# ---- manifest (section 2) ---------------------------------------------------------------------

MANIFEST_KEYS = ("arch created firmware format line min_disk partitions payloads seq type version").split()
FEATURES = ["root-ext4", "root-xfs", "root-btrfs"]
PARTITION_KEYS = "number role fs start size grow mount".split()
PAYLOAD_KEYS = "name role codec chunk size packed digest chunks_size chunks".split()


def check_partitions(m):
    number, role, at = set(), [], MIB
    need(len(m["partitions"]) <= 16, "too many partitions")
    for i, p in enumerate(m["partitions"]):
        keys_are(p, PARTITION_KEYS)
        need(1 <= p["number"] <= 16 and p["number"] not in number, "partition number")
        need(p["role"] in ("bios", "esp", "root", "data", "swap"), "partition role")
        need(p["fs"] in ("none", "ext4", "vfat", "xfs", "swap"), "partition fs")
        need(p["role"] in ("data", "swap") or p["role"] not in role, "partition role twice")
        need((p["role"] == "swap") == (p["fs"] == "swap"), "swap")
        need(not (p["role"] == "swap" and p["mount"]), "swap with a mount point")
        need(p["start"] % MIB == 0 and p["size"] % MIB == 0 and p["size"] > 0, "partition off a MiB")
        need(p["start"] >= at, "partitions overlap")
        need(not p["grow"] or i == len(m["partitions"]) - 1, "not the last partition grows")
        need(p["mount"] == "" or p["mount"].startswith("/") and os.path.normpath(p["mount"]) == p["mount"], "mount point")
        at = p["start"] + p["size"]
        number.add(p["number"])
        role.append(p["role"])
    need(not m["partitions"] or at + MIB <= m["min_disk"], "the last partition ends too late")


def check_payload(m, p, names, numbers):
    keys_are(p, PAYLOAD_KEYS, ("partition", "devices"))
    need(NAME.fullmatch(p["name"]) and p["name"] not in names, "payload name")
    need(not p["name"].endswith(".chunks") and not p["name"].startswith("manifest."), "payload name")
    need(p["role"] in ("fs", "disk", "rootfs") and p["codec"] == "zstd", "payload role or codec")
    need(p["chunk"] & (p["chunk"] - 1) == 0 and 65536 <= p["chunk"] <= 4 * MIB, "chunk")
    need(HEX.fullmatch(p["digest"]) and HEX.fullmatch(p["chunks"]), "digest")
    need(p["chunks_size"] % 96 == 0, "chunks_size")
    need("devices" not in p or p["devices"] is True and p["role"] == "rootfs", "devices")
    if p["role"] == "disk":
        need("partition" not in p and not m["partitions"] and "boot_code" not in m and len(m["payloads"]) == 1, "disk")
        need(p["size"] % m.get("sector", 512) == 0 and p["size"] <= m["min_disk"], "size of a disk")
        return
    part = [one for one in m["partitions"] if one["number"] == p.get("partition")]
    need(part and p["partition"] not in numbers, "partition of a payload")
    need(p["role"] != "fs" or p["size"] % 4096 == 0 and p["size"] <= part[0]["size"], "size of a file system")
    numbers.add(p["partition"])


def read_manifest(data):
    m = canonical(data)
    keys_are(m, MANIFEST_KEYS, ("boot_code", "features", "sector"))
    need(m.get("sector", 4096) == 4096, "sector")
    features = m.get("features", FEATURES)
    need(features and features == [f for f in FEATURES if f in features], "features")
    need(m["type"] == "slipway-image/v1" and m["format"] == 1, "another format")
    need(NAME.fullmatch(m["line"]) and NAME.fullmatch(m["version"]), "line or version")
    need(m["arch"] in ("x86_64", "aarch64") and m["seq"] >= 1, "arch or seq")
    need(len(set(m["firmware"])) == len(m["firmware"]) and set(m["firmware"]) <= {"bios", "uefi"}, "firmware")
    need("boot_code" not in m or len(unbase64(m["boot_code"])) == 440, "boot code")
    check_partitions(m)
    need(1 <= len(m["payloads"]) <= 16, "number of payloads")
    names, numbers = set(), set()
    for p in m["payloads"]:
        check_payload(m, p, names, numbers)
        names.add(p["name"])
    need(sum(p["chunks_size"] for p in m["payloads"]) <= 32 * MIB, "chunk tables are too large")
    return m


# ---- chunk table (section 3) ------------------------------------------------------------------

def little(data, at, n):
    return int.from_bytes(data[at:at + n], "little")


def read_table(p, data):
    need(len(data) == p["chunks_size"] and sha256(data) == p["chunks"], "chunk table")
    chunks, at, packed = [], 0, 0
    for i in range(0, len(data), 96):
        r = data[i:i + 96]
        c = {"plain_at": little(r, 0, 8), "packed_at": little(r, 8, 8), "packed": little(r, 16, 4),
             "plain": little(r, 20, 4), "packed_sha256": r[24:56].hex(), "plain_sha256": r[56:88].hex()}
        end = c["plain_at"] + c["plain"]
        need(r[88:96] == bytes(8), "reserved bytes")
        need(1 <= c["packed"] <= p["chunk"] + 32768 and 1 <= c["plain"] <= p["chunk"], "length of a chunk")
        need(c["packed_at"] == packed and c["plain_at"] >= at and end <= p["size"], "place of a chunk")
        if p["role"] == "rootfs":
            need(c["plain_at"] == at, "a hole in a rootfs")
        else:
            need(c["plain_at"] % 4096 == 0 and (c["plain"] % 4096 == 0 or end == p["size"]), "chunk off a block")
        packed += c["packed"]
        at = end
        chunks.append(c)
    need(packed == p["packed"], "sum of packed lengths")
    need(p["role"] != "rootfs" or at == p["size"], "the end of a rootfs")
    return chunks


def read_frames(chunks, data):
    """Every chunk's plain bytes: digests before anything is decoded, one frame for each record."""
    out = []
    for i, c in enumerate(chunks):
        frame = data[c["packed_at"]:c["packed_at"] + c["packed"]]
        need(sha256(frame) == c["packed_sha256"], "chunk %d" % i)
        done = subprocess.run(["zstd", "-dcq", "--memory=4MiB"], input=frame, capture_output=True, check=False)
        need(done.returncode == 0 and len(done.stdout) == c["plain"], "frame %d" % i)
        need(sha256(done.stdout) == c["plain_sha256"], "plain bytes of chunk %d" % i)
        out.append(done.stdout)
    return out


def plain(p, chunks, frames):
    image = bytearray(p["size"])
    for c, frame in zip(chunks, frames):
        image[c["plain_at"]:c["plain_at"] + c["plain"]] = frame
    return bytes(image)


# ---- signatures (section 4) -------------------------------------------------------------------

def pae(kind, body):
    return b"DSSEv1 %d %s %d " % (len(kind), kind.encode(), len(body)) + body


def read_signatures(value):
    keys_are(value, ["signatures"])
    need(len(value["signatures"]) <= 64, "more than 64 signatures")
    for one in value["signatures"]:
        keys_are(one, ["keyid", "sig"])
        need(HEX.fullmatch(one["keyid"]), "key id")
    return value["signatures"]


def is_good(key, signature, message):
    with tempfile.TemporaryDirectory() as folder:
        paths = [os.path.join(folder, name) for name in ("key", "sig", "message")]
        for path, data in zip(paths, (unbase64(key["public"]), unbase64(signature), message)):
            with open(path, "wb") as file:
                file.write(data)
        how = ["-rawin"] if key["algorithm"] == "ed25519" else ["-rawin", "-digest", "sha256"]
        argv = ["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", paths[0], "-sigfile", paths[1],
                "-in", paths[2]] + how
        return subprocess.run(argv, capture_output=True, check=False).returncode == 0


def signers(root, role, signatures, message):
    """The distinct keys of the role, not revoked, that signed these bytes."""
    good = {}
    for one in signatures:
        for key in root["keys"]:
            if key["id"] == one["keyid"] and role in key["roles"] and key["id"] not in root["revoked_keys"] \
                    and is_good(key, one["sig"], message):
                good[key["id"]] = key
    return list(good.values())


def may_sign(key, line):
    return any(fnmatch.fnmatchcase(line, pattern.replace("[", "[[]")) for pattern in key["lines"])


def check_signers(root, role, kind, signatures, body, lines):
    good = signers(root, role, signatures, pae(kind, body))
    needed = root[role + "_threshold"]
    need(len(good) >= needed, "%d good signatures of %s keys" % (len(good), role))
    for line in lines:
        need(sum(may_sign(key, line) for key in good) >= needed, "keys that may sign line '%s'" % line)


# ---- trust root and channel (sections 5 and 6) ------------------------------------------------

def read_envelope(path, kind, most):
    with open(path, "rb") as file:
        data = file.read(most + 1).rstrip(b"\n")
    need(len(data) <= most, "document is too large")
    try:
        value = json.loads(data, object_pairs_hook=no_doubles)
    except ValueError as error:
        raise Refused("no JSON: %s" % error) from error
    keys_are(value, ["payload", "payload_type", "signatures"])
    need(value["payload_type"] == kind, "another kind of document")
    body = unbase64(value["payload"])
    return body, read_signatures({"signatures": value["signatures"]})


ROOT_KEYS = "created expires floors image_threshold keys profile revoked_images revoked_keys root_threshold seq type".split()


def read_root(path):
    body, signatures = read_envelope(path, ROOT_TYPE, MIB)
    root = canonical(body)
    keys_are(root, ROOT_KEYS, ["channel_threshold"])
    need(root["type"] == "slipway-root/v1", "not a root")
    need([key["id"] for key in root["keys"]] == sorted({key["id"] for key in root["keys"]}), "order of keys")
    for key in root["keys"]:
        keys_are(key, ["id", "algorithm", "public", "roles", "lines"])
        need(sha256(unbase64(key["public"])) == key["id"], "id of a key")
        need("channel" not in key["roles"] or "channel_threshold" in root, "channel keys without a threshold")
    check_signers(root, "root", ROOT_TYPE, signatures, body, [])
    return root


def read_channel(path, root):
    need("channel_threshold" in root, "the root has no channel keys")
    body, signatures = read_envelope(path, CHANNEL_TYPE, 65536)
    good_before_parsing = signers(root, "channel", signatures, pae(CHANNEL_TYPE, body))
    need(len(good_before_parsing) >= root["channel_threshold"], "signatures of the channel")
    channel = canonical(body)
    keys_are(channel, ["type", "seq", "issued", "expires", "images"])
    need(channel["type"] == "slipway-channel/v1" and channel["seq"] >= 1, "not a channel")
    need(1 <= channel["expires"] - channel["issued"] <= 90 * 86400, "life of the channel")
    pairs = []
    for image in channel["images"]:
        keys_are(image, ["arch", "digest", "line", "version"])
        need(NAME.fullmatch(image["line"]) and NAME.fullmatch(image["version"]), "image of the channel")
        need(image["arch"] in ("x86_64", "aarch64") and HEX.fullmatch(image["digest"]), "image of the channel")
        pairs.append((image["line"], image["arch"]))
    need(pairs == sorted(set(pairs)) and len(pairs) <= 256, "order of the channel's images")
    check_signers(root, "channel", CHANNEL_TYPE, signatures, body, [image["line"] for image in channel["images"]])
    return channel


# ---- all of it --------------------------------------------------------------------------------

def read(root, path):
    archive = Archive(path)
    manifest = archive.document("manifest.json", MIB)
    signatures = read_signatures(canonical(archive.document("manifest.sigs", 65536)))
    good = signers(root, "image", signatures, pae(IMAGE_TYPE, manifest))
    need(len(good) >= root["image_threshold"], "%d good signatures" % len(good))
    m = read_manifest(manifest)
    check_signers(root, "image", IMAGE_TYPE, signatures, manifest, [m["line"]])
    need(sha256(manifest) not in root["revoked_images"], "the image is revoked")
    need(all(m["seq"] >= floor["min_seq"] for floor in root["floors"] if floor["line"] == m["line"]), "below the floor")
    payloads = []
    for p in m["payloads"]:
        chunks = read_table(p, archive.content(p["name"] + ".chunks", p["chunks_size"]))
        data = archive.content(p["name"], p["packed"])
        need(sha256(data) == p["digest"], "digest of '%s'" % p["name"])
        payloads.append((p, chunks, read_frames(chunks, data)))
    archive.end()
    return dict(m, digest=sha256(manifest)), payloads


def main(argv):
    if len(argv) not in (3, 4, 5):
        sys.exit("usage: image_format.py ROOT ARCHIVE [CHANNEL | --plain FILE]")
    try:
        root = read_root(argv[1])
        manifest, payloads = read(root, argv[2])
        if len(argv) == 4:
            images = read_channel(argv[3], root)["images"]
            named = [i["digest"] for i in images if (i["line"], i["arch"]) == (manifest["line"], manifest["arch"])]
            need(named == [manifest["digest"]], "not the latest")
    except Refused as why:
        print("refused: %s" % why)
        return 1
    if len(argv) == 5:
        with open(argv[4], "wb") as file:
            file.write(plain(*payloads[0]))
    print(json.dumps(manifest, sort_keys=True))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
