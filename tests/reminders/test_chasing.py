"""Chasing by hand, the inbox, and e-mail."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import date
from email import message_from_bytes, policy
from typing import Any

import aiosmtplib
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import text, update

from app.access.actor import Tx
from app.campaigns.models import Obligation
from app.identity.models import User
from app.kernel.clock import start_of
from app.kernel.settings import Settings
from app.reminders import queries
from app.reminders.jobs import mail_notice
from app.reminders.mail import Mailer, mailer_of
from tests.actors import Api, codes
from tests.builders.campaigns import plan_320
from tests.builders.people import user_id
from tests.builders.units import unit_id
from tests.conftest import Statements

pytestmark = pytest.mark.anyio
As = Callable[[str, str], Api]


@pytest.fixture
async def campaign(system: Tx) -> str:
    """Plan 320, opened in the small tree: three communes, two districts and an agency owe their report."""
    return await plan_320(system)


def body(unit: str = "district_yen_thanh", **more: Any) -> dict[str, Any]:
    """Whom to chase."""
    return {"unit_id": str(unit_id(unit)), **more}


async def test_a_dry_run_tells_and_does_nothing(campaign: str, as_: As, audit: Callable[..., Any]) -> None:
    before = len(await audit())
    answer = await as_("province", "coordinator").post(f"/campaigns/{campaign}/reminders?dry_run=true", body())
    assert answer.status_code == 200, answer.text
    shown = answer.json()
    assert (shown["dry_run"], shown["owing"], shown["reminded"]) == (True, 3, 3)
    assert {(item["unit"]["code"], item["recipients"]) for item in shown["items"]} == {
        ("426", 2),
        ("17509", 3),
        ("17510", 2),
    }
    assert (await as_("commune_a", "editor").get("/inbox")).json()["items"] == []
    assert len(await audit()) == before


async def test_chasing_reminds_who_owes_once_a_day(
    campaign: str, as_: As, system: Tx, audit: Callable[..., Any], clock: Any
) -> None:
    done = {"status": "submitted", "first_counted_at": start_of(date(2024, 6, 1))}
    await system.session.execute(update(Obligation).where(Obligation.unit_id == unit_id("commune_b")).values(**done))
    coordinator, path = as_("province", "coordinator"), f"/campaigns/{campaign}/reminders"
    shown = (await coordinator.post(path, body(note="Đề nghị gửi sớm"))).json()
    assert (shown["owing"], shown["reminded"], shown["already_reminded"]) == (2, 2, 0)
    (notice,) = (await as_("commune_a", "editor").get("/inbox")).json()["items"]
    assert (notice["kind"], notice["title"]) == ("by_hand", "Đôn đốc: báo cáo sơ kết - Xã Mã Thành")
    assert notice["body"].endswith("Lời nhắn: Đề nghị gửi sớm")
    assert (await as_("commune_b", "editor").get("/inbox")).json()["items"] == []
    shown = (await coordinator.post(path, body())).json()
    assert (shown["reminded"], shown["already_reminded"]) == (0, 2)
    clock.set("2024-07-02T12:00:00+07:00")
    assert (await coordinator.post(path, body())).json()["reminded"] == 2
    chased = [event for event in await audit() if event.verb == "obligation.remind"]
    assert (len(chased), chased[0].note, chased[0].actor_name) == (4, "Đề nghị gửi sớm", "40.coordinator")
    listed = (await coordinator.get(path, kind="by_hand", unit=str(unit_id("commune_a")))).json()["items"]
    assert [(item["day"], item["recipients"]) for item in listed] == [("2024-07-02", 3), ("2024-07-01", 3)]
    assert (await as_("commune_b", "viewer").get(path)).json()["items"] == []  # of other units one learns nothing


async def test_who_chases_beside_another_tells_what_was_really_sent(
    campaign: str, as_: As, monkeypatch: pytest.MonkeyPatch
) -> None:
    coordinator, path = as_("province", "coordinator"), f"/campaigns/{campaign}/reminders"
    assert (await coordinator.post(path, body())).json()["reminded"] == 3

    async def none_yet(*_: Any) -> set[Any]:
        return set()

    monkeypatch.setattr(queries, "sent", none_yet)  # as it is read before the other's reminders are committed
    shown = (await coordinator.post(path, body())).json()
    assert (shown["reminded"], shown["already_reminded"]) == (0, 3)
    assert {item["result"] for item in shown["items"]} == {"already_reminded"}


async def test_who_may_chase(campaign: str, as_: As, anonymous: Api, system: Tx) -> None:
    path = f"/campaigns/{campaign}/reminders"
    assert (await anonymous.post(path, body())).status_code == 401
    assert (await as_("district_yen_thanh", "approver").post(path, body())).status_code == 403
    assert (await as_("commune_c", "editor").post(path, body())).status_code == 404
    assert codes(await as_("province", "coordinator").post(path, {})) == [("/unit_id", "missing")]
    nowhere = f"/campaigns/{unit_id('commune_a')}/reminders"
    assert (await as_("province", "coordinator").post(nowhere, body())).status_code == 404
    await as_("province", "coordinator").done(f"/campaigns/{campaign}", "close")
    closed = await as_("province", "coordinator").post(path, body())
    assert (closed.status_code, closed.json()["code"]) == (409, "campaign_closed")


async def test_a_unit_without_accounts_is_named(campaign: str, as_: As, system: Tx) -> None:
    for role in ("editor", "approver", "approver2"):
        gone = update(User).where(User.id == user_id("commune_a", role))
        await system.session.execute(gone.values(disabled_at=system.now))
    answer = await as_("province", "coordinator").post(f"/campaigns/{campaign}/reminders", body("commune_a"))
    assert answer.json()["nobody_to_remind"] == 1
    assert [item["result"] for item in answer.json()["items"]] == ["nobody_to_remind"]


# --- the inbox -------------------------------------------------------------------------------------------------------


@pytest.fixture
async def editor(campaign: str, as_: As) -> Api:
    """The editor of commune_a, who was chased on two days."""
    await as_("province", "coordinator").post(f"/campaigns/{campaign}/reminders", body())
    return as_("commune_a", "editor")


async def test_notices_are_read_one_by_one_or_all_at_once(
    editor: Api, campaign: str, as_: As, clock: Any, statements: Statements
) -> None:
    clock.set("2024-07-02T12:00:00+07:00")
    await as_("province", "coordinator").post(f"/campaigns/{campaign}/reminders", body())
    first, second = (await editor.get("/inbox", unread=True)).json()["items"]
    path = f"/inbox/{first['id']}"
    assert (await editor.request("PATCH", path, {"read": True})).status_code == 428
    stale = await editor.etag(path)
    read = await editor.change("PATCH", path, {"read": True})
    assert (read.status_code, read.json()["read_at"] is None) == (200, False)
    assert (await editor.change("PATCH", path, {"read": False}, stale)).status_code == 412
    assert [n["id"] for n in (await editor.get("/inbox", unread=True)).json()["items"]] == [second["id"]]
    assert [n["id"] for n in (await editor.get("/inbox", unread=False)).json()["items"]] == [first["id"]]
    assert (await editor.change("PATCH", path, {"read": False})).json()["read_at"] is None
    assert codes(await editor.change("PATCH", path, {"read": "yes"})) == [("/read", "bool_type")]
    assert (await editor.post("/inbox/read-all")).json() == {"marked": 2}
    assert (await editor.post("/inbox/read-all")).json() == {"marked": 0}
    statements.seen.clear()
    assert len((await editor.get("/inbox")).json()["items"]) == 2
    assert len(statements.seen) <= 6


async def test_an_inbox_is_its_owners_alone(editor: Api, as_: As, anonymous: Api) -> None:
    (notice,) = (await editor.get("/inbox")).json()["items"]
    path = f"/inbox/{notice['id']}"
    for other in (as_("commune_a", "viewer"), as_("province", "coordinator"), as_("commune_b", "editor")):
        assert (await other.get(path)).status_code == 404
        assert (await other.change("PATCH", path, {"read": True}, '"1"')).status_code == 404
    assert (await as_("province", "coordinator").post("/inbox/read-all")).json() == {"marked": 0}
    assert (await editor.get("/inbox", unread=True)).json()["items"] != []
    for method, place in (("GET", "/inbox"), ("GET", path), ("PATCH", path), ("POST", "/inbox/read-all")):
        assert (await anonymous.request(method, place)).status_code == 401


# --- e-mail ----------------------------------------------------------------------------------------------------------


class Post:
    """A mail server that keeps what it gets, or answers the recipient with ``refusal``."""

    def __init__(self) -> None:
        self.letters: list[bytes] = []
        self.refusal: str | None = None
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """As much of SMTP as a client needs."""
        writer.write(b"220 here\r\n")
        while line := (await reader.readline()).upper():
            if line.startswith(b"DATA"):
                writer.write(b"354 go\r\n")
                self.letters.append((await reader.readuntil(b"\r\n.\r\n"))[:-5])
                writer.write(b"250 ok\r\n")
            elif line.startswith(b"RCPT") and self.refusal:
                writer.write(f"{self.refusal}\r\n".encode())
            else:
                writer.write(b"221 bye\r\n" if line.startswith(b"QUIT") else b"250 ok\r\n")
            await writer.drain()
        writer.close()


@pytest.fixture
async def post() -> AsyncIterator[Post]:
    """A mail server on this machine."""
    made = Post()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    yield made
    server.close()
    await server.wait_closed()


@pytest.fixture
async def waiting(app: FastAPI, campaign: str, as_: As, system: Tx, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The id of a notice to the editor of commune_a, who has an e-mail address, where e-mail is sent."""
    address = update(User).where(User.id == user_id("commune_a", "editor")).values(email="ma.thanh@example.vn")
    await system.session.execute(address)
    monkeypatch.setattr(app.state.settings, "smtp_url", SecretStr("smtp://127.0.0.1"))
    await as_("province", "coordinator").post(f"/campaigns/{campaign}/reminders", body("commune_a"))
    return await system.session.scalar(text("SELECT id FROM notices WHERE mail_status = 'waiting'"))


