"""The Project type: what clients see of db.project.ProjectRow."""

from collections.abc import Sequence

import strawberry

from db import entity
from db.project import ProjectRow
from graph.ad import Ad
from graph.ad_account import AdAccount
from graph.ad_set import AdSet
from graph.campaign import Campaign
from graph.connection import Connection, children
from graph.conversion import conversions_field
from graph.conversion_event import conversion_events_field
from graph.data_import import Import
from graph.entity_list import EntityConnection, descendants
from graph.field import batched
from graph.node import Measurable, is_row_of
from graph.options import Attribution
from graph.performance import project_performance_field
from graph.scalars import CurrencyCode
from graph.selection import Selection
from resolvers import options
from resolvers.calendar import Weekday
from resolvers.context import Request
from resolvers.options import ConversionSource
from resolvers.window import project_scopes


async def _timezones(request: Request, _selection: Selection, rows: Sequence[ProjectRow]) -> list[str]:
    scopes = await request.load_all(project_scopes, (row.id for row in rows))
    return [scopes[row.id].timezone for row in rows]


def _event_names(_request: Request, _selection: Selection, rows: Sequence[ProjectRow]) -> list[list[str]]:
    return [row.conversion_events for row in rows]


def _attributions(_request: Request, _selection: Selection, rows: Sequence[ProjectRow]) -> list[options.Attribution]:
    return [options.attribution(row) for row in rows]


@strawberry.type(description="What one team advertises, over any number of ad accounts on any platform.")
class Project(Measurable):
    performance = project_performance_field
    timezone = batched(
        _timezones,
        str,
        "The IANA timezone that presets resolve in, for every node of the project: its own, else the one "
        "that all its ad accounts share, else UTC.",
        needs=(),
    )
    reporting_currency: CurrencyCode | None = strawberry.field(
        description="What money of several currencies is converted into; null while none is set: then it is not."
    )
    conversion_source: ConversionSource = strawberry.field(
        description="Whose conversions the plain `conversions`, `cpa`, `roas` … are about, unless a query chooses."
    )
    conversion_event_names = batched(
        _event_names,
        list[str],
        "The names of the events that are tracked conversions, unless a query chooses.",
        needs=("conversion_events",),
    )
    attribution = batched(
        _attributions,
        Attribution,
        "Which touch a tracked conversion is due to, unless a query chooses.",
        needs=("attribution_click", "attribution_view", "count_by"),
    )
    week_starts_on: Weekday = strawberry.field(description="The first day of its weeks.")
    margin: float | None = strawberry.field(
        description="What is left of the value of a sale before advertising, a fraction; null while none is set."
    )
    imports = children(entity.IMPORT, Connection[Import] | None, "What was imported into it, the latest first.")
    ad_accounts = descendants(entity.PROJECT, entity.AD_ACCOUNT, EntityConnection[AdAccount] | None, "Its ad accounts.")
    campaigns = descendants(
        entity.PROJECT, entity.CAMPAIGN, EntityConnection[Campaign] | None, "The campaigns of all its ad accounts."
    )
    ad_sets = descendants(
        entity.PROJECT, entity.AD_SET, EntityConnection[AdSet] | None, "The ad sets of all its ad accounts."
    )
    ads = descendants(entity.PROJECT, entity.AD, EntityConnection[Ad] | None, "The ads of all its ad accounts.")
    conversions = conversions_field
    conversion_events = conversion_events_field
    is_type_of = is_row_of(entity.PROJECT)
