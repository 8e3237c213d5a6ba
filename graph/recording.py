"""The mutation recordConversions: events as clients send them, and what became of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, cast

import strawberry
from strawberry.types.arguments import InputContext
from strawberry.types.base import get_object_definition

from db import entity
from db.conversions.event import BadEvent
from db.conversions.recording import Recorded
from db.level import Platform
from graph.field import batched
from graph.scalars import Amount, Properties
from graph.selection import Selection
from resolvers import global_id, recording
from resolvers.context import Request
from resolvers.conversion_group import EventSource
from resolvers.recording import EventKind, EventOutcome, TouchKind

# An event in the fields that imports have.
Fields = dict[str, Any]


@strawberry.input(description="Somebody clicked or saw an ad before a conversion.")
class TouchInput:
    platform: Platform = strawberry.field(description="Whose ad it is.")
    ad: str | None = strawberry.field(
        default=None,
        description="Needed. The platform's id of the ad. A touch of an ad that the project does not have is kept, and "
        "takes part once that ad is imported.",
    )
    kind: TouchKind = strawberry.field(description="What happened.")
    at: str | None = strawberry.field(
        default=None, description="Needed. When, in RFC 3339 with an offset; not after the event."
    )


@strawberry.input(
    description="A conversion or a refund as one source tells it. What is wrong with it is answered for it alone."
)
class ConversionEventInput:
    event_id: str | None = strawberry.field(
        default=None,
        description="Needed, at most 200 characters. Events of a project with the same name and id are the same "
        "conversion, whoever sends them.",
    )
    event_name: str | None = strawberry.field(
        default=None, description="Needed, at most 200 characters, such as `purchase_success`."
    )
    kind: EventKind = strawberry.field(default=EventKind.CONVERSION, description="What it tells.")
    source: EventSource | None = strawberry.field(
        default=None,
        description="Needed. Who tells it: where several sources tell of one conversion, the SDK is believed first, "
        "then the conversion API, then the platform.",
    )
    occurred_at: str | None = strawberry.field(
        default=None,
        description="Needed. When, in RFC 3339 with an offset: `2026-01-31T14:45:00+01:00`; not more than a day ahead.",
    )
    transaction_id: str | None = strawberry.field(
        default=None,
        description="The charge's id, one per charge. Events with the same name and transaction are the same "
        "conversion, too.",
    )
    refund_of: str | None = strawberry.field(
        default=None,
        description="Of a refund, where it is needed: the event id or the transaction id of its purchase, which may "
        "come later.",
    )
    app_id: str | None = strawberry.field(default=None, description="The app, at most 200 characters.")
    platform: str | None = strawberry.field(
        default=None, description="What the app runs on, as sent: `ios`, `android`, `web` …"
    )
    user_id: str | None = strawberry.field(
        default=None, description="Who; without one it counts, but not among unique users."
    )
    revenue_amount: Amount | None = strawberry.field(
        default=None, description="What it is worth, or what a refund gives back, in units of the currency."
    )
    price_amount: Amount | None = strawberry.field(
        default=None, description="The same, where there is no `revenueAmount`. Without it `properties.value` counts."
    )
    currency: str | None = strawberry.field(
        default=None,
        description="The value's ISO 4217 code. Default: the project's `reportingCurrency` as it is now; without one "
        "an event with a value is rejected.",
    )
    touches: list[TouchInput] | None = strawberry.field(
        default=None, description="The touches that are known, at most 100, in any order."
    )
    properties: Properties | None = strawberry.field(
        default=None, description="Anything else, kept as it is; at most 8,192 characters."
    )


def _named(field: str) -> str:
    first, *rest = field.split("_")
    return first + "".join(word.capitalize() for word in rest)


_EVENT = get_object_definition(ConversionEventInput, strict=True)
# The fields of an event as imports name them, and as this schema does.
_FIELDS = [(field.python_name, _named(field.python_name)) for field in _EVENT.fields]


def _as_fields(_type: type, given: Mapping[str, Any], _context: InputContext) -> Fields:
    """An event, in which everything is of its type, in the fields that imports have."""
    fields = {name: given.get(named) for name, named in _FIELDS}
    fields["kind"] = given["kind"].value
    if source := fields["source"]:
        fields["source"] = source.value
    if touches := fields["touches"]:
        fields["touches"] = [
            {"platform": touch["platform"].value, "ad": touch.get("ad"), "kind": touch["kind"].value,
             "at": touch.get("at")}
            for touch in touches
        ]  # fmt: skip
    return fields


# Strawberry would make objects of events and touches, in more time than everything else that is done with them takes.
_EVENT.from_input = _as_fields


@strawberry.input(description="The events to record.")
class RecordConversionsInput:
    project_id: strawberry.ID = strawberry.field(description="The project that they are of.")
    events: list[ConversionEventInput] = strawberry.field(description="At most 1,000 events, in any order.")


@strawberry.type(description="What became of one event.")
class RecordedEvent:
    event_id: str | None = strawberry.field(description="The event's id, as it was sent.")
    outcome: EventOutcome = strawberry.field(description="Whether it was taken.")
    code: str | None = strawberry.field(description="Why it was rejected, as a code: `VALIDATION`.")
    field: str | None = strawberry.field(description="What was wrong with it: the field, as this schema names it.")
    message: str | None = strawberry.field(description="The same in words.")


@strawberry.type(description="What became of the events of one call.")
class RecordedConversions:
    accepted: int = strawberry.field(description="How many told of something new.")
    duplicates: int = strawberry.field(description="How many told of what was known.")
    rejected: int = strawberry.field(description="How many could not be taken.")
    unknown_ads: int = strawberry.field(
        description="Of how many touches, among those of events that said something new, the project does not have the "
        "ad. They are kept, and take part once it is imported."
    )
    events: list[RecordedEvent] = strawberry.field(description="Each event, in the order in which they were sent.")


def _told(event: Fields, answer: bool | BadEvent) -> RecordedEvent:  # noqa: FBT001  # an answer
    event_id = event["event_id"]
    if isinstance(answer, BadEvent):
        field = _named(answer.field)
        return RecordedEvent(
            event_id=event_id, outcome=EventOutcome.REJECTED, code="VALIDATION", field=field,
            message=f"`{field}` {answer.reason}.",
        )  # fmt: skip
    outcome = EventOutcome.ACCEPTED if answer else EventOutcome.DUPLICATE
    return RecordedEvent(event_id=event_id, outcome=outcome, code=None, field=None, message=None)


def _answer(events: Sequence[Fields], recorded: Recorded) -> RecordedConversions:
    told = list(map(_told, events, recorded.answers))
    return RecordedConversions(
        accepted=sum(answer is True for answer in recorded.answers),
        duplicates=sum(answer is False for answer in recorded.answers),
        rejected=sum(isinstance(answer, BadEvent) for answer in recorded.answers),
        unknown_ads=recorded.strange_touches,
        events=told,
    )


async def _record_conversions(
    request: Request, _selection: Selection, roots: Sequence[object],
    given: Annotated[RecordConversionsInput, strawberry.argument(name="input", description="What to record.")],
) -> list[RecordedConversions]:  # fmt: skip
    project_id = global_id.parse_as(entity.PROJECT, given.project_id, "input.projectId")
    events = cast("list[Fields]", given.events)
    recorded = await recording.record(request, project_id, events)
    return [_answer(events, recorded)] * len(roots)


record_conversions: Any = batched(
    _record_conversions,
    RecordedConversions | None,
    "Records conversions and refunds of a project, and answers for each event. To send one again changes nothing. What "
    "is answered is kept: it is in every number from then on.",
)
