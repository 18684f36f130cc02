"""What a hostile or broken client uploads: always a 4xx problem, never a 500, and nothing is stored."""

import asyncio
import time
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.access.actor import Tx
from app.kernel.ids import new_id
from app.kernel.settings import Settings
from tests.actors import codes
from tests.attachments import files
from tests.attachments.scene import PDF, As, attached, upload
from tests.evaluations.scene import Scene

pytestmark = pytest.mark.anyio
TYPE = {"Content-Type": "multipart/form-data; boundary=x"}


@pytest.fixture
async def evaluation(as_: As, system: Tx) -> str:
    """The id of a draft evaluation of commune_a."""
    return (await Scene(as_, system).drafted()).rpartition("/")[2]


@pytest.fixture
def limited(app: FastAPI) -> Iterator[Callable[..., None]]:
    """``limited(max_attachment_bytes=...)``: the application with other settings."""
    usual = app.state.settings

    def change(**given: Any) -> None:
        app.state.settings = Settings(_env_file=None, **given)

    yield change
    app.state.settings = usual


async def raw(as_: As, content: Any, **headers: str) -> httpx.Response:
    """A body as it is."""
    return await as_("commune_a", "editor").request(
        "POST", "/attachments", headers={**TYPE, **headers}, content=content
    )


def part(name: str, value: bytes, file: str | None = None) -> bytes:
    """One part of a form."""
    named = f'; filename="{file}"'.encode() if file is not None else b""
    return (
        b'--x\r\nContent-Disposition: form-data; name="' + name.encode() + b'"' + named + b"\r\n\r\n" + value + b"\r\n"
    )


SAID = part("no_state_secrets", b"true") + part("report_id", str(new_id()).encode())
MALFORMED = {
    "nothing": b"",
    "no boundary in it": b"hello",
    "cut off in a header": b"--x\r\nContent-Dispo",
    "no name": b"--x\r\nContent-Disposition: form-data\r\n\r\na\r\n--x--\r\n",
    "two files": SAID + part("file", PDF[1], "a.pdf") + part("file", PDF[1], "b.pdf") + b"--x--\r\n",
    "a file under another name": SAID + part("tep", PDF[1], "a.pdf") + b"--x--\r\n",
    "the file as text": SAID + part("file", b"text") + b"--x--\r\n",
    "a field twice": SAID + SAID + part("file", PDF[1], "a.pdf") + b"--x--\r\n",
    "a field of a megabyte": part("title", b"a" * 1_000_000) + b"--x--\r\n",
    "a hundred fields": b"".join(part(f"a{i}", b"1") for i in range(100)) + b"--x--\r\n",
    "marks without end": SAID + part("title", ("a" + "\u0301\u0323" * 1_000).encode()) + part("file", PDF[1], "a.pdf"),
    "a header of a megabyte": b"--x\r\nX: " + b"a" * 1_000_000 + b"\r\n\r\n",
}


@pytest.mark.parametrize("name", MALFORMED)
async def test_a_form_that_is_none_is_refused(as_: As, name: str) -> None:
    started = time.perf_counter()
    answer = await raw(as_, MALFORMED[name])
    assert answer.status_code == 422, answer.text
    assert answer.json()["code"] in {"malformed_form", "validation_failed", "declaration_required"}
    assert time.perf_counter() - started < 5


@pytest.mark.parametrize("charset", ["undefined", "idna", "zlib", "rot13", "nonsense", "utf-16"])
async def test_a_character_set_that_is_none_breaks_nothing(as_: As, charset: str) -> None:
    body = SAID + part("file", PDF[1], "a.pdf") + b"--x--\r\n"
    answer = await raw(as_, body, **{"Content-Type": f"multipart/form-data; boundary=x; charset={charset}"})
    assert answer.status_code in {404, 422}, answer.text


@pytest.mark.parametrize("kind", ["application/json", "application/pdf", "multipart/mixed; boundary=x", ""])
async def test_other_content_types_are_refused(as_: As, kind: str) -> None:
    answer = await raw(as_, PDF[1], **{"Content-Type": kind})
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")
    assert answer.headers["accept"] == "multipart/form-data"


