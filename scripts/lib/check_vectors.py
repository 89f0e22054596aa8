"""Checks schema/wire/vectors against schema/wire/*.cddl, and their hashes and signatures, from the documentation alone.

Run by scripts/vectors. Exits with 1 and a line for each fault.
"""

import contextlib
import glob
import hashlib
import io
import os
import sys

import cbor2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from zcbor import DataTranslator

SCHEMA = os.path.join(os.path.dirname(__file__), "..", "..", "schema", "wire")
FILES_NEEDED = {
    "change.cddl": [],
    "segment.cddl": ["change.cddl"],
    "state.cddl": ["change.cddl"],
    "messages.cddl": ["change.cddl", "segment.cddl"],
    "snapshot.cddl": ["change.cddl", "segment.cddl", "messages.cddl", "state.cddl"],
    "bundle.cddl": ["change.cddl", "segment.cddl", "messages.cddl"],
}

# Rules that are lists of any length.
LISTS = {"snapshot-piece"}

faults = []
checks = 0


def check(condition, vector, what):
    global checks
    checks += 1
    if not condition:
        faults.append(f"{vector}: {what}")


def rules(names):
    text = "".join(open(os.path.join(SCHEMA, name), encoding="utf-8").read() for name in names)
    return DataTranslator.from_cddl(cddl_string=text, default_max_qty=1 << 20).my_types


def matches(rule, item):
    with contextlib.redirect_stdout(io.StringIO()):
        try:
            return rule.validate_obj(item)
        except Exception:
            return False


def sha256(data):
    return hashlib.sha256(data).digest()


def canonical(item):
    return cbor2.dumps(item, canonical=True)


def is_signed(public_key, signature, statement):
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, statement)
        return True
    except InvalidSignature:
        return False


def read_vectors():
    vectors = {}
    for path in sorted(glob.glob(os.path.join(SCHEMA, "vectors", "*.hex"))):
        facts, digits = {}, ""
        for line in open(path, encoding="utf-8"):
            if line.startswith("# "):
                key, _, value = line[2:].strip().partition(": ")
                facts[key] = value
            else:
                digits += line.strip()
        vectors[os.path.basename(path)[:-4]] = (facts, bytes.fromhex(digits))
    return vectors


def headers(segment):
    """The encoded headers of a segment's changes, each with what withholds its payload (0 for nothing)."""
    layer, replica, author, first_seq, previous, entries, _, _ = segment
    lamport = wall_time = 0
    result = []
    for place, entry in enumerate(entries):
        lamport += entry[0]
        wall_time += entry[1]
        withheld, payload_hash = (0, sha256(entry[2])) if len(entry) == 3 else (entry[2], entry[3])
        encoded = canonical(
            [1, layer, replica, first_seq + place, author, lamport, wall_time, previous, payload_hash])
        previous = sha256(encoded)
        result.append((encoded, withheld))
    return result


def check_signatures(name, segment, public_key):
    """Each signature of a segment is the maker's over the head of the chain there."""
    layer, replica, _, first_seq, _, _, signatures, _ = segment
    encoded = headers(segment)
    check(len(signatures) % 2 == 0 and signatures, name, "the segment is not signed")
    for offset, signature in zip(signatures[::2], signatures[1::2]):
        statement = canonical(
            ["variorum chain 1", layer, replica, first_seq + offset, sha256(encoded[offset][0])])
        check(is_signed(public_key, signature, statement), name, f"the signature at {offset} does not hold")


def check_certificate(name, server, server_key, certificate):
    member, public_key, signature = certificate
    statement = canonical(["variorum device 1", server, member, public_key])
    check(is_signed(server_key, signature, statement), name, "a certificate does not hold")


def check_forms(vectors, by_file):
    """Every vector matches its rule, is deterministic CBOR, and a rule is no rule if it takes anything."""
    for name, (facts, data) in vectors.items():
        check(sha256(data).hex() == facts["sha256"], name, "the SHA-256 is another")
        item = cbor2.loads(data)
        check(canonical(item) == data, name, "cbor2 encodes the same item in other bytes")
        files = [file for file, known in by_file.items() if facts["rule"] in known]
        check(files, name, f"no file defines {facts['rule']}")
        for file in files:
            rule = by_file[file][facts["rule"]]
            check(matches(rule, item), name, f"does not match {facts['rule']} with {file}")
            check(not matches(rule, item + [0]), name, f"{facts['rule']} takes an item too many")
            if facts["rule"] in LISTS:
                continue
            check(not matches(rule, item[:-1]), name, f"{facts['rule']} takes an item too few")


def check_changes(vectors):
    for name, (facts, data) in vectors.items():
        if facts["rule"] == "header":
            item = cbor2.loads(data)
            check(item[8] == sha256(vectors[facts["payload"]][1]), name, "the payload's hash is another")
            segment = cbor2.loads(vectors[facts["segment"]][1])
            made = headers(segment)[int(facts["place"])][0]
            check(made == data, name, "the segment gives another header")
        if "signature" in facts:
            holds = is_signed(bytes.fromhex(facts["signer"]), bytes.fromhex(facts["signature"]), data)
            check(holds, name, "the signature does not hold")


