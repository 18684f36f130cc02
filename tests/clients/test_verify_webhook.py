"""What partners verify webhooks with believes what this application signs, and nothing else; in both languages."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import httpx
import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from app.webhooks.sending import Message, headers_of
from tests.clients.conftest import ROOT

EXAMPLES = ROOT / "clients" / "examples"
SECRET, OTHER = "whsec_" + "c2VjcmV0" * 4, "whsec_" + "b3RoZXIh" * 4
BODY = json.dumps({"type": "report.submitted", "data": {"unit": "Xã Mã Thành"}}, ensure_ascii=False)
ID = UUID("0190a1f0-0c5e-7b6a-9d0e-2f6b8a4c1d11")


@dataclass(frozen=True)
class Case:
    """A message and whether it is genuine."""

    secrets: tuple[str, ...] = (SECRET,)
    age: int = 0
    body: str = BODY
    without: str = ""
    genuine: bool = False


CASES = {
    "genuine": Case(genuine=True),
    "signed by old and new": Case(secrets=(OTHER, SECRET), genuine=True),
    "another secret": Case(secrets=(OTHER,)),
    "too old": Case(age=400),
    "from the future": Case(age=-400),
    "changed on the way": Case(body=BODY.replace("submitted", "accepted")),
    "unsigned": Case(without="webhook-signature"),
    "without its time": Case(without="webhook-timestamp"),
}


def sent(case: Case) -> dict[str, str]:
    """The headers of a message, as they arrive."""
    at = datetime.fromtimestamp(int(time.time()) - case.age, UTC)
    headers = headers_of(Message("https://example.vn", ID, BODY, case.secrets), at)
    return {name: value for name, value in headers.items() if name != case.without}


@contextmanager
def receiver(*command: str) -> Iterator[str]:
    """The example, listening."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    env = {**os.environ, "DIENHINH_WEBHOOK_SECRET": SECRET}
    with subprocess.Popen(
        [*command, str(port)], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        try:
            yield f"http://127.0.0.1:{port}/"
        finally:
            process.kill()


@pytest.mark.parametrize("language", ["python", "node"])
def test_only_genuine_messages_are_taken(language: str) -> None:
    program = {"python": sys.executable, "node": shutil.which("node")}[language]
    if program is None:
        pytest.skip("node is not installed: the JavaScript example cannot be run")
    file = EXAMPLES / {"python": "verify_webhook.py", "node": "verify_webhook.mjs"}[language]
    with receiver(program, str(file)) as url:
        for name, case in CASES.items():
            answer = httpx.post(url, content=case.body.encode(), headers=sent(case))
            assert answer.status_code == (204 if case.genuine else 401), f"{name}: {answer.text}"


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_the_library_of_the_standard_agrees(case: Case) -> None:
    if case.genuine:
        assert Webhook(SECRET).verify(case.body, sent(case)) == json.loads(BODY)
        return
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(case.body, sent(case))
