"""How long the SQL of a question takes where there is no fence at all: row-level security off, nobody else served."""

import time
from statistics import median

from bench.loading import connected
from bench.recording import NotRepeatableError, Pattern, Plan, Slot

_FENCED = "SELECT oid::regclass::text FROM pg_class WHERE relrowsecurity AND pg_has_role(relowner, 'USAGE')"


async def seconds(address: str, plan: Plan, rounds: int) -> float:
    """The median time of the statements of ``plan`` but the opening one, in seconds.

    The policies are switched off inside a transaction that is rolled back, which locks out everyone else meanwhile.
    Raises NotRepeatableError when a value depends on who asks.
    """
    steps = plan.steps[1:]
    if any(isinstance(value, Slot | Pattern) for step in steps for row in step.rows for value in row):
        raise NotRepeatableError("only a question that is the same for everyone can be asked without a fence")
    waits = []
    async with connected(address) as connection:
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute("SET LOCAL jit = off")
        for row in await connection.fetch(_FENCED):
            await connection.execute(f"ALTER TABLE {row[0]} DISABLE ROW LEVEL SECURITY")
        for _ in range(rounds + 1):
            begun = time.perf_counter()
            for step in steps:
                await connection.fetch(step.sql, *step.rows[0])
            waits.append(time.perf_counter() - begun)
        await transaction.rollback()
    return median(waits[1:])
