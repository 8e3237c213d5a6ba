"""The Ad type: what clients see of db.ad.AdRow."""

from typing import TYPE_CHECKING, Annotated

import strawberry

from db import entity
from db.level import Platform
from graph.conversion import conversions_field
from graph.conversion_event import conversion_events_field
from graph.enums import EntityStatus
from graph.node import Measurable, is_row_of, parent

if TYPE_CHECKING:
    from graph.ad_set import AdSet


@strawberry.type(description="What people see: one creative in an ad set.")
class Ad(Measurable):
    external_id: str = strawberry.field(description="The platform's own id.")
    platform: Platform = strawberry.field(description="Where it runs.")
    status: EntityStatus = strawberry.field(description="Whether it may deliver.")
    ad_set = parent(
        entity.AD_SET, Annotated["AdSet", strawberry.lazy("graph.ad_set")] | None, "The ad set that it is in."
    )
    conversions = conversions_field
    conversion_events = conversion_events_field
    is_type_of = is_row_of(entity.AD)
