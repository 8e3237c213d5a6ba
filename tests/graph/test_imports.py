"""The imports of a project, as clients see them."""

import hashlib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from db.importers.records import Dating, Place, Reported
from db.level import Level
from tests.records import DAY, make_record, make_tree, take

ASKED = """
query ($after: String, $first: Int! = 50) {
  projects {
    nodes {
      imports(first: $first, after: $after) {
        totalCount
        pageInfo { hasNextPage hasPreviousPage endCursor }
        nodes {
          id source importedAt factCount addedCount replacedCount removedCount rejectedCount orphanCount seconds
          files { name sha256 }
          covered { adAccount { externalId } level since until }
          reported { conversion attribution dating }
        }
      }
    }
  }
}
"""


@pytest.fixture
def facts(tmp_path: Path):
    """One ad-day for each of some days, in a file that is there."""
    file = tmp_path / "export.csv"
    file.write_text("what was exported")

    def facts(*spends: int):
        return [
            make_record(Level.AD, "1000", DAY + timedelta(number), spend_micros=spend)._replace(place=Place(file, 2))
            for number, spend in enumerate(spends)
        ]

    return facts


async def test_an_import_tells_its_files_its_days_and_what_it_took(database, org_id, ask, facts):
    choice = Reported("omni_purchase", "7-day click, 1-day view", Dating.CONVERSION)
    await take(database, org_id, [*make_tree(), *facts(1, 1), choice])
    await take(database, org_id, facts(2))

    (project,) = (await ask(ASKED))["projects"]["nodes"]

    second, first = project["imports"]["nodes"]
    assert (first["source"], first["factCount"], first["addedCount"], first["replacedCount"]) == ("test", 2, 2, 0)
    assert (second["factCount"], second["addedCount"], second["replacedCount"]) == (1, 0, 1)
    assert first["files"] == [{"name": "export.csv", "sha256": hashlib.sha256(b"what was exported").hexdigest()}]
    assert first["covered"] == [{
        "adAccount": {"externalId": "1"}, "level": "AD", "since": DAY.isoformat(),
        "until": (DAY + timedelta(2)).isoformat(),
    }]  # fmt: skip
    assert first["reported"] == [
        {"conversion": "omni_purchase", "attribution": "7-day click, 1-day view", "dating": "CONVERSION"}
    ]
    assert first["importedAt"] < second["importedAt"]
    assert first["seconds"] > 0


async def test_imports_are_read_page_by_page_the_latest_first(database, org_id, ask, facts):
    reports = [await take(database, org_id, [*make_tree(), *facts(spend)]) for spend in (1, 2, 3)]

    pages: list[Any] = []
    after = None
    while not pages or after:
        page = (await ask(ASKED, {"first": 2, "after": after}))["projects"]["nodes"][0]["imports"]
        pages.append(page)
        after = page["pageInfo"]["endCursor"] if page["pageInfo"]["hasNextPage"] else None

    assert [len(page["nodes"]) for page in pages] == [2, 1]
    assert [page["pageInfo"]["hasPreviousPage"] for page in pages] == [False, True]
    assert {page["totalCount"] for page in pages} == {3}
    found = [node["id"] for page in pages for node in page["nodes"]]
    nodes = await ask("query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Import { importedAt } } }", {"ids": found})
    assert [node["id"] for node in nodes["nodes"]] == found
    times = [node["importedAt"] for node in nodes["nodes"]]
    assert times == sorted(times, reverse=True)
    assert len(set(found)) == len(reports)


async def test_the_imports_of_many_projects_take_one_statement(database, org_id, ask, facts, queries_sent):
    await take(database, org_id, [*make_tree(), *facts(1)])
    await take(database, org_id, make_tree("2", "20", "200", "2000"), project="Other")
    queries_sent.clear()

    data = await ask("{ projects { nodes { imports { nodes { source files { name } } } } } }")

    assert [len(project["imports"]["nodes"]) for project in data["projects"]["nodes"]] == [1, 1]
    assert queries_sent == ["projects_page", "data_imports_by_project_ids"]
