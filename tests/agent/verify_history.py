#!/usr/bin/env python3
"""Verifies a block history: a second implementation of docs/history_format.md.

    verify_history.py --key KEY [--key KEY] [--witness NOTE] STORE.db
    verify_history.py --key KEY ... LEAVES.jsonl NOTES.txt

Exits with 0 if all verifies, 1 if not, 2 if it can't be read. Python's standard library only.
"""

import argparse
import base64
import binascii
import hashlib
import re
import sqlite3
import sys

# ---- Ed25519 (RFC 8032, 5.1), enough of it to verify.

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
SQRT_M1 = pow(2, (P - 1) // 4, P)


def point_add(p, q):
    a = (p[1] - p[0]) * (q[1] - q[0]) % P
    b = (p[1] + p[0]) * (q[1] + q[0]) % P
    c = 2 * p[3] * q[3] * D % P
    d = 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def point_mul(s, p):
    result = (0, 1, 1, 0)
    while s > 0:
        if s & 1:
            result = point_add(result, p)
        p = point_add(p, p)
        s >>= 1
    return result


def point_equal(p, q):
    return (p[0] * q[2] - q[0] * p[2]) % P == 0 and (p[1] * q[2] - q[1] * p[2]) % P == 0


def recover_x(y, sign):
    if y >= P:
        return None
    x2 = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    if x2 == 0:
        return None if sign else 0
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P != 0:
        x = x * SQRT_M1 % P
    if (x * x - x2) % P != 0:
        return None
    return P - x if (x & 1) != sign else x


def point_decompress(data):
    y = int.from_bytes(data, "little")
    sign = y >> 255
    y &= (1 << 255) - 1
    x = recover_x(y, sign)
    return None if x is None else (x, y, 1, x * y % P)


BASE_Y = 4 * pow(5, -1, P) % P
BASE_X = recover_x(BASE_Y, 0)
BASE = (BASE_X, BASE_Y, 1, BASE_X * BASE_Y % P)


def ed25519_verify(public_key, message, signature):
    if len(public_key) != 32 or len(signature) != 64:
        return False
    a = point_decompress(public_key)
    r = point_decompress(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= L:
        return False
    digest = hashlib.sha512(signature[:32] + public_key + message).digest()
    h = int.from_bytes(digest, "little") % L
    return point_equal(point_mul(s, BASE), point_add(r, point_mul(h, a)))


# ---- Section 2: the tree


def leaf_hash(leaf):
    return hashlib.sha256(b"\0" + leaf).digest()


def node_hash(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


class Tree:
    def __init__(self):
        self.size = 0
        self.stack = []  # (height, hash)

    def append(self, digest):
        height = 0
        while self.stack and self.stack[-1][0] == height:
            digest = node_hash(self.stack.pop()[1], digest)
            height += 1
        self.stack.append((height, digest))
        self.size += 1

    def root(self):
        if not self.stack:
            return hashlib.sha256(b"").digest()
        root = self.stack[-1][1]
        for _, below in reversed(self.stack[:-1]):
            root = node_hash(below, root)
        return root


# ---- Section 3: checkpoints


class Bad(Exception):
    pass


def from_base64(text):
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Bad("not base64: %r" % text) from error


def parse_key(text):
    name, key_id, key = text.encode().split(b"+", 2)
    raw = from_base64(key)
    if len(raw) != 33 or raw[0] != 1:
        raise Bad("not an Ed25519 verifier key: %s" % text)
    if hashlib.sha256(name + b"\n" + raw).digest()[:4].hex().encode() != key_id:
        raise Bad("the id of this key is not its own: %s" % text)
    return name, bytes.fromhex(key_id.decode()), raw[1:]


def open_checkpoint(note, keys):
    """Returns (origin, size, root) of a note that one of `keys` has signed."""
    blank = note.rfind(b"\n\n")
    if blank < 0 or not note.endswith(b"\n"):
        raise Bad("not a signed note")
    text = note[: blank + 1]
    good = False
    for line in note[blank + 2 : -1].split(b"\n"):
        parts = line.split(b" ")
        if len(parts) != 3 or parts[0] != "\u2014".encode():
            raise Bad("not a signature line: %r" % line)
        raw = from_base64(parts[2])
        for name, key_id, key in keys:
            if (name, key_id) == (parts[1], raw[:4]):
                if not ed25519_verify(key, text, raw[4:]):
                    raise Bad("a signature is wrong")
                good = True
    if not good:
        raise Bad("no known key has signed it")
    lines = text.split(b"\n")
    if len(lines) < 4 or not re.fullmatch(rb"0|[1-9][0-9]*", lines[1]) or b"" in lines[:-1]:
        raise Bad("not a checkpoint")
    root = from_base64(lines[2])
    if len(root) != 32:
        raise Bad("its root is no SHA-256")
    return lines[0], int(lines[1]), root


# ---- Section 5: verifying

INDEX = re.compile(rb'\{"v":1,"index":(0|[1-9][0-9]*),')


def open_all(notes, keys, origin):
    """Returns [(size, root)] and, for a note that is no good, [(size, None)] right after."""
    due = []
    last = 0
    for stored_size, note in notes:
        try:
            name, size, root = open_checkpoint(note, keys)
            if stored_size is not None and stored_size != size:
                raise Bad("it is kept under the size %d, but is that of %d" % (stored_size, size))
            if origin is not None and name != origin:
                raise Bad("it is of another history")
            origin = name
            last = size
            due.append((size, root))
        except Bad as bad:
            print("checkpoint after size %d: %s" % (last, bad))
            due.append((last + 1, None))
    return due, origin


class Verifier:
    def __init__(self, due):
        self.due = sorted(due, key=lambda d: d[0], reverse=True)
        self.tree = Tree()
        self.stored = Tree()
        self.proved = 0
        self.since = []  # leaf hashes since `proved`
        self.suspect = None  # (index, why)
        self.mismatch = None  # first place whose leaf does not have its stored hash

    def suspicion(self, index, why):
        if self.suspect is None or index < self.suspect[0]:
            self.suspect = (index, why)

    def judge(self):
        """Returns (first bad, end, why) once a checkpoint disagrees."""
        while self.due and self.due[-1][0] <= self.tree.size:
            size, root = self.due.pop()
            if root is None:
                return size - 1, size, "its checkpoint does not verify"
            if self.tree.root() != root:
                if self.mismatch is not None and self.stored.root() == root:
                    return self.mismatch, self.mismatch + 1, "it is not what was signed"
                if self.suspect is not None:
                    return self.suspect[0], self.suspect[0] + 1, self.suspect[1]
                return self.proved, max(size, self.proved + 1), "the root differs"
            if self.suspect is not None:
                return self.suspect[0], self.suspect[0] + 1, self.suspect[1]
            self.proved = size
            self.since = []
        return None

    def add(self, index, leaf, stored_hash):
        place = self.tree.size
        digest = leaf_hash(leaf)
        if index != place:
            self.suspicion(place, "it is missing")
        match = INDEX.match(leaf)
        if match is None:
            self.suspicion(place, "it can't be read")
        elif int(match[1]) != place:
            claimed = int(match[1])
            pushed = self.proved <= claimed < place
            pushed = pushed and self.since[claimed - self.proved] != digest
            self.suspicion(claimed if pushed else place, "%d stands at %d" % (claimed, place))
        if stored_hash != digest:
            self.mismatch = place if self.mismatch is None else self.mismatch
            self.suspicion(place, "it does not have its stored hash")
        self.tree.append(digest)
        self.stored.append(stored_hash)
        self.since.append(digest)
        return self.judge()

    def finish(self):
        size = self.tree.size
        if self.suspect is not None:
            return self.suspect[0], self.suspect[0] + 1, self.suspect[1]
        if self.due and self.due[-1][1] is None:
            return self.due[-1][0] - 1, self.due[-1][0], "its checkpoint does not verify"
        if self.due:
            return size, size + 1, "it is missing: a checkpoint counts %d" % self.due[0][0]
        if size > self.proved:
            return self.proved, self.proved + 1, "no checkpoint vouches for it"
        return None


def read_store(path):
    db = sqlite3.connect("file:%s?mode=ro" % path.replace("?", "%3f"), uri=True)
    db.text_factory = bytes
    notes = db.execute("SELECT size, note FROM checkpoint ORDER BY size").fetchall()
    return db.execute("SELECT idx, leaf, hash FROM leaf ORDER BY idx"), notes


def read_files(leaves_path, notes_path):
    def leaves():
        with open(leaves_path, "rb") as file:
            for index, line in enumerate(file):
                leaf = line.rstrip(b"\n")
                yield index, leaf, leaf_hash(leaf)

    notes = []
    in_signatures = True
    with open(notes_path, "rb") as file:
        for line in file:
            is_signature = line.startswith("\u2014 ".encode())
            if in_signatures and not is_signature:
                notes.append(b"")
            notes[-1] += line
            in_signatures = is_signature
    return leaves(), [(None, note) for note in notes]


def verify(keys, witnessed, leaves, notes):
    due, origin = open_all(notes, keys, None)
    for note in witnessed:
        name, size, root = open_checkpoint(note, keys)
        if origin is not None and name != origin:
            raise Bad("the witnessed checkpoint is of another history")
        due.append((size, root))
    verifier = Verifier(due)
    found = verifier.judge()
    for index, leaf, stored_hash in leaves:
        if found is not None:
            break
        found = verifier.add(index, leaf, stored_hash)
    return found or verifier.finish(), verifier.tree.size


def main():
    parser = argparse.ArgumentParser(description="Verifies a block history.")
    parser.add_argument("--key", action="append", required=True, help="a verifier key")
    parser.add_argument("--witness", action="append", default=[], help="a checkpoint's file")
    parser.add_argument("files", nargs="+", help="STORE.db, or LEAVES.jsonl NOTES.txt")
    options = parser.parse_args()
    try:
        keys = [parse_key(text) for text in options.key]
        witnessed = []
        for path in options.witness:
            with open(path, "rb") as file:
                witnessed.append(file.read())
        read = read_store if len(options.files) == 1 else read_files
        found, entries = verify(keys, witnessed, *read(*options.files))
    except (Bad, OSError, ValueError, sqlite3.Error) as error:
        print("cannot verify: %s" % error)
        return 2
    if found is None:
        print("ok: %d entries" % entries)
        return 0
    first, end, why = found
    if end > first + 1:
        print("BAD: the first bad entry is in [%d,%d): %s" % (first, end, why))
    else:
        print("BAD: entry %d: %s" % (first, why))
    return 1


if __name__ == "__main__":
    sys.exit(main())