def mailer(post: Post) -> Mailer:
    """Hands over to that server."""
    return Mailer("127.0.0.1", post.port, tls=False, username=None, password=None, sender="Điển Hình <dh@example.vn>")


async def mail_status(system: Tx, notice: Any) -> Any:
    """What became of the e-mail."""
    return await system.session.scalar(text("SELECT mail_status FROM notices WHERE id = :id"), {"id": notice})


async def test_who_has_an_address_gets_a_letter_once(app: FastAPI, waiting: Any, post: Post, system: Tx) -> None:
    async with app.state.services.database.transaction() as session:
        queued = await session.scalar(text("SELECT count(*) FROM pgqueuer WHERE entrypoint = 'reminders.mail'"))
    assert queued == 1
    for _ in range(2):
        await mail_notice(app.state.services.database, mailer(post), waiting)
    (letter,) = [message_from_bytes(each, policy=policy.default) for each in post.letters]
    assert letter["To"] == "editor Xã Mã Thành <ma.thanh@example.vn>"
    assert letter["From"] == "Điển Hình <dh@example.vn>"
    assert letter["Subject"] == "Đôn đốc: báo cáo sơ kết - Xã Mã Thành"
    assert letter["Message-ID"] == f"<{waiting}@example.vn>"
    assert "trước ngày 15/07/2024" in letter.get_body().get_content()  # type: ignore[union-attr]
    assert await mail_status(system, waiting) == "sent"


