"""What a worker publishes: one type for each of the contract's envelopes.

They are plain dictionaries with checked keys. Everything that is not Required
may be left out.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Required, TypedDict, Union

Format = Literal["markdown", "plain"]


class Media(TypedDict, total=False):
    """A file: its bytes as data, an address as url, or a blob's id; one of them."""

    filename: str
    mimetype: str
    size: int
    data: bytes
    url: str
    blob: str


class Button(TypedDict, total=False):
    """A label or an emoji; and a custom_id, which comes back, or a url."""

    label: str
    custom_id: str
    url: str
    emoji: str
    style: str


View = Union[Sequence[Button], Sequence[Sequence[Button]]]


class _Envelope(TypedDict, total=False):
    """What every envelope may have. Times are unix seconds, on Redis' clock."""

    requires: Sequence[str]
    platform: str
    on_conflict: Literal["keep_first", "dead"]
    on_unknown: Literal["resend", "park"]
    not_before: float
    expires_at: float
    receipt_to: str
    trace_id: str
    traceparent: str
    native: Mapping[str, Any]
    message_key: str


class _Addressed(_Envelope, total=False):
    channel_id: Required[str]
    thread_id: str


class _Answer(_Addressed, total=False):
    reply_to: str
    silent: bool
    mentions: Literal["none", "listed", "all"]
    interaction_id: str
    ephemeral: bool
    format: Format


class MessageEnvelope(_Answer, total=False):
    """Has one at least of text, attachments, view and native."""

    type: Required[Literal["message"]]
    text: str
    attachments: Sequence[Media]
    view: View


class FileEnvelope(_Answer, total=False):
    """Has one of data, url and blob."""

    type: Required[Literal["file"]]
    filename: str
    mimetype: str
    size: int
    data: bytes
    url: str
    blob: str
    caption: str
    view: View


class ButtonsEnvelope(_Answer, total=False):
    type: Required[Literal["buttons"]]
    view: Required[View]
    text: str


class EditEnvelope(_Addressed, total=False):
    """Has a message_id or a target_key; and a text or a view."""

    type: Required[Literal["edit"]]
    message_id: str
    target_key: str
    text: str
    format: Format
    view: View


class DeleteEnvelope(_Addressed, total=False):
    """Has a message_id or a target_key."""

    type: Required[Literal["delete"]]
    message_id: str
    target_key: str


class ReactionEnvelope(_Addressed, total=False):
    """Has a message_id or a target_key."""

    type: Required[Literal["reaction"]]
    emoji: Required[str]
    message_id: str
    target_key: str
    remove: bool


class TypingEnvelope(_Addressed, total=False):
    """ttl is in seconds, at most 120."""

    type: Required[Literal["typing"]]
    active: bool
    ttl: float


class PresenceEnvelope(_Envelope, total=False):
    type: Required[Literal["presence"]]
    status: Required[Literal["online", "idle", "dnd", "offline"]]
    activity: str


class StreamEnvelope(_Addressed, total=False):
    """One snapshot of a message that grows: text is all of it so far."""

    type: Required[Literal["stream"]]
    stream_id: Required[str]
    seq: Required[int]
    text: str
    final: bool
    format: Format
    reply_to: str
    view: View


class RpcEnvelope(_Envelope, total=False):
    """Client.call builds it, and waits for the reply."""

    type: Required[Literal["rpc"]]
    request_id: Required[str]
    method: Required[str]
    reply_queue: Required[str]
    params: Mapping[str, Any]
    timeout_ms: int
    deadline: float


Envelope = Union[
    MessageEnvelope,
    FileEnvelope,
    ButtonsEnvelope,
    EditEnvelope,
    DeleteEnvelope,
    ReactionEnvelope,
    TypingEnvelope,
    PresenceEnvelope,
    StreamEnvelope,
    RpcEnvelope,
]
