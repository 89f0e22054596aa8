"""Inputs to begin with: made from the wire vectors and by hand, in the form that each target takes."""

import hashlib
import os
import struct

# In the order of `messageTypes` in Tests/FuzzTargets/Targets/MessagesTarget.swift.
MESSAGES = [
    "segment", "push-request", "pull-reply", "push-reply", "heads", "pull-request", "connect-request", "connect-reply",
    "heads-request", "vector-request", "vector-reply", "checkpoint-proof", "checkpoint-reply", "bundle",
    "receipts-request", "receipts-reply"]


def vectors(root):
    """The bytes of each wire vector by name."""
    result = {}
    folder = os.path.join(root, "schema", "wire", "vectors")
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name), encoding="ascii") as file:
            digits = "".join(line.strip() for line in file if not line.startswith("#"))
        result[name.removesuffix(".hex")] = bytes.fromhex(digits)
    return result


def zstd_raw(content):
    """A zstd frame of raw blocks (RFC 8878), without any library for it."""
    frame = b"\x28\xb5\x2f\xfd" + bytes([0xA0]) + struct.pack("<I", len(content))
    blocks = [content[at:at + 65536] for at in range(0, len(content), 65536)] or [b""]
    for place, block in enumerate(blocks):
        frame += struct.pack("<I", len(block) << 3 | (place == len(blocks) - 1))[:3] + block
    return frame


REQUESTS = [
    "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "POST /v1/push HTTP/1.1\r\nHost: example.org:8642\r\nAuthorization: Bearer vrm_1\r\nContent-Encoding: zstd\r\n"
    "Accept-Encoding: zstd\r\nContent-Length: 4\r\n\r\nabcdGET /v1/heads?a=%20+&b HTTP/1.1\r\nHost: [::1]\r\n\r\n",
    "\r\nOPTIONS * HTTP/1.1\r\nHost:\r\nConnection: keep-alive, close\r\n\r\n",
    "GET http://example.org/a%2Fb//?q=%C3%A9 HTTP/1.0\r\nX-Note: \ta \u00e9 \r\n\r\n",
    "PUT /a HTTP/1.1\r\nhost: x\r\nExpect: 100-continue\r\nContent-Length: 18446744073709551617\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nContent-Length: 4\r\n\r\nabcd",
    "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n0\r\n\r\n",
    "GET / HTTP/2.0\r\nHost: x\r\n\r\n", "GET / HTTP/1.1\r\nX : a\r\n b\r\n\r\n", "GET  / HTTP/1.1\nHost: x\n\n",
    "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\nrest",
    "HEAD /%zz HTTP/1.1\r\nHost: x\r\nX:\r\n\r\nDELETE /%41 HTTP/1.1\r\nHost: x\r\n\r\n",
]

STREAMS = [
    "data: a\n\n", "data:a\r\rdata: b\r\n\r\n", "event: t\ndata: a\ndata:\ndata:  b\n\ndata: c\n\n",
    "id: 1\nretry: 10\ndata: a\n\nid\ndata: c\n\n", ": comment\n\n:\n\n", "\ufeffdata\n\n", "id: 1\0\nretry: 99999999999999999999\n",
]

HEADS = [
    "HTTP/1.1 200 OK\r\nContent-Type: application/cbor\r\n\r\nTrailer: a\r\n",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 503 \r\nRetry-After: 5\r\n\r\n", "HTTP/2 204\r\n\r\n", "HTTP/1.1 99999999999999999999\n\n",
]

TEXTS = [
    "The ministry denied the report.\nThe ministry confirmed it.\n", "\ufeff\ufeffa\r\nb\rc\n\n", "e\u0301a e\u0301 \u00e9",
    "\U0001F1EC\U0001F1EA\U0001F468\u200D\U0001F469\u200D\U0001F467 a\u0300\u0301\u0302", "aaaaaaaaaaaaaaaaaaaaaaaa",
    "\u201cfirm support\u201d \u2014 it said\u00a0so\u2028 \u00abno\u00bb", "\u05e9\u05dc\u05d5\u05dd \u200f\u202e\u2066 \u10e5\u10d0\u10e0\u10d7\u10d8",
    "a" * 1023 + "\u0301" * 700 + "b\n" * 40,
]

