"""Whole trees to ask about, and the query that asks for five levels of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from db.database import Database
from tests.make import make_ad, make_ad_account, make_ad_set, make_campaign, make_fact, make_project

NUMBERS = """
fragment Numbers on Performance {
  totals {
    spend impressions clicks linkClicks conversions conversionValue reach cpa cpc cpm ctr cvr roas frequency
    unavailable { metric reason }
  }
}
"""
FIVE_LEVELS = (
    """
query ($window: WindowInput, $first: Int! = 1000) {
  projects {
    nodes {
      id name performance(window: $window) { ...Numbers }
      adAccounts(first: $first) {
        nodes {
          id name performance(window: $window) { ...Numbers }
          campaigns(first: $first) {
            nodes {
              id name performance(window: $window) { ...Numbers }
              adSets(first: $first) {
                nodes {
                  id name performance(window: $window) { ...Numbers }
                  ads(first: $first) { nodes { id name performance(window: $window) { ...Numbers } } }
                }
              }
            }
          }
        }
      }
    }
  }
}
"""
    + NUMBERS
)


PERFORMANCE = """
query ($id: ID!, $window: WindowInput) {
  node(id: $id) {
    ... on Measurable {
      performance(window: $window) {
        window { since until lastDay days timezone }
        currency
        freshness { lastImportedAt missingDays }
        totals {
          spend impressions clicks linkClicks conversions conversionValue reach cpa cpc cpm ctr cvr roas frequency
          unavailable { metric reason }
        }
      }
    }
  }
}
"""


def days(since: date, until: date) -> dict[str, dict[str, str]]:
    """The window `[since, until)`."""
    return {"range": {"since": since.isoformat(), "until": until.isoformat()}}


@dataclass(frozen=True)
class Tree:
    """The ids of one branch of a tree, and of all the ads on it."""

    project: int
    ad_account: int
    campaign: int
    ad_set: int
    ads: tuple[int, ...]

    @property
    def ad(self) -> int:
        """Its first ad."""
        return self.ads[0]


async def make_tree(database: Database, org_id: int, *, ads: int = 1, **account: str) -> Tree:
    """A project with one ad account, campaign and ad set, and so many ads."""
    project = await make_project(database, org_id)
    ad_account = await make_ad_account(database, org_id, project, **account)  # type: ignore[arg-type]  # its own names
    campaign = await make_campaign(database, org_id, ad_account)
    ad_set = await make_ad_set(database, org_id, campaign)
    made = [await make_ad(database, org_id, ad_set) for _ in range(ads)]
    return Tree(project, ad_account, campaign, ad_set, tuple(made))


async def make_full_fact(database: Database, org_id: int, entity_id: int, day: date, **numbers: float) -> None:
    """A fact that reports everything but reach, in round numbers unless told otherwise."""
    full = {
        "spend": 10, "impressions": 1000, "clicks": 20, "link_clicks": 10, "conversions": 4, "conversion_value": 40
    }  # fmt: skip
    await make_fact(database, org_id, entity_id, day, **full | numbers)  # type: ignore[arg-type]  # its own names
