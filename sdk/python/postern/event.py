"""What happened on a platform, as a worker receives it."""

from typing import Any, Literal, NotRequired, Required, TypedDict


class Address(TypedDict):
    """Where an answer goes: copy it into an envelope."""

    platform: str
    channel_id: str
    thread_id: NotRequired[str]


class Mention(TypedDict):
    id: str
    name: NotRequired[str]


class Attachment(TypedDict, total=False):
    """A received file; it lies in the gateway's media store as blob."""

    filename: str
    mimetype: str
    size: int
    blob: str
    url: str


class Event(TypedDict, total=False):
    """One event. Times are unix seconds: timestamp is the platform's, enqueued_at
    the gateway's. `event` says which of the fields after trace_id there are."""

    event: Required[
        Literal[
            "message", "edit", "delete", "reaction", "button", "command", "member", "status"
        ]
    ]
    platform: Required[str]
    address: Required[Address]
    outbound_stream: Required[str]
    channel_key: Required[str]
    channel_id: Required[str]
    thread_id: str
    room_name: str
    guild_id: str
    is_dm: Required[bool]
    user_id: Required[str]
    username: str
    display_name: str
    is_bot: Required[bool]
    event_id: Required[str]
    message_id: str
    timestamp: Required[float]
    enqueued_at: Required[float]
    trace_id: Required[str]

    content: str
    mentions: list[Mention]
    attachments: list[Attachment]
    reply_to: str
    is_addressed: bool
    raw: dict[str, Any]
    emoji: str
    removed: bool
    custom_id: str
    command: str
    arguments: dict[str, Any]
    interaction_id: str
    member: Literal["joined", "left"]
    target_user: str
    state: Literal["connected", "disconnected", "auth_failed", "paused", "resumed"]