async def test_a_file_over_the_limit_is_refused_by_naming_it(
    as_: As, limited: Callable[..., None], evaluation: str
) -> None:
    largest = files.pdf("x" * 2_000)
    limited(max_attachment_bytes=len(largest))
    editor = as_("commune_a", "editor")
    await attached(editor, ("a.pdf", largest, "application/pdf"), evaluation_id=evaluation)
    answer = await upload(editor, ("a.pdf", largest + b" ", "application/pdf"), evaluation_id=evaluation)
    assert (answer.status_code, answer.json()["code"]) == (413, "payload_too_large")
    assert answer.json()["limit_bytes"] == len(largest)
    assert f"{len(largest):,}".replace(",", ".") in answer.json()["detail"]


async def test_a_declared_200_mb_upload_is_refused_unread(as_: As) -> None:
    async def never_read() -> Any:
        raise AssertionError("the body was read")
        yield b""

    answer = await raw(as_, never_read(), **{"Content-Length": str(200 * 2**20)})
    assert (answer.status_code, answer.json()["limit_bytes"]) == (413, 25_000_000)
    assert "25.000.000" in answer.json()["detail"]


async def test_an_undeclared_200_mb_upload_is_cut_off_and_never_in_memory(as_: As) -> None:
    sent, megabyte = 0, bytes(2**20)

    async def endless() -> Any:
        nonlocal sent
        yield SAID + b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n%PDF-'
        for _ in range(200):
            sent += 1
            yield megabyte

    tracemalloc.start()
    answer = await raw(as_, endless())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (answer.status_code, answer.json()["code"]) == (413, "payload_too_large")
    assert sent <= 26
    assert peak < 10_000_000


async def test_an_upload_that_stalls_times_out(as_: As, limited: Callable[..., None]) -> None:
    limited(upload_timeout_seconds=0.05)

    async def stalling() -> Any:
        yield SAID
        await asyncio.sleep(5)

    started = time.perf_counter()
    answer = await raw(as_, stalling())
    assert (answer.status_code, answer.json()["code"]) == (408, "request_timeout")
    assert time.perf_counter() - started < 3


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\Users\\an\\Bien ban.pdf", "Bien ban.pdf"),
        ("a\u202efdp.exe.pdf", "afdp.exe.pdf"),
        ("Bie\u0302n ba\u0309n.pdf", "Biên bản.pdf"),
        ("  x .. .pdf", "x .. .pdf"),
        ("'><script>.pdf", "'><script>.pdf"),
    ],
)
async def test_names_are_kept_without_folders_and_what_cannot_be_seen(
    as_: As, evaluation: str, given: str, kept: str
) -> None:
    made = await attached(as_("commune_a", "editor"), (given, PDF[1], "application/pdf"), evaluation_id=evaluation)
    assert made["file_name"] == kept
    answer = await as_("commune_a", "viewer").get(made["content_href"])
    disposition = answer.headers["content-disposition"]
    assert disposition.startswith('attachment; filename="')
    assert disposition.count('"') == 2
    assert "<" not in disposition


@pytest.mark.parametrize("name", ["..", "\u202e", "a" * 197 + ".pdf", "/"])
async def test_names_that_are_none_are_refused(as_: As, evaluation: str, name: str) -> None:
    answer = await upload(as_("commune_a", "editor"), (name, PDF[1], "application/pdf"), evaluation_id=evaluation)
    assert (answer.status_code, codes(answer)) == (422, [("/file", "file_name")])


async def test_the_senders_word_on_the_type_counts_for_nothing(as_: As, evaluation: str) -> None:
    editor = as_("commune_a", "editor")
    made = await attached(editor, ("a.png", files.png(), "text/html"), evaluation_id=evaluation)
    assert made["media_type"] == "image/png"
    assert (await editor.get(made["content_href"])).headers["content-type"] == "image/png"
