"""The AdSet type: what clients see of db.ad_set.AdSetRow."""

from typing import TYPE_CHECKING, Annotated

import strawberry

from db import entity
from db.level import Platform
from graph.ad import Ad
from graph.budget import budget_field
from graph.conversion import conversions_field
from graph.conversion_event import conversion_events_field
from graph.entity_list import EntityConnection, descendants
from graph.enums import EntityStatus
from graph.node import Measurable, is_row_of, parent

if TYPE_CHECKING:
    from graph.campaign import Campaign


@strawberry.type(description="Who sees a campaign's ads, and for how much. TikTok and Apple call it an ad group.")
class AdSet(Measurable):
    external_id: str = strawberry.field(description="The platform's own id.")
    platform: Platform = strawberry.field(description="Where it runs.")
    status: EntityStatus = strawberry.field(description="Whether it may deliver.")
    budget = budget_field
    campaign = parent(
        entity.CAMPAIGN,
        Annotated["Campaign", strawberry.lazy("graph.campaign")] | None,
        "The campaign that it is in.",
    )
    ads = descendants(entity.AD_SET, entity.AD, EntityConnection[Ad] | None, "Its ads.")
    conversions = conversions_field
    conversion_events = conversion_events_field
    is_type_of = is_row_of(entity.AD_SET)
