"""``dienhinh user``: the first accounts of an installation, and help when nobody can sign in."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any
from uuid import UUID

import typer
from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.access.actor import Tx
from app.access.permissions import Role
from app.cli.runtime import database_address, out, refuse, run, system_transaction
from app.identity.grants import Holder, give_grant
from app.identity.models import User
from app.identity.schemas import GrantIn, UserIn
from app.identity.users import create_user, disable_user, set_password
from app.kernel.db import constraint_of
from app.kernel.errors import DomainError, error_for_constraint
from app.units.references import ref_by_code

commands = typer.Typer(help="Make accounts, give roles, set passwords, disable accounts.", no_args_is_help=True)
Username = Annotated[str, typer.Argument(help="e.g. 17509.editor")]
UnitCode = Annotated[str, typer.Option("--unit", help="Code of the unit, e.g. 40 for the province")]
Ask = Annotated[bool, typer.Option("--ask", help="Ask for the password instead of making one")]


def _asked(ask: bool) -> str | None:
    return typer.prompt("Password", hide_input=True, confirmation_prompt=True) if ask else None


def _faults(error: DomainError) -> str:
    return "; ".join(f"{fault.pointer} {fault.message.en}" for fault in error.errors) or error.title.en


async def _unit(tx: Tx, code: str) -> UUID:
    found = await ref_by_code(tx.session, code)
    if found is None:
        raise refuse(f"There is no living unit with the code {code}: load the units first.")
    return found.id


async def _user(tx: Tx, username: str) -> UUID:
    found = await tx.session.scalar(select(User.id).where(User.username == username.lower()))
    if found is None:
        raise refuse(f"There is no user {username}.")
    return UUID(str(found))


@commands.command()
def add(
    username: Username,
    name: Annotated[str, typer.Option(help="The person's full name")],
    unit: UnitCode,
    role: Annotated[list[Role] | None, typer.Option(help="Role at that unit; may be repeated")] = None,
    ask: Ask = False,
) -> None:
    """Make an account with roles at its unit; prints the password it made, once."""
    given = _asked(ask)

    async def work(address: str) -> str | None:
        async with system_transaction(address) as tx:
            place = await _unit(tx, unit)
            made = await create_user(tx, UserIn(username=username, full_name=name, unit_id=place, password=given))
            for granted in role or []:
                await give_grant(tx, Holder("user", made.id), GrantIn(role=granted, unit_id=place))
            return made.generated_password

    password = _done(work)
    out.print(f"User {username} is there." + (f" Password: {password}" if password else ""), markup=False)


@commands.command()
def grant(username: Username, role: Role, unit: UnitCode) -> None:
    """Give a role at a unit, from today."""

    async def work(address: str) -> str | None:
        async with system_transaction(address) as tx:
            body = GrantIn(role=role, unit_id=await _unit(tx, unit))
            await give_grant(tx, Holder("user", await _user(tx, username)), body)
        return None

    _done(work)
    out.print(f"{username} is {role.value} at {unit}.", markup=False)


@commands.command()
def password(username: Username) -> None:
    """Set a person's password (asked for); ends all of the person's sessions."""
    given = str(_asked(ask=True))

    async def work(address: str) -> str | None:
        async with system_transaction(address) as tx:
            await set_password(tx, await _user(tx, username), given, note="dienhinh user password")
        return None

    _done(work)
    out.print(f"The password of {username} is set.", markup=False)


@commands.command()
def disable(username: Username) -> None:
    """Disable an account from its next request on."""

    async def work(address: str) -> str | None:
        async with system_transaction(address) as tx:
            await disable_user(tx, await _user(tx, username), note="dienhinh user disable")
        return None

    _done(work)
    out.print(f"{username} is disabled.", markup=False)


def _done(work: Callable[[str], Coroutine[Any, Any, str | None]]) -> str | None:
    with database_address() as address:
        try:
            return run(work(address))
        except DomainError as fault:
            raise refuse(_faults(fault)) from fault
        except IntegrityError as fault:
            known = error_for_constraint(constraint_of(fault))
            raise refuse(_faults(known) if known else str(fault.orig)) from fault
        except ValidationError as fault:
            raise refuse("; ".join(f"{'/'.join(map(str, e['loc']))}: {e['msg']}" for e in fault.errors())) from fault
