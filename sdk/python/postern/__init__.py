"""Workers for Postern: talk to chat platforms through Redis Streams.

    async with Client("redis://127.0.0.1:6379/0") as client:
        await client.receive(handler)
"""

from .client import DEFAULT_URL, Client
from .compose import delete, edit, file, presence, react, text, typing
from .envelope import (
    Button,
    ButtonsEnvelope,
    DeleteEnvelope,
    EditEnvelope,
    Envelope,
    FileEnvelope,
    Media,
    MessageEnvelope,
    PresenceEnvelope,
    ReactionEnvelope,
    RpcEnvelope,
    StreamEnvelope,
    TypingEnvelope,
    View,
)
from .errors import (
    BacklogError,
    DeliveryError,
    NoAnswer,
    Permanent,
    PosternError,
    RPCError,
    StreamEmpty,
)
from .event import Address, Attachment, Event, Mention
from .message import Message
from .names import Names, beside
from .options import ReceiveOptions, StreamOptions
from .platform import Platform
from .receipt import Code, Fault, Receipt, Reply
from .stream import Stream

__all__ = [
    "DEFAULT_URL",
    "Address",
    "Attachment",
    "BacklogError",
    "Button",
    "ButtonsEnvelope",
    "Client",
    "Code",
    "DeleteEnvelope",
    "DeliveryError",
    "EditEnvelope",
    "Envelope",
    "Event",
    "Fault",
    "FileEnvelope",
    "Media",
    "Mention",
    "Message",
    "MessageEnvelope",
    "Names",
    "NoAnswer",
    "Permanent",
    "Platform",
    "PosternError",
    "PresenceEnvelope",
    "RPCError",
    "ReactionEnvelope",
    "Receipt",
    "ReceiveOptions",
    "Reply",
    "RpcEnvelope",
    "Stream",
    "StreamEmpty",
    "StreamEnvelope",
    "StreamOptions",
    "TypingEnvelope",
    "View",
    "beside",
    "delete",
    "edit",
    "file",
    "presence",
    "react",
    "text",
    "typing",
]
