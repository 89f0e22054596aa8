"""For scripts/openapi: what schemathesis sends as a message of the wire format.

The requests of schema/wire/vectors about the server's own workspace, also with some bytes changed, and any bytes at all.
"""

import glob
import os

import schemathesis
from hypothesis import strategies


# The workspace of the vectors.
EXAMPLE_WORKSPACE = bytes([0x60, *range(1, 16)])


def requests():
    workspace = bytes.fromhex(os.environ["OPENAPI_WORKSPACE"])
    for name in ("*request*", "*proof*"):
        for path in sorted(glob.glob(os.path.join(os.environ["OPENAPI_VECTORS"], name))):
            with open(path, encoding="ascii") as file:
                message = bytes.fromhex("".join(line.strip() for line in file if not line.startswith("#")))
            yield message.replace(EXAMPLE_WORKSPACE, workspace)


REQUESTS = list(requests())


@strategies.composite
def changed(draw):
    message = bytearray(draw(strategies.sampled_from(REQUESTS)))
    for _ in range(draw(strategies.integers(1, 4))):
        message[draw(strategies.integers(0, len(message) - 1))] = draw(strategies.integers(0, 255))
    return bytes(message)


schemathesis.openapi.media_type(
    "application/cbor", strategies.sampled_from(REQUESTS) | changed() | strategies.binary(max_size=300))
