"""The numbers of the advisory locks, so that no two uses share one. Each stands before a hash of what is locked."""

from enum import IntEnum


class LockSpace(IntEnum):
    """First key of ``pg_advisory_xact_lock(int, int)``. Triggers in migrations name their number themselves."""

    CAMPAIGN = 320
    PERIOD = 321
    ACTIVITY_TOTALS = 322  # also in migration 0011
    ACTIVITY_FORMS = 323
    SITUATION_FIGURES = 324  # also in migration 0012
    INDICATORS = 325
    EVIDENCE = 327
    IDEMPOTENCY = 329
    CHOSEN_ID = 331
    SUBMISSION = 332
    REORGANISATION = 333
    INTEGRITY = 334
