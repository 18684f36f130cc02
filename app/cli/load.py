"""``dienhinh load``: units from CSV, and the data that ship."""

from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from app.access.actor import Tx, UnitRef
from app.awards.shipped import load_shipped_award_forms
from app.campaigns.shipped import load_shipped_campaign
from app.cli.runtime import count_rows, database_address, err, out, refuse, run, system_transaction
from app.criteria.shipped import load_shipped
from app.forms.shipped import load_shipped_form_sets
from app.kernel.errors import DomainError
from app.propaganda.shipped import load_shipped_activity_forms
from app.reorganisations import service as reorganisations
from app.reorganisations.balance_schemas import BalanceOut
from app.reorganisations.csvfile import parse as parse_act
from app.reorganisations.schemas import ReorganisationHead
from app.situation.shipped import load_shipped_indicators
from app.units.loading import LoadReport, load_units
from app.units.references import ref_by_code

commands = typer.Typer(
    help="Load units from CSV, or the criteria sets and the campaign that ship.", no_args_is_help=True
)
Owner = Annotated[str, typer.Option(help="Code of the unit that will own them, e.g. 40 for Nghệ An")]


@commands.command()
def units(
    file: Annotated[
        Path,
        typer.Argument(
            help="CSV with the columns code,name,type,parent_code, or the name of one that ships: nghe_an_2024.csv,"
            " national_2025_01.csv (63 provinces, before 1/7/2025), national_2025_07.csv (34 provinces, since then)",
            dir_okay=False,
        ),
    ],
    valid_from: Annotated[
        datetime, typer.Option(help="The day from which the file's tree holds", formats=["%Y-%m-%d"])
    ],
) -> None:
    """Load a tree of units: all of it or, with every mistake named by its line, nothing.

    Never over another tree: the way from one to the next is an act, `dienhinh load reorganisation`.
    """
    content = _content(file)
    with database_address() as address:
        report = run(_load_units(address, content, valid_from))
    for error in report.errors:
        place = f"{file.name}:{error.line}" + (f" ({error.column})" if error.column else "")
        err.print(f"{place}: {error.vi} / {error.en}", style="red", markup=False)
    if report.errors:
        raise refuse(f"Nothing was loaded: {len(report.errors)} errors.")
    out.print(f"{report.created} units created, {report.unchanged} were already there.")


def _content(file: Path) -> bytes:
    """What stands in ``file`` or, where there is none, in the shipped one that bears this name and no folder."""
    if file.is_file():
        return file.read_bytes()
    shipped = files("app.data") / "units" / file.name
    if file.parent != Path() or file.suffix != ".csv" or not shipped.is_file():
        raise refuse(f"{file} is not a file.")
    return shipped.read_bytes()