SELECTORS = [
    ("The ministry denied the report. The ministry confirmed it.", "ministry", "The ", " denied", "ministry denied", 4, 8),
    ("The ministry denied the report. The ministry confirmed it.", "ministry", "The ", " conf", "the  report", 9, 8),
    ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "aa", "aa", "aa", "a", 3, 2), ("abcabcabcabcabx", "abcabx", "abc", "", "abc", 200, 7),
    ("e\u0301 e", "e", "", "", "e\u0301", 0, 1), ("\u201cfirm\u201d support", "firm", "\u201c", "\u201d", "\"firm\" support", 1, 4),
    ("ab\r\nab", "ab", "\n", "", "ab ab", 250, 250), ("", "", "", "", " ", 0, 0),
]

VALUES = [
    "00", "1817", "1818", "1901ff", "1a00010000", "1b7fffffffffffffff", "1bffffffffffffffff", "20", "3b7fffffffffffffff", "40",
    "5001020304050607080910111213141516", "63e283bb", "62c3a9", "80", "8301820203f6", "f4", "f5", "f6", "f7", "f93c00", "fb3ff199999999999a",
    "a201020304", "c101", "d8184100", "81" * 15 + "00", "81" * 20 + "00", "5f41004101ff", "9f01ff", "820019ffff", "6161f7", "e0", "ff", "9b7fffffffffffffff"]


COMMANDS = [
    "status", "status --json", "documents", "read 1", "read 1 --annotations", "list", "search ministry -n 5", "log --json",
    "annotate 1 --quote ministry --occurrence 2 --note n --tag t --code c --create", "annotate 1 --start 0 --end 5",
    "annotate 1 --start 9223372036854775806 --end 9223372036854775807", "code add x --parent support", "code list",
    "entity add Ministry --type organisation", "statement list", "memo add -", "edit m1 --set title=a", "undo", "check",
    "rebuild", "conflicts", "resolve", "refused", "export -f jsonld", "export --format csv -o out.csv", "bundle write b",
    "import - --title A", "delete 1", "restore 1", "help annotate", "--help", "bundle read b", "comment add 1 hello",
    "annotate 1 --quote=denied --confidence 101", "serve -l [::1]:0 --grace 5", "user add", "member add -d data Treaty"]

MARK = (
    "variorum incarnation 1\n000102030405060708090a0b0c0d0e0f\ninode 42\nmachine abc\n"
    "pushed a0010203040506070809a0b0c0d0e0f0 11010203040506070809a0b0c0d0e0f0 7\n")
FILES = [
    (0, MARK), (0, MARK + "pushed a0"), (0, MARK.replace("7", "18446744073709551615")), (0, "variorum incarnation 2\n"), (0, ""),
    (0, MARK.replace("42", "-1")), (1, "00" * 32 + "\n"), (1, "zz" * 32), (1, ""), (2, "vrm_abc\n"), (2, "\u0000\n\n")]


CONFIGURATIONS = [
    "# a comment\nlisten = 127.0.0.1:0\n", "[limits]\nconnections = 5 # few\n", 'address-file = "a # \\"b\\" \\\\"\n',
    "[tls]\r\ncertificate = c\r\nkey = k\r\n", "metrics = [::1]:9\nlog.format = json\nlog.level=debug\n",
    "limits.body-bytes = 1048576\nlimits.body-bytes = 2\n", "[limit]\na = 1\nlistn = 1\n", "grace-seconds = 3601\nhttp.send-date = maybe\n"]


# The first byte says which format: even is REFI-QDA, odd is CSV.
CODEBOOKS = [
    (0, '<CodeBook xmlns="urn:QDA-XML:codebook:1.0"><Codes><Code guid="0a1b2c3d-0000-4000-8000-0123456789ab" name="a" '
        'color="#F0a" isCodable="true"><Description>d</Description></Code></Codes></CodeBook>'),
    (1, 'name,parent,definition\nlegal,framing,"d, ""q"""\nframing,,\n'),
]


