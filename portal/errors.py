"""Refusals: a message id and its facts, never a finished sentence."""


class Refused(Exception):
    """Something a person asked for and does not get.

    `message_id` is looked up in the catalogues as `refused.<message_id>`; `facts` fill its placeholders.
    Nothing was written: the transaction that saw it rolls back.
    """

    def __init__(self, message_id: str, **facts: object) -> None:
        super().__init__(message_id)
        self.message_id = message_id
        self.facts = facts


class Forbidden(Refused):
    """The right is missing. Also raised for a private thing that exists, so that guessing ids tells nothing."""

    def __init__(self, message_id: str = "forbidden", **facts: object) -> None:
        super().__init__(message_id, **facts)


class NotFound(Refused):
    """No such thing, or none this person may know of."""

    def __init__(self, message_id: str = "not_found", **facts: object) -> None:
        super().__init__(message_id, **facts)


class TooLate(Refused):
    """Somebody else was faster: the thing is no longer in a state from which the act starts."""

    def __init__(self, message_id: str = "too_late", **facts: object) -> None:
        super().__init__(message_id, **facts)
