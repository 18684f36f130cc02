"""What `docs/integration.md` shows to programmers works as it stands."""

import os
import re
import shutil
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from app.webhooks.sending import Message, headers_of
from tests.builders.people import ROBOT_KEY
from tests.clients.conftest import ROOT, Served

GUIDE = (ROOT / "docs" / "integration.md").read_text("utf-8")
SECRET, OTHER = "whsec_" + "c2VjcmV0" * 4, "whsec_" + "b3RoZXIh" * 4
BODY = '{"type": "report.submitted", "data": {"unit": "Xã Mã Thành"}}'


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)


def block(language: str, word: str) -> str:
    """The one block that has ``word``."""
    (found,) = [text for text in blocks(language) if word in text]
    return found


def sent(secret: str, age: int = 0) -> dict[str, str]:
    at = datetime.fromtimestamp(int(time.time()) - age, UTC)
    return headers_of(Message("https://example.vn", uuid4(), BODY, [secret]), at)


def test_the_snippets_in_python_verify_webhooks() -> None:
    names: dict[str, Any] = {}
    exec(block("python", "def genuine"), names)
    exec(block("python", "def receive"), names)
    assert names["genuine"](SECRET, sent(SECRET), BODY.encode()) is True
    assert names["receive"](SECRET, sent(SECRET), BODY.encode())["type"] == "report.submitted"
    assert names["genuine"](SECRET, sent(OTHER), BODY.encode()) is False
    assert names["genuine"](SECRET, sent(SECRET, 400), BODY.encode()) is False
    assert names["genuine"](SECRET, sent(SECRET), BODY.encode() + b" ") is False
    with pytest.raises(names["WebhookVerificationError"]):
        names["receive"](SECRET, sent(OTHER), BODY.encode())


def test_the_snippet_in_javascript_verifies_webhooks(tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed: the JavaScript snippet cannot be run")
    file = tmp_path / "genuine.mjs"
    file.write_text(block("js", "function genuine") + "\nconst [secret, headers, body] = process.argv.slice(2);\n"
                    "console.log(genuine(secret, JSON.parse(headers), Buffer.from(body)));\n", "utf-8")  # fmt: skip
    for headers, genuine in ((sent(SECRET), "true"), (sent(OTHER), "false"), (sent(SECRET, 400), "false")):
        told = str(headers).replace("'", '"')
        done = subprocess.run([node, str(file), SECRET, told, BODY], capture_output=True, text=True, check=True)
        assert done.stdout.strip() == genuine


@pytest.mark.real_commits
def test_many_units_in_one_call(served: Served, tmp_path: Path) -> None:
    file = tmp_path / "district.py"
    file.write_text(block("python", "x-ndjson"), "utf-8")
    env = {**os.environ, "DIENHINH_KEY": ROBOT_KEY, "DIENHINH_URL": served.url}
    done = subprocess.run([sys.executable, str(file)], env=env, capture_output=True, text=True, check=True)
    first, second = done.stdout.splitlines()
    assert first.startswith("1 True {'created': 1")
    assert second.startswith("2 False [{'pointer': '/unit', 'code': 'not_found'")


@pytest.mark.real_commits
def test_the_first_push_is_taken_and_not_twice(served: Served) -> None:
    (body,) = re.findall(r"-d '(\{\n  \"unit\".*?\})' \| get summary", GUIDE, re.DOTALL)
    headers = {"Content-Type": "application/json", "Idempotency-Key": '"first-push"'}
    with served.client() as client:
        address = "/api/v1/submissions?on_conflict=update"
        first, again = [client.post(address, content=body.encode(), headers=headers) for _ in range(2)]
    assert first.status_code == 200, first.text
    assert (again.json(), again.headers["Idempotency-Replayed"]) == (first.json(), "true")
    told = first.json()
    assert (told["stored"], {item["pointer"] for item in told["items"]}) == (
        True,
        {"/directives/0", "/situation_figures/0"},
    )


def test_both_languages_show_the_same_commands() -> None:
    """Section by section, line by line; the numbers and names in them differ."""
    other = (ROOT / "docs" / "integration.vi.md").read_text("utf-8")
    assert re.findall(r"^## ", GUIDE, re.MULTILINE) == re.findall(r"^## ", other, re.MULTILINE)
    theirs = re.findall(r"^```sh\n(.*?)^```", other, re.MULTILINE | re.DOTALL)
    assert [text.count("\n") for text in blocks("sh")] == [text.count("\n") for text in theirs]
