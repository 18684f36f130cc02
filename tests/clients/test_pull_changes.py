"""The script that keeps a copy: complete, followed, and resumed wherever it was stopped."""

import json
import os
import runpy
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.builders.people import ROBOT_KEY
from tests.builders.submissions import directive
from tests.builders.units import unit_id
from tests.clients.conftest import ROOT, Served

pytestmark = pytest.mark.real_commits
SCRIPT = ROOT / "clients" / "examples" / "pull_changes.py"


def pull(url: str, copy: Path, key: str = ROBOT_KEY) -> subprocess.CompletedProcess[str]:
    arguments = [sys.executable, str(SCRIPT), str(copy), "--url", url]
    env = {**os.environ, "DIENHINH_KEY": key}
    return subprocess.run(arguments, env=env, capture_output=True, text=True, timeout=120, check=False)


def directives(copy: Path) -> dict[str, dict[str, Any]]:
    """The directives of the copy by their numbers."""
    database = sqlite3.connect(copy)
    rows = [json.loads(row[0]) for row in database.execute("SELECT body FROM records WHERE resource = 'directives'")]
    database.close()
    return {row["number_symbol"]: row for row in rows}


def followed(url: str, copy: Path, wanted: int) -> int:
    """How many changes came; a change waits for all transactions before it, those of other tests on the server too."""
    taken = 0
    for _ in range(100):
        answer = pull(url, copy)
        assert answer.returncode == 0, answer.stderr
        taken += int(answer.stdout.split()[0])
        if taken >= wanted:
            break
        time.sleep(0.5)
    return taken


def test_the_copy_follows_what_is_made_changed_and_deleted(served: Served, tmp_path: Path) -> None:
    copy = tmp_path / "copy.sqlite"
    mark = uuid4().hex[:8]
    with served.client() as client:
        made = []
        for number in (1, 2):
            body = {"unit_id": str(unit_id("commune_a")), **directive(number, number_symbol=f"{number}/{mark}")}
            made.append(client.post("/api/v1/directives", json=body).raise_for_status().json())
        assert pull(served.url, copy).returncode == 0
        assert {f"1/{mark}", f"2/{mark}"} <= directives(copy).keys()
        always = {"If-Match": "*"}
        client.patch(f"/api/v1/directives/{made[0]['id']}", json={"note": "mới"}, headers=always).raise_for_status()
        client.delete(f"/api/v1/directives/{made[1]['id']}", headers=always).raise_for_status()
        body = {"unit_id": str(unit_id("commune_a")), **directive(3, number_symbol=f"3/{mark}")}
        third = client.post("/api/v1/directives", json=body).raise_for_status().json()
        # Other tests' transactions on the server hold the feed back: the first two may be told again with these three.
        assert followed(served.url, copy, 3) >= 3
        for _ in range(200):
            found = directives(copy)
            if f"3/{mark}" in found and f"2/{mark}" not in found and found[f"1/{mark}"]["note"] == "mới":
                break
            assert pull(served.url, copy).returncode == 0
        assert found[f"1/{mark}"]["note"] == "mới"
        assert f"2/{mark}" not in found
        assert found[f"3/{mark}"] == third


def test_a_copy_stopped_in_its_first_reading_goes_on(served: Served, tmp_path: Path) -> None:
    copy = tmp_path / "copy.sqlite"
    assert pull(served.url, copy).returncode == 0
    whole = directives(copy)
    database = sqlite3.connect(copy)
    database.execute("DELETE FROM facts WHERE name = 'read directives'")
    database.execute("DELETE FROM records WHERE resource = 'directives'")
    database.commit()
    database.close()
    assert "read directives" in pull(served.url, copy).stdout
    assert directives(copy) == whole


def test_a_key_that_is_refused_is_told(served: Served, tmp_path: Path) -> None:
    answer = pull(served.url, tmp_path / "copy.sqlite", "dhk_wrong")
    assert (answer.returncode, "Refused: 401" in answer.stderr) == (1, True)


@pytest.mark.parametrize(("code", "taken"), [("forbidden", True), ("address_not_allowed", False)])
def test_a_kind_that_the_key_may_not_read_does_not_stop_it(code: str, taken: bool) -> None:
    """Told of an evaluation that it may not read, it goes on; a key held off altogether deletes nothing."""
    change = {"resource": "evaluations", "id": "e1", "href": "/api/v1/evaluations/e1"}
    feed = {"items": [change, change | {"resource": "directives", "href": "/d"}], "position": "2", "has_more": False}

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/api/v1/changes":
            return httpx.Response(200, json=feed)
        if request.url.path == "/d":
            return httpx.Response(200, json={"id": "e1", "unit": {"code": "17509"}})
        return httpx.Response(403, json={"code": code})

    script = runpy.run_path(str(SCRIPT))
    copy = script["Copy"](":memory:")
    copy.note("position", "1")
    copy.put("evaluations", {"id": "e1"})
    with httpx.Client(base_url="http://service", transport=httpx.MockTransport(answer)) as client:
        source = script["Source"](client)
        if taken:
            assert script["follow"](source, copy) == 2
        else:
            with pytest.raises(httpx.HTTPStatusError):
                script["follow"](source, copy)
    held = {row[0] for row in copy.database.execute("SELECT resource FROM records")}
    assert (copy.fact("position"), held) == (("2", {"directives"}) if taken else ("1", {"evaluations"}))
    copy.database.close()
