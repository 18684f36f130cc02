"""The script that pushes a month: retried, killed, refused, without the service."""

import csv
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.builders.people import ROBOT_KEY
from tests.clients.conftest import ROOT, Served

pytestmark = pytest.mark.real_commits
SCRIPT = ROOT / "clients" / "examples" / "push_month.py"


def command(url: str, folder: Path, *more: str) -> list[str]:
    return [
        sys.executable,
        str(SCRIPT),
        str(folder),
        "--url",
        url,
        "--unit",
        "17509",
        "--campaign",
        "KH320-2024",
        *more,
    ]


def push(url: str, folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "DIENHINH_KEY": ROBOT_KEY}
    return subprocess.run(
        command(url, folder, *more), env=env, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.fixture
def month(tmp_path: Path) -> Path:
    """The sample files."""
    return Path(shutil.copytree(SCRIPT.parent / "month", tmp_path / "month"))


def activities(folder: Path, many: int, **fields: Any) -> None:
    """A month of ``many`` activities, and nothing else."""
    folder.mkdir()
    row = {"form": "direct", "nature": "event", "venue_kind": "commune", "date_from": "2024-06-05", "sessions": "1"}
    with (folder / "activities.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["ref", "title", *row])
        writer.writeheader()
        for number in range(many):
            title = f"Tuyên truyền {folder.name} {number}"
            writer.writerow({"ref": f"{folder.name}-{number}", "title": title, **row, **fields})


def stored(served: Served, words: str) -> list[dict[str, Any]]:
    """The activities that bear these words."""
    with served.client() as client:
        page = client.get("/api/v1/propaganda-activities", params={"limit": 200}).raise_for_status().json()
        return [item for item in page["items"] if words in item["title"]]


def test_a_month_is_stored_and_sent_again_changes_nothing(served: Served, month: Path) -> None:
    first = push(served.url, month)
    assert first.returncode == 0, first.stderr
    # Other tests may have stored a figure of the same indicator.
    outcomes = re.findall(r"(\d+) (created|updated|unchanged)", first.stdout.splitlines()[-1])
    assert sum(int(number) for number, _ in outcomes) == 6
    assert push(served.url, month).stdout.splitlines()[-1] == "6 stored before"
    (month / "push_month.state.json").unlink()
    rows = served.count("audit_events")
    assert push(served.url, month).stdout.splitlines()[-1] == "6 unchanged"
    assert served.count("audit_events") == rows
    file = month / "activities.csv"
    file.write_text(file.read_text("utf-8").replace(",120,", ",125,"), "utf-8")
    assert push(served.url, month).stdout.splitlines()[-1] == "1 updated, 5 unchanged"
    assert [item["people_reached"] for item in stored(served, "lừa đảo")] == [125]


def test_a_correction_that_is_taken_back_is_sent_again(served: Served, month: Path) -> None:
    for name in ("activities.csv", "directives.csv"):
        (month / name).unlink()
    figures = month / "figures.csv"
    for value in (38, 39, 38):
        figures.write_text(f"indicator,before_value,after_value,note\nreports_received,42,{value},\n", "utf-8")
        answer = push(served.url, month)
        assert answer.returncode == 0, answer.stderr
        with served.client() as client:
            page = client.get("/api/v1/situation-figures", params={"indicator": "reports_received"}).json()
        assert [item["after_value"] for item in page["items"]] == [value]


def test_a_cell_made_blank_is_emptied_and_a_column_left_out_is_left_alone(served: Served, tmp_path: Path) -> None:
    first = {"form": "direct", "nature": "event", "venue_kind": "commune", "date_from": "2024-06-05", "date_to": ""}
    first |= {"place": "Xóm 1", "sessions": "2", "quantity": "0", "people_reached": "120", "result": "Tốt"}
    told = ("place", "sessions", "quantity", "people_reached", "result")
    file = tmp_path / "activities.csv"
    for row, wanted in (
        (first, ["Xóm 1", 2, 0, 120, "Tốt"]),
        ({name: first[name] for name in ("form", "nature", "venue_kind", "date_from")}, ["Xóm 1", 2, 0, 120, "Tốt"]),
        (first | dict.fromkeys(("place", *told[2:]), ""), [None, 2, 0, None, None]),
    ):
        cells = {"ref": "blank-1", "title": "Ô để trống"} | row
        file.write_text(f"{','.join(cells)}\n{','.join(cells.values())}\n", "utf-8")
        answer = push(served.url, tmp_path)
        assert answer.returncode == 0, answer.stderr
        (found,) = stored(served, "Ô để trống")
        assert [found[name] for name in told] == wanted
        assert found["date_to"] == "2024-06-05"


def test_killed_in_the_middle_it_goes_on_and_nothing_is_there_twice(served: Served, tmp_path: Path) -> None:
    folder = tmp_path / "killed"
    activities(folder, 40)
    state = folder / "push_month.state.json"
    env = {**os.environ, "DIENHINH_KEY": ROBOT_KEY}
    kills = 0
    for wanted in (3, 12, 25):
        with subprocess.Popen(
            command(served.url, folder, "--batch", "1"), env=env, stdout=subprocess.DEVNULL
        ) as process:
            while process.poll() is None:
                batches = json.loads(state.read_text("utf-8")) if state.exists() else {}
                if sum(batch["done"] for batch in batches.values()) >= wanted:
                    process.send_signal(signal.SIGKILL)
                    break
                time.sleep(0.005)
        kills += process.returncode == -signal.SIGKILL
        assert 0 < len(stored(served, "killed")) < 40
    assert kills == 3
    last = push(served.url, folder, "--batch", "1")
    assert last.returncode == 0, last.stderr
    titles = [item["title"] for item in stored(served, "killed")]
    assert sorted(titles) == sorted(f"Tuyên truyền killed {number}" for number in range(40))


def test_an_answer_that_was_lost_is_given_again_under_its_key(served: Served, tmp_path: Path) -> None:
    folder = tmp_path / "lost"
    activities(folder, 2)
    assert push(served.url, folder).returncode == 0
    state = folder / "push_month.state.json"
    batches = json.loads(state.read_text("utf-8"))
    for batch in batches.values():
        batch["done"] = False  # as if killed between the answer and the note of it
    state.write_text(json.dumps(batches), "utf-8")
    rows = served.count("audit_events")
    again = push(served.url, folder)
    assert (again.returncode, again.stdout.splitlines()[-1]) == (0, "2 created")
    assert served.count("audit_events") == rows


def test_faults_are_named_by_file_and_line(served: Served, month: Path) -> None:
    file = month / "activities.csv"
    lines = file.read_text("utf-8").splitlines()
    file.write_text("\n".join([lines[0], lines[1], lines[2].replace("2024-06-12", "2024-12-12")]) + "\n", "utf-8")
    figures = month / "figures.csv"
    figures.write_text(figures.read_text("utf-8").replace("reports_resolved", "no_such_thing"), "utf-8")
    rows = served.count("audit_events")
    answer = push(served.url, month)
    assert answer.returncode == 1
    assert "activities.csv:3: date_from: " in answer.stderr or "activities.csv:3: date_to: " in answer.stderr
    assert "figures.csv:3: indicator: " in answer.stderr
    assert "activities.csv:2" not in answer.stderr
    assert "request " in answer.stderr
    assert served.count("audit_events") == rows


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("ref,title\n1,x\n", "activities.csv:1: columns unknown: none; missing: date_from, form, nature"),
        ("ref,form,nature,date_from,title,sessions\n1,direct,event,2024-06-01,x,two\n", ":2: sessions: 'two' is not"),
        ("ref,form,nature,date_from,title\n1,direct,event,2024-06-01\n", ":2: has another number of cells"),
        ("ref,form,nature,date_from,title\n,direct,event,2024-06-01,x\n", ":2: ref: must be filled"),
        ("ref,form,nature,date_from,title,colour\n1,direct,event,2024-06-01,x,red\n", "columns unknown: colour"),
    ],
)
def test_files_that_are_wrong_are_told_before_anything_is_sent(tmp_path: Path, content: str, said: str) -> None:
    (tmp_path / "activities.csv").write_text(content, "utf-8")
    answer = push("http://127.0.0.1:9", tmp_path)
    assert answer.returncode == 1
    assert said in answer.stderr
    assert not (tmp_path / "push_month.state.json").exists()


def test_a_wrong_key_ends_it(served: Served, month: Path) -> None:
    env = {**os.environ, "DIENHINH_KEY": "dhk_wrong"}
    answer = subprocess.run(
        command(served.url, month), env=env, capture_output=True, text=True, timeout=60, check=False
    )
    assert answer.returncode == 1
    assert answer.stdout == "nothing stored\n"
    assert "request " in answer.stderr


def test_without_the_service_it_waits_and_goes_on_when_it_is_back(served: Served, tmp_path: Path) -> None:
    folder = tmp_path / "waiting"
    activities(folder, 1)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    env = {**os.environ, "DIENHINH_KEY": ROBOT_KEY}
    arguments = command(f"http://127.0.0.1:{port}", folder)
    with subprocess.Popen(arguments, env=env, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert "with the same Idempotency-Key" in process.stderr.readline()
        key = next(iter(json.loads((folder / "push_month.state.json").read_text("utf-8")).values()))["key"]
        process.kill()
    assert len(key) == 36
    assert stored(served, "waiting") == []