def choices(name, length):
    """Bytes from which a target makes something, the same every time."""
    return hashlib.shake_256(name.encode()).digest(length)


def seeds(root):
    """By target, inputs by name."""
    wire = vectors(root)
    result = {target: {} for target in (
        "payload", "messages", "record-state", "cbor", "selector", "text", "http-request", "http-client", "change", "bundle",
        "server", "sync-client", "command-line", "small-files", "configuration", "codebook")}
    for target in ("change", "bundle", "server", "sync-client"):
        for number, length in enumerate((16, 32, 64, 128, 192, 256, 384, 512, 768, 1024)):
            result[target][f"choices-{number}"] = choices(f"{target} {number}", length)
    result["bundle"]["vector"] = b"\0" + wire["bundle"]
    result["bundle"]["vector-zstd"] = b"\0" + zstd_raw(wire["bundle"])
    for number, command in enumerate(COMMANDS):
        # Store, columns, data folder, standard input; then the words.
        server = command.split()[0] in ("serve", "user", "member")
        parts = ["", "80", "", "some text\n", *command.split(" ")]
        result["command-line"][f"command-{number}"] = bytes([0 if server else 1]) + b"\xff".join(part.encode() for part in parts)
    for number, content in enumerate(CONFIGURATIONS):
        result["configuration"][f"file-{number}"] = content.encode()
    for number, (kind, content) in enumerate(FILES):
        result["small-files"][f"file-{number}"] = bytes([kind]) + content.encode()
    for number, (kind, content) in enumerate(CODEBOOKS):
        result["codebook"][f"file-{number}"] = bytes([kind]) + content.encode()
    for name, content in wire.items():
        result["cbor"][name] = content
        if name.startswith("payload"):
            result["payload"][name] = content
        if name.startswith("state-"):
            result["record-state"][name] = b"\0" + content
        for number, message in enumerate(MESSAGES):
            if name == message or (name.startswith(message + "-") and f"{message}-request" not in name):
                result["messages"][name] = bytes([number]) + content
                # 0x80 is no multiple of the number of types.
                compressed = next(byte for byte in range(0x80, 0x100) if (byte & 0x7F) % len(MESSAGES) == number)
                result["messages"][name + "-zstd"] = bytes([compressed]) + zstd_raw(content)
    awaited = bytes.fromhex("83") + b"\x50" + bytes(range(16)) + b"\x05\x00"
    result["record-state"]["awaited"] = bytes([len(awaited)]) + awaited + wire["state-annotation"]
    for number, digits in enumerate(VALUES):
        result["cbor"][f"value-{number}"] = bytes.fromhex(digits)
    for number, request in enumerate(REQUESTS):
        result["http-request"][f"request-{number}"] = bytes([number * 7]) + request.encode("latin-1", "replace")
    for kind, items in enumerate((STREAMS, HEADS)):
        for number, item in enumerate(items):
            result["http-client"][f"{('stream', 'head')[kind]}-{number}"] = bytes([number * 3 + kind]) + item.encode()
    for number, (wait, body) in enumerate((("5", '{"message": "later"}'), ("", ""), ("-99999999999999999999", "{"))):
        result["http-client"][f"refusal-{number}"] = bytes([2, number * 100]) + wait.encode() + b"\xff" + body.encode()
    for number, text in enumerate(TEXTS):
        result["text"][f"text-{number}"] = text.encode()
    for name in ("tskhinvali-treaty.txt", "gantskhadeba.txt", "briefing.md"):
        with open(os.path.join(root, "Tests", "Fixtures", name), "rb") as file:
            result["text"][name] = file.read()
    for number, (*texts, start, length) in enumerate(SELECTORS):
        result["selector"][f"selector-{number}"] = b"".join(text.encode() + b"\xff" for text in texts) + bytes([start, length])
    return result
