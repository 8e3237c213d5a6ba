"""Recording conversions: the events of one call taken, each on its own, and what was read before forgotten."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum

from db.conversions import recording
from db.conversions.recording import Recorded
from resolvers.context import Request


class TouchKind(Enum):
    """What somebody did with an ad."""

    CLICK = "CLICK"
    VIEW = "VIEW"


class EventKind(Enum):
    """What an event tells."""

    CONVERSION = "CONVERSION"
    REFUND = "REFUND"


class EventOutcome(Enum):
    """What became of an event."""

    ACCEPTED = "ACCEPTED"
    DUPLICATE = "DUPLICATE"
    REJECTED = "REJECTED"


async def record(request: Request, project_id: int, events: Sequence[Mapping[str, object]]) -> Recorded:
    """Takes the events, in the fields that imports have; all of it is kept when this returns."""
    recorded = await recording.record(request.database, request.org_id, project_id, events, request.now)
    request.forget()
    return recorded
