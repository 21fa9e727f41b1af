"""Envelopes as bytes: written as MessagePack, read as that or as JSON."""

import json
from collections.abc import Mapping
from typing import Any

import msgpack

_WHITE_SPACE = b" \t\r\n"


def encode(envelope: Mapping[str, Any]) -> bytes:
    """One envelope as a MessagePack map."""
    packed: bytes = msgpack.packb(dict(envelope), use_bin_type=True)
    return packed


def decode(data: bytes) -> Any:
    """What a gateway wrote. Raises ValueError if it is neither format."""
    if data.lstrip(_WHITE_SPACE)[:1] == b"{":
        return json.loads(data)
    return msgpack.unpackb(data, raw=False)
