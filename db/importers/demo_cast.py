"""Who plays in the demo: two businesses, their ad accounts, campaigns and audiences, and what happens to each."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from db.level import Platform

META, TIKTOK, APPLE = Platform.META, Platform.TIKTOK, Platform.APPLE


class Warmth(Enum):
    """How well an audience knows the business: factors on price, click rate and conversion rate."""

    COLD = (0.95, 0.9, 0.75)
    WARM = (1.3, 1.25, 1.35)
    HOT = (1.7, 1.7, 2.1)


@dataclass(frozen=True)
class Flights:
    """Delivers the first `on` of every `cycle` days, counted from a fixed day shifted by `phase`."""

    on: int
    cycle: int
    phase: int = 0


@dataclass(frozen=True)
class Campaign:
    """One campaign: `budget` is what it may spend a day, in whole units of the account's currency.

    `budget_on_ad_sets`: its ad sets hold the budget. `raised`: from a given day the budget is 1.6 times as large, until
    it falls back as many days later. `tires`: its creatives wear out within weeks. `fails`: clicks that hardly convert.
    """

    name: str
    objective: str
    budget: int
    warmth: Warmth = Warmth.COLD
    budget_on_ad_sets: bool = False
    raised: Flights | None = None
    tires: bool = False
    fails: bool = False
    flights: Flights | None = None


@dataclass(frozen=True)
class Account:
    """An ad account and its market: the price of 1,000 impressions and an order in its currency, rates as fractions.

    `order_value` None: the platform reports none. `link_share`: link clicks among all clicks. `weekdays`: how the days
    from Monday to Sunday differ in spend.
    """

    platform: Platform
    external_id: str
    name: str
    currency: str
    timezone: str
    price: float
    click_rate: float
    link_share: float
    conversion_rate: float
    order_value: float | None
    weekdays: tuple[float, ...]
    audiences: tuple[str, ...]
    creatives: tuple[str, ...]
    campaigns: tuple[Campaign, ...]


SHOP_WEEK = (1.03, 0.97, 0.94, 0.95, 0.99, 1.08, 1.15)
APP_WEEK = (0.96, 0.93, 0.94, 0.96, 1.01, 1.12, 1.14)

_SHOP_AUDIENCES = (
    "Broad 25–54", "Hikers & Backpackers", "Trail Runners", "Campers with Kids", "Lookalike 1 % Buyers",
    "Lookalike 3 % Buyers", "National Park Visitors", "Engaged Shoppers",
)  # fmt: skip
_SHOP_CREATIVES = (
    "Video | Ridge at dawn", "Video | Packing list in 20 s", "UGC | First overnighter", "Carousel | Boots on rock",
    "Static | Lifetime repair", "UGC | Rain test", "Carousel | Five tents", "Video | Founder on the trail",
    "Static | Free returns", "UGC | Dog approved",
)  # fmt: skip
_SPARKS = (
    "Spark | One-bag weekend", "Spark | Tent in 90 s", "UGC | Camp coffee", "UGC | What is in my pack",
    "Video | Storm shelter", "Spark | Trail snacks", "UGC | Before and after", "Video | Sound on: night hike",
)  # fmt: skip
_APP_AUDIENCES = (
    "Broad 18–44", "Light Sleepers", "Shift Workers", "New Parents", "Meditation Interest", "Lookalike 1 % Subscribers",
    "Lookalike 5 % Trials", "Students",
)  # fmt: skip
_APP_CREATIVES = (
    "Video | 3 a.m. ceiling", "UGC | Seven nights later", "Static | Asleep in 12 minutes", "Video | Rain on a tin roof",
    "UGC | My evening routine", "Carousel | Four soundscapes", "Static | Try 14 nights free", "Video | Phone face down",
)  # fmt: skip
_KEYWORDS = (
    "Exact Match", "Broad Match", "Search Match", "Exact Match | iPad", "Returning Users", "New Users",
)  # fmt: skip
_PAGES = (
    "Product page | Default", "Product page | Sleep sounds", "Product page | Evening routine", "Product page | Reviews",
    "Product page | Dark", "Product page | Free trial",
)  # fmt: skip

_US_SHOP = (
    Campaign("Prospecting | Broad | Hiking Boots", "OUTCOME_SALES", 2_400, raised=Flights(75, 150)),
    Campaign("Prospecting | Lookalikes | Packs", "OUTCOME_SALES", 1_500, tires=True),
    Campaign("Prospecting | Interests | Trail Running", "OUTCOME_SALES", 1_100, budget_on_ad_sets=True),
    Campaign("Advantage+ Shopping | Bestsellers", "OUTCOME_SALES", 3_000, Warmth.WARM),
    Campaign("Retargeting | Viewed or Carted | 14 days", "OUTCOME_SALES", 900, Warmth.HOT),
    Campaign("Retention | Past Buyers", "OUTCOME_SALES", 450, Warmth.HOT, budget_on_ad_sets=True),
    Campaign("Weekend Sale | Flights", "OUTCOME_SALES", 1_300, Warmth.WARM, flights=Flights(21, 42)),
    Campaign("Test | Competitor Audiences", "OUTCOME_SALES", 700, fails=True),
)
_OUTLET = (
    Campaign("Outlet | Broad | Last Sizes", "OUTCOME_SALES", 800),
    Campaign("Outlet | Lookalikes | Deal Seekers", "OUTCOME_SALES", 650, tires=True),
    Campaign("Outlet | Catalog | Dynamic Ads", "OUTCOME_SALES", 900, Warmth.WARM),
    Campaign("Outlet | Retargeting | 7 days", "OUTCOME_SALES", 400, Warmth.HOT),
    Campaign("Outlet | Clearance | Tents", "OUTCOME_SALES", 500, raised=Flights(75, 150, 50)),
    Campaign("Outlet | Clearance | Footwear", "OUTCOME_SALES", 500, flights=Flights(35, 70, 20)),
    Campaign("Outlet | Newsletter Readers", "OUTCOME_TRAFFIC", 250, Warmth.WARM, budget_on_ad_sets=True),
)
_TIKTOK_SHOP = (
    Campaign("TT | Prospecting | Broad", "WEB_CONVERSIONS", 1_200, budget_on_ad_sets=True),
    Campaign("TT | Prospecting | Gear Talk", "WEB_CONVERSIONS", 800, tires=True),
    Campaign("TT | Spark Ads | Creators", "WEB_CONVERSIONS", 950, raised=Flights(75, 150, 100)),
    Campaign("TT | Product Shopping | Packs", "PRODUCT_SALES", 700, Warmth.WARM),
    Campaign("TT | Product Shopping | Tents", "PRODUCT_SALES", 550, Warmth.WARM),
    Campaign("TT | Retargeting | Video Viewers", "WEB_CONVERSIONS", 400, Warmth.HOT),
    Campaign("TT | Test | Hashtag Weekends", "TRAFFIC", 350, fails=True),
)
_APP_META = (
    Campaign("DACH | Prospecting | Broad", "OUTCOME_APP_PROMOTION", 1_400, raised=Flights(75, 150, 25)),
    Campaign("DACH | Prospecting | Lookalikes", "OUTCOME_APP_PROMOTION", 900),
    Campaign("FR | Prospecting | Broad", "OUTCOME_APP_PROMOTION", 800, tires=True),
    Campaign("Nordics | Prospecting | Broad", "OUTCOME_APP_PROMOTION", 600, budget_on_ad_sets=True),
    Campaign("EU | Retargeting | Trial Not Started", "OUTCOME_APP_PROMOTION", 450, Warmth.HOT),
    Campaign("EU | Win-back | Lapsed Subscribers", "OUTCOME_SALES", 300, Warmth.WARM),
    Campaign("EU | Better Sleep Week | Flights", "OUTCOME_APP_PROMOTION", 1_000, flights=Flights(14, 56, 30)),
)
_APP_TIKTOK = (
    Campaign("UK | Prospecting | Broad", "APP_PROMOTION", 900),
    Campaign("UK | Prospecting | Students", "APP_PROMOTION", 500, tires=True),
    Campaign("UK | Spark Ads | Night Shift", "APP_PROMOTION", 600, budget_on_ad_sets=True),
    Campaign("IE | Prospecting | Broad", "APP_PROMOTION", 350, raised=Flights(75, 150, 125)),
    Campaign("UK | Retargeting | Installed, No Trial", "APP_PROMOTION", 300, Warmth.HOT),
    Campaign("UK | Test | Focus Playlists", "APP_PROMOTION", 280, fails=True),
    Campaign("NL | Prospecting | Broad", "APP_PROMOTION", 400, flights=Flights(60, 90, 10)),
)
_APP_APPLE = (
    Campaign("US | Brand", "SEARCH_RESULTS", 500, Warmth.HOT),
    Campaign("US | Category | Sleep", "SEARCH_RESULTS", 1_100, raised=Flights(75, 150, 75)),
    Campaign("US | Category | White Noise", "SEARCH_RESULTS", 800),
    Campaign("US | Competitor", "SEARCH_RESULTS", 650, budget_on_ad_sets=True),
    Campaign("US | Discovery", "SEARCH_RESULTS", 350),
    Campaign("CA | Brand", "SEARCH_RESULTS", 150, Warmth.HOT),
    Campaign("CA | Category | Sleep", "SEARCH_RESULTS", 300, flights=Flights(80, 120, 15)),
)

# The shop's accounts share a currency, so the project has sums; the app's do not.
PROJECTS: dict[str, tuple[Account, ...]] = {
    "Alder & Pine Outdoor": (
        Account(
            META, "418207736519264", "Alder & Pine US", "USD", "America/New_York",
            11.5, 0.016, 0.72, 0.026, 94.0, SHOP_WEEK, _SHOP_AUDIENCES, _SHOP_CREATIVES, _US_SHOP,
        ),
        Account(
            META, "733640981257013", "Alder & Pine Outlet", "USD", "America/Denver",
            9.2, 0.018, 0.7, 0.028, 58.0, SHOP_WEEK, _SHOP_AUDIENCES, _SHOP_CREATIVES, _OUTLET,
        ),
        Account(
            TIKTOK, "7214409385516671234", "Alder & Pine TikTok", "USD", "America/Los_Angeles",
            6.1, 0.011, 0.88, 0.019, 66.0, SHOP_WEEK, _SHOP_AUDIENCES, _SPARKS, _TIKTOK_SHOP,
        ),
    ),
    "Lumo Sleep App": (
        Account(
            META, "902573318846105", "Lumo Europe", "EUR", "Europe/Berlin",
            8.4, 0.013, 0.76, 0.062, 33.0, APP_WEEK, _APP_AUDIENCES, _APP_CREATIVES, _APP_META,
        ),
        Account(
            TIKTOK, "7308855120467712777", "Lumo UK & Benelux", "EUR", "Europe/London",
            4.7, 0.0095, 0.86, 0.048, 29.0, APP_WEEK, _APP_AUDIENCES, _APP_CREATIVES, _APP_TIKTOK,
        ),
        Account(
            APPLE, "4093150", "Lumo App Store", "USD", "America/Los_Angeles",
            96.0, 0.066, 1.0, 0.41, None, APP_WEEK, _KEYWORDS, _PAGES, _APP_APPLE,
        ),
    ),
}  # fmt: skip