async def test_a_refusal_for_now_is_tried_again_and_one_for_good_is_not(
    app: FastAPI, waiting: Any, post: Post, system: Tx
) -> None:
    post.refusal = "450 later"
    with pytest.raises(aiosmtplib.SMTPException):
        await mail_notice(app.state.services.database, mailer(post), waiting)
    assert await mail_status(system, waiting) == "waiting"
    post.refusal = "550 nobody of that name"
    await mail_notice(app.state.services.database, mailer(post), waiting)
    assert await mail_status(system, waiting) == "failed"


def test_the_address_of_the_mail_server() -> None:
    def made(url: str | None, sender: str | None = "a@b.vn") -> Mailer | None:
        return mailer_of(Settings(_env_file=None, smtp_url=SecretStr(url) if url else None, smtp_sender=sender))

    assert made(None) is None
    assert made("smtps://us%40er:p%3Aw@mail.vn") == Mailer("mail.vn", 465, True, "us@er", "p:w", "a@b.vn")
    assert made("smtp://mail.vn") == Mailer("mail.vn", 587, False, None, None, "a@b.vn")
    for wrong in ("http://mail.vn", "mail.vn", "smtp://"):
        with pytest.raises(ValueError, match="smtp://host:port"):
            made(wrong)
    with pytest.raises(ValueError, match="DIENHINH_SMTP_SENDER"):
        made("smtp://mail.vn", None)
