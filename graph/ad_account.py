"""The AdAccount type: what clients see of db.ad_account.AdAccountRow."""

from typing import TYPE_CHECKING, Annotated

import strawberry

from db import entity
from db.level import Platform
from graph.ad import Ad
from graph.ad_set import AdSet
from graph.campaign import Campaign
from graph.conversion import conversions_field
from graph.conversion_event import conversion_events_field
from graph.entity_list import EntityConnection, descendants
from graph.enums import EntityStatus
from graph.node import Measurable, is_row_of, parent
from graph.scalars import CurrencyCode

if TYPE_CHECKING:
    from graph.project import Project


@strawberry.type(
    description="Where a platform bills: one currency, one timezone. TikTok calls it an advertiser, Apple an org."
)
class AdAccount(Measurable):
    external_id: str = strawberry.field(description="The platform's own id (Meta: without `act_`).")
    platform: Platform = strawberry.field(description="Whose account it is.")
    status: EntityStatus = strawberry.field(description="Whether it may deliver.")
    currency: CurrencyCode = strawberry.field(
        description="What it bills in. `XXX` where no source has told: that mixes with nothing."
    )
    timezone: str = strawberry.field(description="The IANA timezone that its days are in.")
    project = parent(
        entity.PROJECT,
        Annotated["Project", strawberry.lazy("graph.project")] | None,
        "The project that it belongs to.",
    )
    campaigns = descendants(entity.AD_ACCOUNT, entity.CAMPAIGN, EntityConnection[Campaign] | None, "Its campaigns.")
    ad_sets = descendants(
        entity.AD_ACCOUNT, entity.AD_SET, EntityConnection[AdSet] | None, "The ad sets of all its campaigns."
    )
    ads = descendants(entity.AD_ACCOUNT, entity.AD, EntityConnection[Ad] | None, "The ads of all its campaigns.")
    conversions = conversions_field
    conversion_events = conversion_events_field
    is_type_of = is_row_of(entity.AD_ACCOUNT)
