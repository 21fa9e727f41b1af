"""What can go wrong between a worker and its gateway."""

from .receipt import Fault


class PosternError(Exception):
    """Every error of this package, but for ValueError and those of redis."""


class BacklogFull(PosternError):
    """The platform has as much waiting as the gateway's delivery.backlog_cap
    allows. Nothing was published: try again later, or drop it."""

    def __init__(self, platform: str, waiting: int, cap: int) -> None:
        super().__init__(
            f"{platform} has {waiting} envelopes waiting and takes {cap} at most: "
            "nothing was published, try again later"
        )
        self.platform = platform
        self.waiting = waiting
        self.cap = cap


class NoAnswer(PosternError):
    """No receipt or reply came in time. The entry is published all the same,
    and still ends in one of its ways."""

    def __init__(self, what: str, platform: str, entry_id: str, seconds: float) -> None:
        super().__init__(
            f"no {what} within {seconds:g} s for entry {entry_id} of {platform}: "
            'is a gateway running for it? see "postern status"'
        )
        self.platform = platform
        self.entry_id = entry_id


class CallFailed(PosternError):
    """An RPC was answered with an error; fault is what the gateway says."""

    def __init__(self, method: str, fault: Fault) -> None:
        where = f"{fault['field']}: " if "field" in fault else ""
        super().__init__(f"{method}: {fault['code']}: {where}{fault['message']}")
        self.method = method
        self.fault = fault