def check_messages(vectors):
    message = {name: cbor2.loads(data) for name, (_, data) in vectors.items()}
    _, server, server_key, member, _, certificate, _ = message["connect-reply"]
    check_certificate("connect-reply", server, server_key, certificate)
    check(certificate[:2] == [member, message["connect-request"][1]], "connect-reply", "certifies another device")

    digest = sha256(vectors["heads"][1])[:16]
    check(message["heads-request"][2] == digest, "heads-request", "the digest of the heads is another")
    check(message["push-reply"][2] == digest, "push-reply", "the digest of the heads is another")

    segments = message["push-request"][2]
    check_signatures("push-request", segments[0], certificate[1])
    check_certificate("push-request", server, server_key, segments[1][7])
    check_signatures("push-request", segments[1], segments[1][7][1])

    cursor = message["pull-request"][2][0]
    page = message["pull-reply"][1][0]
    devices = {device[0]: device[1] for device in message["pull-reply"][2]}
    position, feed_hash = cursor[2], cursor[3]
    for segment in page[3]:
        check_certificate("pull-reply", server, server_key, devices[segment[1]])
        check_signatures("pull-reply", segment, devices[segment[1]][1])
        for encoded, withheld in headers(segment):
            position += 1
            feed_hash = sha256(feed_hash + sha256(encoded) + bytes([withheld]))
    check(page[4:6] == [position, feed_hash], "pull-reply", "the feed's hash is another")
    statement = canonical(["variorum feed 1", server, page[0], page[2], position, feed_hash])
    check(is_signed(server_key, page[6], statement), "pull-reply", "the checkpoint is not signed")
    check(is_signed(server_key, message["checkpoint-proof"][3], statement), "checkpoint-proof", "is not signed")
    check(statement == vectors["statement-checkpoint"][1], "statement-checkpoint", "is another")

    last = headers(page[3][0])[-1][0]
    for name, (layer, replica, receipt) in (
            ("receipts-reply", message["receipts-reply"][1][0]), ("bundle", message["bundle"][8][0])):
        statement = canonical(
            ["variorum receipt 1", server, layer, replica, receipt[0], sha256(last), receipt[1]])
        check(is_signed(server_key, receipt[2], statement), name, "the receipt is not signed")
        check(statement == vectors["statement-receipt"][1], "statement-receipt", "is another")
    result = message["push-reply"][1][0]
    check(result[12:] == message["receipts-reply"][1][0][2][1:], "push-reply", "the receipt is another")
    check(message["bundle"][7] == [server, server_key], "bundle", "the server is another")

    head, signature, checkpoint = message["snapshot-reply"][2:5]
    statement = canonical(["variorum snapshot 1", server, sha256(canonical(head))])
    check(is_signed(server_key, signature, statement), "snapshot-reply", "the head is not signed")
    check(statement == vectors["statement-snapshot"][1], "statement-snapshot", "is another")
    statement = canonical(["variorum feed 1", server, head[0], head[1], head[2], head[3]])
    check(is_signed(server_key, checkpoint, statement), "snapshot-reply", "the checkpoint is not signed")
    pieces = message["snapshot-reply"][6]
    check(head[6] == [sha256(piece) for piece in pieces], "snapshot-reply", "a piece has another hash")
    # A zstd frame of one raw block: 10 bytes of heads.
    check(pieces[0][10:] == vectors["snapshot-piece"][1], "snapshot-piece", "is not what the reply has")
    check(head[5] == len(message["snapshot-piece"]), "snapshot-reply", "it has another number of records")
    check(head[2] == sum(chain[1] for chain in head[4]), "snapshot-reply", "its chains stand elsewhere")

    for chain in message["vector-reply"][3]:
        last = [headers(segment)[-1][0] for segment in page[3] if segment[1] == chain[0]]
        check(chain[2] == sha256(last[0]), "vector-reply", "a chain's head is another")


def main():
    vectors = read_vectors()
    check(vectors, "schema/wire/vectors", "there are no vectors")
    by_file = {name: rules([name] + needed) for name, needed in FILES_NEEDED.items()}
    by_file["all files"] = rules(sorted(FILES_NEEDED))
    check_forms(vectors, by_file)
    check_changes(vectors)
    check_messages(vectors)
    unused = {"header", "payload", "segment", "record-state", "bundle"} - {facts["rule"] for facts, _ in vectors.values()}
    check(not unused, "schema/wire/vectors", f"no vector shows {unused}")
    for fault in faults:
        print(f"vectors: {fault}", file=sys.stderr)
    print(f"vectors: {len(vectors)} vectors, {checks} checks, {len(faults)} faults")
    sys.exit(1 if faults else 0)


main()
