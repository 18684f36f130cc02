"""``dienhinh demo``: the whole product with real units, plan 320 and a plausible sample, in one command."""

import ipaddress
import os
import secrets
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from app.cli.runtime import (
    Host,
    Port,
    Workers,
    check_port,
    database,
    database_address,
    err,
    listen,
    migrate_to,
    out,
    refuse,
    run,
)
from app.demo import service
from app.demo.scene import STARTS_AT
from app.identity.passwords import hash_password, weaknesses
from app.kernel.clock import Clock, local_date
from app.kernel.db import Database
from app.kernel.settings import get_settings


@dataclass(frozen=True, slots=True)
class Ready:
    """A loaded demonstration: the accounts' one password and the offset of its calendar in seconds."""

    password: str
    offset_seconds: int


def demo(
    host: Host = "127.0.0.1",
    port: Port = 8000,
    workers: Workers = 1,
    data_dir: Annotated[Path | None, typer.Option(help="Where the embedded database lives")] = None,
    real_clock: Annotated[
        bool, typer.Option("--real-clock", help="Today is today, instead of a calendar that starts on 10/7/2024")
    ] = False,
) -> None:
    """Serve a demonstration: real units of Nghệ An (2024), plan 320/KH-UBND, and invented, marked sample records.

    Loads once; a later start finds everything again. The password of all accounts is printed, or taken from
    DIENHINH_DEMO_PASSWORD. Listening beyond this machine needs that password to be given and strong.
    """
    given = get_settings().demo_password
    password = given.get_secret_value() if given else None
    _check_exposure(host, password)
    check_port(host, port)
    if data_dir is not None:  # evidence files are kept beside the database
        os.environ["DIENHINH_DATA_DIR"] = str(data_dir)
    with database_address(data_dir) as address:
        run(migrate_to(address))
        ready = run(_prepare(address, password))
        offset = 0 if real_clock else ready.offset_seconds
        os.environ["DIENHINH_CLOCK_OFFSET_SECONDS"] = str(offset)
        _announce(f"http://{host}:{port}", ready.password, offset)
        listen(address, host, port, workers)


def _check_exposure(host: str, password: str | None) -> None:
    try:
        local = ipaddress.ip_address(host).is_loopback
    except ValueError:
        local = host == "localhost"
    if local:
        return
    if password is None:
        raise refuse(
            f"Listening on {host} shows the demonstration to other machines: give its password in "
            "DIENHINH_DEMO_PASSWORD first, or listen on 127.0.0.1."
        )
    weak = weaknesses(password, context=["demo", "editor", "approver", "province"], second_factor=False)
    if weak:
        raise refuse(
            "DIENHINH_DEMO_PASSWORD is too weak to listen beyond this machine: " + "; ".join(w.en for w in weak)
        )


async def _prepare(address: str, given: str | None) -> Ready:
    """Load what is missing, all or nothing; a second starter waits for the first."""
    async with database(address) as found:
        return await _load(found, given)


async def _load(found: Database, given: str | None) -> Ready:
    async with found.transaction() as session:
        await service.take_lock(session)
        known = await service.state_of(session)
        if known is not None:
            password = given or str(known["password"])
            if password != known["password"]:
                await service.change_password(session, password, await hash_password(password))
            return Ready(password, int(known["offset_seconds"]))
        if not await service.is_empty(session):
            raise refuse("This database already holds units that are no demonstration: choose another --data-dir.")
        password = given or "-".join(secrets.token_hex(3) for _ in range(4))
        with err.status("Loading the demonstration ...") as status:
            offset = await service.load(session, password, await hash_password(password), status.update)
        return Ready(password, offset)


def _announce(address: str, password: str, offset: int) -> None:
    calendar = (
        f"{STARTS_AT:%d/%m/%Y} khi nạp lần đầu, rồi chạy tiếp / on first start, running on from there "
        "(--real-clock: đồng hồ thật / the real clock)"
        if offset
        else "đồng hồ thật / the real clock"
    )
    today = local_date(Clock(timedelta(seconds=offset)).now())
    out.print(
        f"""
[bold]Điển Hình - bản trình diễn / demonstration[/bold]
  Địa chỉ / address     {address}   (tài liệu / docs: {address}/docs)
  Lịch / calendar       hôm nay / today: {today:%d/%m/%Y}
                        {calendar}
  Tài khoản / accounts  ministry.viewer, province.admin, province.coordinator, province.editor, province.approver,
                        province.awards, province.auditor; mỗi huyện, xã / every district and commune:
                        <mã đơn vị>.editor, <mã đơn vị>.approver   (vd / e.g. 17509.editor, 426.approver)
                        Kỳ đã khóa theo báo cáo / with a locked period: 16726.editor (phường Nghi Hòa)
  Mật khẩu / password   [bold]{escape(password)}[/bold]
  Đơn vị cơ sở, tài khoản và số liệu là mẫu, có ghi "(mẫu)". / Base units, accounts and figures are invented samples.
"""
    )
