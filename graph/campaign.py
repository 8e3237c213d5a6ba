"""The Campaign type: what clients see of db.campaign.CampaignRow."""

from typing import TYPE_CHECKING, Annotated

import strawberry

from db import entity
from db.level import Platform
from graph.ad import Ad
from graph.ad_set import AdSet
from graph.budget import budget_field
from graph.conversion import conversions_field
from graph.conversion_event import conversion_events_field
from graph.entity_list import EntityConnection, descendants
from graph.enums import EntityStatus
from graph.node import Measurable, is_row_of, parent

if TYPE_CHECKING:
    from graph.ad_account import AdAccount


@strawberry.type(description="What an ad account runs towards one objective.")
class Campaign(Measurable):
    external_id: str = strawberry.field(description="The platform's own id.")
    platform: Platform = strawberry.field(description="Where it runs.")
    status: EntityStatus = strawberry.field(description="Whether it may deliver.")
    objective: str | None = strawberry.field(
        description="What it is optimized for, in the platform's own words; null where no source has said."
    )
    budget = budget_field
    ad_account = parent(
        entity.AD_ACCOUNT,
        Annotated["AdAccount", strawberry.lazy("graph.ad_account")] | None,
        "The ad account that it runs in.",
    )
    ad_sets = descendants(entity.CAMPAIGN, entity.AD_SET, EntityConnection[AdSet] | None, "Its ad sets.")
    ads = descendants(entity.CAMPAIGN, entity.AD, EntityConnection[Ad] | None, "The ads of all its ad sets.")
    conversions = conversions_field
    conversion_events = conversion_events_field
    is_type_of = is_row_of(entity.CAMPAIGN)
