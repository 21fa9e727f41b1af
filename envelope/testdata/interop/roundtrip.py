"""Reads each golden file as a Python worker would, and writes it back.

    roundtrip.py DIRECTORY

Every NAME.msgpack and NAME.json must come back byte for byte, and both must
hold the same, bytes being base64 in JSON. Prints how many pairs did; exits 1
at the first that does not.
"""

import base64
import json
import pathlib
import sys

import msgpack


def as_json(value):
    """The MessagePack value as JSON would have it."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, dict):
        return {key: as_json(member) for key, member in value.items()}
    if isinstance(value, list):
        return [as_json(member) for member in value]
    return value


def check(packed_file):
    packed = packed_file.read_bytes()
    value = msgpack.unpackb(packed, raw=False)
    if msgpack.packb(value, use_bin_type=True) != packed:
        sys.exit(f"{packed_file.name}: Python writes other bytes back")

    json_file = packed_file.with_suffix(".json")
    text = json_file.read_bytes()
    document = json.loads(text)
    written = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    if written.encode() != text:
        sys.exit(f"{json_file.name}: Python writes other bytes back")

    if as_json(value) != document:
        sys.exit(f"{packed_file.stem}: MessagePack and JSON hold different values")


def main():
    files = sorted(pathlib.Path(sys.argv[1]).glob("*.msgpack"))
    for file in files:
        check(file)
    print(len(files))


main()
