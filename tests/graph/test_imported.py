"""The main job on real input: a connector's export in, a nested answer out."""

from db.importers.airbyte_tiktok import read as airbyte_tiktok
from db.importers.fivetran_facebook import read as fivetran_facebook
from tests.db.importers.exports import real
from tests.records import take
from tests.trees import FIVE_LEVELS

ADDITIVE = ("spend", "impressions", "linkClicks", "conversions", "conversionValue")
BELOW = ("adAccounts", "campaigns", "adSets", "ads")


def levels(data):
    """The nodes of each level, from the projects down."""
    found = [data["projects"]["nodes"]]
    for name in BELOW:
        found.append([child for node in found[-1] for child in node[name]["nodes"]])
    return found


def total(nodes, metric):
    return round(sum(node["performance"]["totals"][metric] or 0 for node in nodes), 6)


async def test_the_facebook_export_answers_five_levels_to_the_cent(database, org_id, ask):
    await take(database, org_id, fivetran_facebook([real("fivetran_facebook")]), currency="USD")

    data = await ask(FIVE_LEVELS, {"window": {"range": {"since": "2020-12-01", "until": "2021-01-01"}}})

    projects, accounts, campaigns, ad_sets, ads = levels(data)
    assert [len(nodes) for nodes in (projects, accounts, campaigns, ad_sets, ads)] == [1, 1, 4, 4, 4]
    account = accounts[0]["performance"]["totals"]
    assert (account["spend"], account["impressions"], account["linkClicks"]) == (643.63, 37_275, 149)
    assert account["cpm"] == 643.63 * 1000 / 37_275
    # The export counts link clicks only, and people once per ad and day.
    why = {entry["metric"]: entry["reason"] for entry in account["unavailable"]}
    assert {why[metric] for metric in ("CLICKS", "CPC", "CTR", "CVR")} == {"NOT_REPORTED"}
    assert why["REACH"] == why["FREQUENCY"] == "NOT_ADDITIVE"
    assert why["CPA"] == "ZERO_DENOMINATOR"
    for metric in ADDITIVE:
        sums = {total(nodes, metric) for nodes in (projects, accounts, campaigns, ad_sets, ads)}
        assert len(sums) == 1, metric


async def test_the_airbyte_export_answers_with_reach_where_a_level_reported_its_own(database, org_id, ask):
    await take(database, org_id, airbyte_tiktok([real("airbyte_tiktok/records.jsonl")]))
    query = """
    {
      adAccount(external: {platform: TIKTOK, id: "7002238017842757633"}) {
        currency timezone
        performance(window: {range: {since: "2021-10-28", until: "2021-10-29"}}) {
          totals { spend impressions clicks reach frequency conversions unavailable { metric reason } }
        }
      }
    }
    """

    account = (await ask(query))["adAccount"]

    assert (account["currency"], account["timezone"]) == ("XXX", "UTC")
    totals = account["performance"]["totals"]
    assert (totals["spend"], totals["impressions"], totals["clicks"], totals["reach"]) == (20, 4787, 48, 3938)
    assert totals["frequency"] == 4787 / 3938
    # TikTok's reports of whole advertisers carry no conversions, and no ad of that day is in the sample.
    assert totals["conversions"] is None
    assert {"metric": "CONVERSIONS", "reason": "NOT_REPORTED"} in totals["unavailable"]
