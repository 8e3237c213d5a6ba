"""The AdAccount type: what clients see of db.ad_account.AdAccountRow."""

from typing import TYPE_CHECKING, Annotated

import strawberry

from db import entity
from db.level import Platform
from graph.campaign import Campaign
from graph.connection import Connection, children
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
    campaigns = children(entity.CAMPAIGN, Connection[Campaign] | None, "Its campaigns.")
    is_type_of = is_row_of(entity.AD_ACCOUNT)
