"""What can go wrong between a worker and its gateway."""

from .receipt import Fault, Receipt


class PosternError(Exception):
    """Every error of this package, but for ValueError and those of redis."""


class BacklogError(PosternError):
    """So much waits for a platform that nothing should be added, by the
    gateway's delivery.backlog_cap. Nothing was published."""

    def __init__(self, platform: str, waiting: int, cap: int, paused: bool) -> None:
        why = ", which is paused" if paused else ""
        cure = (
            f"an operator resumes it: postern resume {platform}"
            if paused
            else "publish again later, or raise delivery.backlog_cap in the gateway's config"
        )
        super().__init__(
            f"backlog: {waiting} envelopes wait for platform {platform!r}{why}, "
            f"its cap is {cap}: {cure}"
        )
        self.platform = platform
        self.waiting = waiting
        self.cap = cap
        self.paused = paused


class DeliveryError(PosternError):
    """A receipt of what did not reach the platform: it expired, is a dead letter,
    or parked."""

    def __init__(self, receipt: Receipt) -> None:
        why = f": {describe(receipt['error'])}" if "error" in receipt else ""
        super().__init__(f"entry {receipt['entry_id']} is {receipt['status']}{why}")
        self.receipt = receipt


class RPCError(PosternError):
    """A call that was answered with an error; fault is what the gateway says."""

    def __init__(self, platform: str, method: str, fault: Fault) -> None:
        super().__init__(f"call {method} on {platform!r}: {describe(fault)}")
        self.platform = platform
        self.method = method
        self.fault = fault


class NoAnswer(PosternError, TimeoutError):
    """No receipt or reply came in time. What was published is still the
    gateway's to deliver."""


class StreamEmpty(PosternError):
    """Nothing was written to a stream, so there is no message."""


class Permanent(PosternError):
    """For handlers to raise: trying again does not cure this. The event is a dead
    letter at once."""


def describe(fault: Fault) -> str:
    """The code, the field if one is at fault, and the message."""
    where = f"{fault['field']}: " if "field" in fault else ""
    return f"{fault['code']}: {where}{fault['message']}"
