"""Workers for Postern: talk to chat platforms through Redis Streams."""

from .client import Client
from .envelope import (
    Button,
    Buttons,
    Delete,
    Edit,
    Envelope,
    File,
    Media,
    Message,
    Presence,
    Reaction,
    Rpc,
    Stream,
    Typing,
    View,
)
from .errors import BacklogFull, CallFailed, NoAnswer, PosternError
from .event import Address, Attachment, Event, Mention
from .names import Names, beside
from .receipt import Code, Fault, Receipt, Reply

__all__ = [
    "Address",
    "Attachment",
    "BacklogFull",
    "Button",
    "Buttons",
    "CallFailed",
    "Client",
    "Code",
    "Delete",
    "Edit",
    "Envelope",
    "Event",
    "Fault",
    "File",
    "Media",
    "Mention",
    "Message",
    "Names",
    "NoAnswer",
    "PosternError",
    "Presence",
    "Reaction",
    "Receipt",
    "Reply",
    "Rpc",
    "Stream",
    "Typing",
    "View",
    "beside",
]
