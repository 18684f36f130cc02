"""``dienhinh worker``: jobs alone, for hosts that answer no requests."""

import asyncio
import signal

from app.cli.runtime import database_address, is_current, out, refuse, run
from app.jobs import jobs_done
from app.kernel import logs
from app.kernel.db import Database, create_engine
from app.kernel.settings import get_settings


def worker() -> None:
    """Work on jobs (webhooks, reminders, e-mail) until told to stop. Any number may run beside each other.

    `dienhinh serve` does so too, unless DIENHINH_JOBS=off.
    """
    with database_address() as address:
        if not run(is_current(address)):
            raise refuse("The database lacks migrations. Run `dienhinh migrate`.")
        out.print("Working on jobs; control-C ends it.")
        run(_work(address))


async def _work(address: str) -> None:
    settings = get_settings()
    logs.configure(settings.log_format, settings.log_level)
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    database = Database(create_engine(address, pool_size=settings.pool_size))
    try:
        async with jobs_done(address, database, settings):
            await stopping.wait()
    finally:
        await database.dispose()
