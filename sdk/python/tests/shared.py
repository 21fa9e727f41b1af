"""What the tests of all three SDKs share: cases, golden envelopes, schemas."""

import json
import pathlib
from typing import Any

_HERE = pathlib.Path(__file__).resolve()
ROOT = _HERE.parents[3]
GOLDEN = ROOT / "envelope" / "testdata" / "golden"


def cases(name: str) -> Any:
    """One file of sdk/testdata."""
    return json.loads((ROOT / "sdk" / "testdata" / f"{name}.json").read_text())


def schema(name: str) -> Any:
    """One schema of envelope/schema."""
    return json.loads((ROOT / "envelope" / "schema" / f"{name}.schema.json").read_text())
