"""``dienhinh check``: is this installation sound, and if not, what to do."""

import json
from typing import Annotated, Any

import typer

from app.access.actor import SYSTEM, Tx
from app.attachments import upkeep
from app.attachments.storage import Storage
from app.cli.attachments import storage
from app.cli.runtime import database, database_address, is_current, out, refuse, run
from app.identity.opening import open_as_system
from app.integrity.mending import Mended, NotMended, mend, mendable
from app.integrity.presenting import told
from app.integrity.service import Bounds, Found, asked, running
from app.kernel.clock import Clock
from app.kernel.errors import Invalid
from app.kernel.integrity import Check

_FILES = {
    "code": "attachments.files",
    "title": "every evidence file is in the store",
    "remedy": "Restore them from a back-up of the store; `dienhinh attachments verify` names them.",
}


def check(
    code: Annotated[list[str] | None, typer.Argument(help="Codes of checks or groups; all where none is given")] = None,
    verbose: Annotated[bool, typer.Option("--verbose", help="Name the first 20 rows that break each rule")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For scripts: one JSON document")] = False,
    to_mend: Annotated[str, typer.Option("--mend", metavar="CODE", help="Mend what that check finds")] = "",
) -> None:
    """Look over the database (migrations, fence, units, records, seals) and the store of evidence files.

    Changes nothing without --mend; exit 1 when something is wrong.
    """
    with database_address() as address:
        if not run(is_current(address)):
            raise refuse("migrations: behind. Run `dienhinh migrate`.")
        if to_mend:
            _mend(address, to_mend)
            return
        try:
            wanted = asked(code or [])
        except Invalid as fault:
            raise refuse("There is no such check or group; `dienhinh check --json` lists them.") from fault
        found, lacking = run(_look(address, wanted, None if code else storage()))
    results: list[dict[str, Any]] = [told(one, "en").model_dump(mode="json") for one in found]
    if not code:
        results.append(_files_told(lacking))
    if as_json:
        sound = all(result["status"] == "sound" for result in results)
        typer.echo(json.dumps({"sound": sound, "checks": results}, ensure_ascii=False, indent=2))
    else:
        for result in results:
            _print(result, verbose=verbose)
    if any(result["status"] != "sound" for result in results):
        raise typer.Exit(1) if as_json else refuse("Something is wrong: see above.")


async def _look(address: str, wanted: list[Check], files: Storage | None) -> tuple[list[Found], list[str]]:
    async with database(address) as opened, opened.transaction(keep=False) as session:
        await open_as_system(session)
        tx = Tx(session, SYSTEM, Clock().now(), "cli")
        found = [one async for one in running(tx, wanted, Bounds())]
        return found, await upkeep.missing(tx, files) if files else []


def _files_told(lacking: list[str]) -> dict[str, Any]:
    samples = [{"unit": None, "table": "attachments", "id": None, "found": key, "expected": None} for key in lacking]
    status = "broken" if lacking else "sound"
    return {**_FILES, "status": status, "count": len(lacking), "samples": samples[:20], "command": None, "reason": None}


def _print(result: dict[str, Any], *, verbose: bool) -> None:
    if result["status"] == "sound":
        out.print(f"ok   {result['title']}", style="green", markup=False)
        return
    if result["status"] == "not_run":
        out.print(f"BAD  {result['title']}: not run. {result['reason']}", style="red", markup=False)
        return
    remedy = f"{result['command']}: {result['remedy']}" if result["command"] else result["remedy"]
    out.print(f"BAD  {result['title']} [{result['code']}]: {result['count']}. {remedy}", style="red", markup=False)
    for sample in result["samples"] if verbose else ():
        unit = f"{sample['unit']['code']} {sample['unit']['name']}: " if sample["unit"] else ""
        should = f", should be {sample['expected']}" if sample["expected"] else ""
        out.print(f"       {unit}{sample['table']} {sample['id'] or ''}: {sample['found']}{should}", markup=False)


def _mend(address: str, code: str) -> None:
    try:
        done = run(_mended(address, mendable(code)))
    except NotMended as fault:
        raise refuse(str(fault)) from fault
    out.print(f"{code}: {done.count} mended." if done.count else f"{code}: nothing to mend.")
    if done.others:
        raise refuse(f"Still broken: {', '.join(one.check.code for one in done.others)}. Run `dienhinh check`.")


async def _mended(address: str, wanted: Check) -> Mended:
    async with database(address) as opened, opened.transaction() as session:
        return await mend(session, wanted, Clock())