async def _load_units(address: str, content: bytes, valid_from: datetime) -> LoadReport:
    with Progress(console=err, transient=True) as bar:
        task = bar.add_task("Loading units", total=None)

        def moved(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        async with system_transaction(address) as tx:
            report = await load_units(tx, content, valid_from=valid_from.date(), on_progress=moved)
        await count_rows(address)
        return report


@commands.command()
def reorganisation(
    file: Annotated[
        Path,
        typer.Argument(
            help="CSV of the act, or the name of one that ships: nghe_an_act_2024_12.csv, nghe_an_act_2025_07.csv",
            dir_okay=False,
        ),
    ],
    owner: Owner,
    decision_number: Annotated[str, typer.Option(help="Number and symbol, e.g. 1678/NQ-UBTVQH15")],
    issuing_body: Annotated[str, typer.Option(help="Who issued it")] = "Ủy ban Thường vụ Quốc hội",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show the balance sheet")] = False,
) -> None:
    """Carry out a legal act on the map: all of it or, with every mistake named by its line, nothing.

    An act whose day is still to come is stored and takes effect then by itself.
    """
    content = _content(file)
    named = {"decision_number": decision_number, "issuing_body": issuing_body, "title": "Sắp xếp đơn vị hành chính"}
    with database_address() as address:
        try:
            balance, said = run(_reorganise(address, content, owner, named, dry_run=dry_run))
        except DomainError as fault:
            for error in fault.errors:
                place = f"{file.name}{error.pointer.replace('/lines/', ':').replace('/', ' ')}"
                err.print(f"{place}: {error.message.vi} / {error.message.en}", style="red", markup=False)
            raise refuse(f"Nothing was changed: {fault.title.en}. {fault}") from fault
    out.print(said)
    if balance is not None:
        for level in balance.levels:
            out.print(f"{level.level}: {level.before} -> {level.after}")
        out.print(f"{balance.base_units_placed} base units placed, {balance.base_units_unplaced} wait to be placed.")


async def _reorganise(
    address: str, content: bytes, owner: str, named: dict[str, str], *, dry_run: bool
) -> tuple[BalanceOut | None, str]:
    """The balance sheet, and what became of the act."""
    async with system_transaction(address) as tx:
        unit = await _owner(tx, owner)
        head = ReorganisationHead.model_validate({"unit_id": unit.id, **named})
        if dry_run:
            return await reorganisations.preview(tx, head, parse_act(content)), "dry run: nothing has changed"
        made = await reorganisations.create(tx, head, parse_act(content))
    await count_rows(address)
    return made.balance, f"{made.status}, {made.effective_on}"


@commands.command()
def criteria(
    owner: Owner, publish: Annotated[bool, typer.Option("--publish", help="Publish them at once")] = False
) -> None:
    """Load the shipped criteria sets. Texts that are not official are marked, and say so."""

    async def work(address: str) -> int:
        async with system_transaction(address) as tx:
            return len(await load_shipped(tx, await _owner(tx, owner), publish=publish))

    with database_address() as address:
        out.print(f"{run(work(address))} criteria sets are there.")


@commands.command("forms")
def form_sets(
    owner: Owner, publish: Annotated[bool, typer.Option("--publish", help="Publish them at once")] = False
) -> None:
    """Load the shipped statistical forms. Those whose content is a proposal say so."""

    async def work(address: str) -> int:
        async with system_transaction(address) as tx:
            return len(await load_shipped_form_sets(tx, await _owner(tx, owner), publish=publish))

    with database_address() as address:
        out.print(f"{run(work(address))} sets of forms are there.")


@commands.command()
def campaign(owner: Owner) -> None:
    """Load plan 320/KH-UBND as a draft campaign with its outline and deadlines."""

    async def work(address: str) -> str:
        async with system_transaction(address) as tx:
            return str(await load_shipped_campaign(tx, await _owner(tx, owner)))

    with database_address() as address:
        out.print(f"Campaign {run(work(address))} is there.")


@commands.command("award-forms")
def award_forms(owner: Owner) -> None:
    """Load the forms of award that plan 320 names. Those that are a proposal are marked so."""

    async def work(address: str) -> int:
        async with system_transaction(address) as tx:
            return len(await load_shipped_award_forms(tx, await _owner(tx, owner)))

    with database_address() as address:
        out.print(f"{run(work(address))} forms of award are there.")


@commands.command()
def catalogues(owner: Owner) -> None:
    """Load the forms of propaganda that the plan names and the proposed indicators of security and order."""

    async def work(address: str) -> tuple[int, int]:
        async with system_transaction(address) as tx:
            unit = await _owner(tx, owner)
            forms = await load_shipped_activity_forms(tx, unit)
            return len(forms), len(await load_shipped_indicators(tx, unit))

    with database_address() as address:
        added = run(work(address))
    out.print(f"{added[0]} forms of activities and {added[1]} indicators added; what was there is as it was.")


async def _owner(tx: Tx, code: str) -> UnitRef:
    found = await ref_by_code(tx.session, code)
    if found is None:
        raise refuse(f"There is no living unit with the code {code}: load the units first.")
    return found
