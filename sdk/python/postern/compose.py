"""Envelopes to an address, such as an event's."""

from typing import Literal, TypeVar

from .envelope import (
    DeleteEnvelope,
    EditEnvelope,
    Media,
    MessageEnvelope,
    PresenceEnvelope,
    ReactionEnvelope,
    StreamEnvelope,
    TypingEnvelope,
)
from .event import Address

E = TypeVar(
    "E",
    DeleteEnvelope,
    EditEnvelope,
    MessageEnvelope,
    ReactionEnvelope,
    StreamEnvelope,
    TypingEnvelope,
)


def addressed(to: Address, envelope: E) -> E:
    """The envelope with the address' platform, channel and thread."""
    envelope["platform"] = to["platform"]
    envelope["channel_id"] = to["channel_id"]
    if "thread_id" in to:
        envelope["thread_id"] = to["thread_id"]
    return envelope


def text(to: Address, text: str) -> MessageEnvelope:
    """A message of CommonMark."""
    envelope: MessageEnvelope = {"type": "message", "channel_id": to["channel_id"], "text": text}
    return addressed(to, envelope)


def file(to: Address, file: Media, caption: str = "") -> MessageEnvelope:
    """A message with one medium: its data, its url or its blob."""
    envelope: MessageEnvelope = {"type": "message", "channel_id": to["channel_id"], "attachments": [file]}
    if caption:
        envelope["text"] = caption
    return addressed(to, envelope)


def edit(to: Address, message_id: str, text: str) -> EditEnvelope:
    """Gives a message another text. For one that a worker sent itself, set
    target_key to its message_key instead of message_id."""
    envelope: EditEnvelope = {"type": "edit", "channel_id": to["channel_id"], "text": text}
    if message_id:
        envelope["message_id"] = message_id
    return addressed(to, envelope)


def delete(to: Address, message_id: str) -> DeleteEnvelope:
    """Deletes a message."""
    envelope: DeleteEnvelope = {"type": "delete", "channel_id": to["channel_id"], "message_id": message_id}
    return addressed(to, envelope)


def react(to: Address, message_id: str, emoji: str) -> ReactionEnvelope:
    """Puts an emoji on a message."""
    envelope: ReactionEnvelope = {
        "type": "reaction", "channel_id": to["channel_id"], "message_id": message_id, "emoji": emoji,
    }
    return addressed(to, envelope)


def typing(to: Address) -> TypingEnvelope:
    """Shows that somebody types, until the next visible message or for ten
    seconds."""
    envelope: TypingEnvelope = {"type": "typing", "channel_id": to["channel_id"]}
    return addressed(to, envelope)


def presence(
    platform: str, status: Literal["online", "idle", "dnd", "offline"], activity: str = ""
) -> PresenceEnvelope:
    """Shows a platform's users how the bot is, and what it does."""
    envelope: PresenceEnvelope = {"type": "presence", "platform": platform, "status": status}
    if activity:
        envelope["activity"] = activity
    return envelope
