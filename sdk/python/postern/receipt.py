"""How an envelope ended, and what an RPC was answered."""

from typing import Any, Literal, NotRequired, TypedDict

Code = Literal[
    "undecodable",
    "invalid",
    "unsupported",
    "not_found",
    "forbidden",
    "auth",
    "too_large",
    "rate_limited",
    "transient",
    "unavailable",
    "unknown",
    "conflict",
    "expired",
    "target_failed",
    "poison",
    "timeout",
    "tool_error",
    "catalog_stale",
    "interrupted",
    "unknown_method",
    "internal",
]


class Fault(TypedDict):
    """What went wrong. retry_after is in seconds."""

    code: Code
    message: str
    field: NotRequired[str]
    retry_after: NotRequired[float]


class Receipt(TypedDict):
    """message_ids has one id for each part, in order; at is unix seconds."""

    message_key: NotRequired[str]
    entry_id: str
    status: Literal["delivered", "duplicate", "superseded", "expired", "dead", "parked"]
    message_ids: list[str]
    possible_duplicate: bool
    attempts: int
    warnings: list[str]
    error: NotRequired[Fault]
    at: float


class Reply(TypedDict):
    request_id: str
    ok: bool
    result: NotRequired[Any]
    error: NotRequired[Fault]
