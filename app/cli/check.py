"""``dienhinh check``: is this installation sound, and if not, what to do."""

from sqlalchemy import text

from app.access.actor import SYSTEM, Tx
from app.attachments import upkeep
from app.attachments.storage import Storage
from app.cli.attachments import storage
from app.cli.runtime import database, database_address, is_current, out, refuse, run
from app.identity.opening import open_as_system
from app.kernel.clock import Clock
from app.reports.integrity import CHECKS as REPORTS
from app.units.integrity import CHECKS as UNITS

CHECKS = (*UNITS, *REPORTS)


def check() -> None:
    """Look over the database (migrations, fence, tree of units) and the store of evidence files.

    Changes nothing; exit 1 when something is wrong.
    """
    with database_address() as address:
        if not run(is_current(address)):
            raise refuse("migrations: behind. Run `dienhinh migrate`.")
        faults = run(_faults(address, storage()))
    for title, count, remedy in faults:
        out.print(
            f"ok   {title}" if count == 0 else f"BAD  {title}: {count}. {remedy}", style="red" if count else "green"
        )
    if any(count for _, count, _ in faults):
        raise refuse("Something is wrong: see above.")


async def _faults(address: str, files: Storage) -> list[tuple[str, int, str]]:
    async with database(address) as found, found.transaction(keep=False) as session:
        await open_as_system(session)
        faults = [(item.title, int(await session.scalar(text(item.sql)) or 0), item.remedy) for item in CHECKS]
        lacking = await upkeep.missing(Tx(session, SYSTEM, Clock().now(), "cli"), files)
    remedy = "Restore them from a back-up of the store; `dienhinh attachments verify` names them."
    return [*faults, ("every evidence file is in the store", len(lacking), remedy)]
