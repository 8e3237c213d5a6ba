"""What a conversion is due to, and when it then counts: SQL that the statements about conversions share."""

from __future__ import annotations

from db.level import Level

# What tells the scope of a conversion, `fact`: its project, or an entity of the level above its `ad`.
SCOPES = {
    None: "fact.project_id",
    Level.AD_ACCOUNT: "ad.ad_account_id",
    Level.CAMPAIGN: "ad_set.campaign_id",
    Level.AD_SET: "ad.ad_set_id",
    Level.AD: "ad.id",
}


def longest_lag(*, by_touch_time: bool) -> str:
    """How long after the end of a window a conversion that counts in it may occur."""
    return "interval '28 days'" if by_touch_time else "interval '0'"


def counted(*, click_days: str, view_days: str, by_touch_time: str) -> dict[str, str]:
    """The slots of a statement that reads conversions, `fact`, with the ad that each is due to and when it counts.

    `{counted}` are the columns clicked, viewed, ad_id and counted_at; `{touch}`, behind `fact`, is what they follow
    from. The last click within its days counts, else the last view within its own; 0 days: none does. The arguments
    are parameters.
    """

    def within(days: str, at: str) -> str:
        lag = f"fact.occurred_at - {at} <= {days}::integer * interval '24 hours'"
        return f"coalesce({days}::integer > 0 and {lag}, false)"

    return {
        "counted": f"""touch.clicked, touch.viewed,
        case when touch.clicked then fact.click_ad_id when touch.viewed then fact.view_ad_id end as ad_id,
        case
            when {by_touch_time}::boolean and touch.clicked then fact.clicked_at
            when {by_touch_time}::boolean and touch.viewed then fact.viewed_at
            else fact.occurred_at
        end as counted_at""",
        "touch": f"""cross join lateral (
        select
            {within(click_days, "fact.clicked_at")} as clicked,
            {within(view_days, "fact.viewed_at")} as viewed
    ) as touch""",
    }
