# ruff: noqa: S608
"""What passes from units that end to their successors: people's roles, what is owed, drafts. Sets in, sets out.

Nothing that was handed in changes hands: it belongs to the unit that did it. Every row touched is put down as an effect
of the act, which tells it and can undo it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import TextClause, text

from app.access.actor import Tx
from app.kernel.db import AnyRow, Session
from app.reorganisations.subscriptions import (
    HEARD_AGAIN,
    HOME_AGAIN,
    PAIRS,
    SECRETS,
    SECRETS_AGAIN,
    SILENCED,
    WEBHOOKS,
)

_OLD_GRANTS = (
    PAIRS
    + """, gone AS (
    SELECT g.id, g.valid_to FROM grants g JOIN pairs ON old_id = g.unit_id
    WHERE g.valid_to IS NULL OR g.valid_to > $3::date
)
UPDATE grants g SET valid_to = greatest(g.valid_from, $3::date), version = g.version + 1
FROM gone WHERE gone.id = g.id
RETURNING g.id, g.unit_id, 'ended' AS effect, jsonb_build_object('valid_to', gone.valid_to) AS before,
    jsonb_build_object('valid_to', g.valid_to) AS after"""
)
_NEW_GRANTS = (
    PAIRS
    + """
INSERT INTO grants (id, user_id, service_account_id, role, unit_id, unit_path, valid_from, valid_to, granted_by,
    created_at)
SELECT DISTINCT ON (g.user_id, g.service_account_id, g.role, s.id) gen_random_uuid(), g.user_id, g.service_account_id,
    g.role, s.id, s.path, $3::date, g.valid_to, $4::uuid, $5::timestamptz
FROM grants g JOIN pairs ON old_id = g.unit_id JOIN units s ON s.id = new_id
WHERE (g.valid_to IS NULL OR g.valid_to > $3::date) AND g.valid_from <= $3::date AND NOT EXISTS (
    SELECT FROM grants h WHERE h.unit_id = s.id AND h.role = g.role AND h.user_id IS NOT DISTINCT FROM g.user_id
        AND h.service_account_id IS NOT DISTINCT FROM g.service_account_id
        AND (h.valid_to IS NULL OR h.valid_to > $3::date))
ORDER BY g.user_id, g.service_account_id, g.role, s.id, g.valid_to DESC NULLS FIRST
RETURNING id, unit_id, 'created' AS effect, NULL::jsonb AS before,
    jsonb_build_object('role', role, 'user_id', user_id, 'service_account_id', service_account_id) AS after"""
)


def _moved(table: str, condition: str) -> str:
    """Rows of ``table`` at units that end go to the successor."""
    return f"""{PAIRS}
UPDATE {table} t SET unit_id = s.id, unit_path = s.path FROM pairs JOIN units s ON s.id = new_id
WHERE t.unit_id = old_id AND {condition}
RETURNING t.id, t.unit_id, 'carried' AS effect, jsonb_build_object('unit_id', old_id) AS before,
    jsonb_build_object('unit_id', s.id) AS after"""


_USERS = _moved("users", "true")
# The names of a unit's accounts differ: of two alike, one stays where it is. Its keys work all the same.
_ACCOUNTS = _moved(
    "service_accounts",
    """t.id IN (
    SELECT DISTINCT ON (q.new_id, a.name) a.id FROM service_accounts a JOIN pairs q ON q.old_id = a.unit_id
    WHERE NOT EXISTS (SELECT FROM service_accounts o WHERE o.unit_id = q.new_id AND o.name = a.name)
    ORDER BY q.new_id, a.name, a.created_at, a.id)""",
)
_KEYS = _moved("service_keys", "t.revoked_at IS NULL")
_PRACTICES = _moved("practices", "t.status = 'draft' AND t.proposed_at IS NULL")
_AWARDS = _moved("awards", "t.status = 'draft' AND t.submitted_at IS NULL")
# A unit registers once for a year: where several predecessors have drafts, one of them is taken over.
_REGISTRATIONS = _moved(
    "registrations",
    """t.id IN (
    SELECT DISTINCT ON (q.new_id, r.programme, r.year) r.id
    FROM registrations r JOIN pairs q ON q.old_id = r.unit_id
    WHERE r.status = 'draft' AND r.submitted_at IS NULL
        AND NOT EXISTS (SELECT FROM evaluations v WHERE v.registration_id = r.id)
        AND NOT EXISTS (SELECT FROM registrations e WHERE e.unit_id = q.new_id AND e.programme = r.programme
            AND e.year = r.year AND e.status <> 'withdrawn')
    ORDER BY q.new_id, r.programme, r.year, r.updated_at DESC, r.id)""",
)
_FILES = """
UPDATE attachments a SET unit_id = coalesce(p.unit_id, w.unit_id), unit_path = coalesce(p.unit_path, w.unit_path)
FROM attachments b LEFT JOIN practices p ON p.id = b.practice_id LEFT JOIN awards w ON w.id = b.award_id
WHERE b.id = a.id AND coalesce(p.id, w.id) = ANY ($1::uuid[])"""
_CONTINUED = (
    PAIRS
    + """
INSERT INTO registrations (id, unit_id, unit_path, programme, year, status, note, created_at, updated_at)
SELECT DISTINCT ON (s.id, r.programme, r.year) gen_random_uuid(), s.id, s.path, r.programme, r.year, 'draft', $3::text,
    $4::timestamptz, $4::timestamptz
FROM registrations r JOIN pairs ON old_id = r.unit_id JOIN units s ON s.id = new_id
WHERE r.status IN ('submitted', 'returned', 'accepted') AND r.year >= $5::int
        AND NOT EXISTS (SELECT FROM registrations e WHERE e.unit_id = s.id AND e.programme = r.programme
            AND e.year = r.year AND e.status <> 'withdrawn')
RETURNING id, unit_id, 'created' AS effect, NULL::jsonb AS before, jsonb_build_object('year', year) AS after"""
)

_OPEN = """o.left_on IS NULL AND o.status IN ('not_started', 'drafting', 'returned')
    AND EXISTS (SELECT FROM campaigns c WHERE c.id = o.campaign_id AND c.status = 'open')"""
_JOIN = (
    PAIRS
    + f"""
INSERT INTO obligations (id, unit_id, unit_path, campaign_id, task, deadline_id, due_before, extended_to, joined_reason,
    created_at, updated_at)
SELECT DISTINCT ON (o.campaign_id, o.task, s.id) gen_random_uuid(), s.id, s.path, o.campaign_id, o.task, o.deadline_id,
    o.due_before, o.extended_to, $3::text, $4::timestamptz, $4::timestamptz
FROM obligations o JOIN pairs ON old_id = o.unit_id JOIN units s ON s.id = new_id
WHERE {_OPEN} AND NOT EXISTS (
    SELECT FROM obligations e WHERE e.campaign_id = o.campaign_id AND e.task = o.task AND e.unit_id = s.id)
ORDER BY o.campaign_id, o.task, s.id, coalesce(o.extended_to, o.due_before) DESC
RETURNING id, unit_id, 'joined' AS effect, NULL::jsonb AS before,
    jsonb_build_object('campaign_id', campaign_id, 'task', task, 'due_before', due_before) AS after"""
)
_LEAVE = (
    PAIRS
    + f"""
UPDATE obligations o SET left_on = $3::date, left_reason = $4::text, version = o.version + 1,
    updated_at = $5::timestamptz
FROM pairs WHERE o.unit_id = old_id AND {_OPEN}
RETURNING o.id, o.unit_id, 'left' AS effect, jsonb_build_object('left_on', NULL) AS before,
    jsonb_build_object('left_on', o.left_on) AS after"""
)


@dataclass(frozen=True, slots=True)
class Manner:
    """What the act says of people and open work, and how the reason reads."""

    grants: bool
    work: bool
    reason: str
    year: int
    """From which year on a registration is still to be fulfilled."""


async def carry(tx: Tx, ended: Mapping[UUID, UUID | None], manner: Manner) -> list[tuple[str, AnyRow]]:
    """Pass on what is to be passed on; (kind, row) of everything touched. The tree already stands as the act says."""
    every = (list(ended), list(ended.values()))
    heirs = {old: new for old, new in ended.items() if new is not None}
    pairs = (list(heirs), list(heirs.values()))
    done: list[tuple[str, AnyRow]] = []
    if manner.grants:
        done += await _rows(tx.session, "grant", _NEW_GRANTS, *pairs, tx.today, tx.actor.id, tx.now)
        done += await _rows(tx.session, "user", _USERS, *pairs)
        done += await _rows(tx.session, "service_account", _ACCOUNTS, *pairs)
        done += await _rows(tx.session, "service_key", _KEYS, *pairs)
        told = await _rows(tx.session, "webhook", WEBHOOKS, *pairs, tx.now)
        await tx.session.exec_driver_sql(SECRETS, ([row.id for _, row in told],))
        done += told
    done += await _rows(tx.session, "webhook", SILENCED, *every, tx.now)
    done += await _rows(tx.session, "grant", _OLD_GRANTS, *every, tx.today)
    if manner.work:
        done += await _rows(tx.session, "obligation", _JOIN, *pairs, manner.reason, tx.now)
        done += await _rows(tx.session, "obligation", _LEAVE, *every, tx.today, manner.reason, tx.now)
        done += await _rows(tx.session, "registration", _REGISTRATIONS, *pairs)
        done += await _rows(tx.session, "registration", _CONTINUED, *pairs, manner.reason, tx.now, manner.year)
        done += await _rows(tx.session, "practice", _PRACTICES, *pairs)
        done += await _rows(tx.session, "award", _AWARDS, *pairs)
        moved = [row.id for kind, row in done if kind in {"practice", "award"}]
        await tx.session.exec_driver_sql(_FILES, (moved,))
    return done


async def _rows(session: Session, kind: str, statement: str, *values: Any) -> list[tuple[str, AnyRow]]:
    return [(kind, row) for row in (await session.exec_driver_sql(statement, values)).all()]


_OF_ACT: Final = "e.reorganisation_id = :act AND e.subject_kind = '{kind}' AND e.effect = '{effect}'"


def _back(statement: str, kind: str, effect: str) -> TextClause:
    """``statement`` for every row that the act touched in that way; ``{of_act}`` in it finds them."""
    return text(statement.replace("{of_act}", _OF_ACT.format(kind=kind, effect=effect)))


def _moved_back(table: str, kind: str) -> TextClause:
    return _back(
        f"UPDATE {table} t SET unit_id = u.id, unit_path = u.path FROM reorganisation_effects e"
        " JOIN units u ON u.id = CAST(e.before ->> 'unit_id' AS uuid) WHERE {of_act} AND e.subject_id = t.id"
        # What somebody put elsewhere since stays there.
        " AND t.unit_id = CAST(e.after ->> 'unit_id' AS uuid)",
        kind,
        "carried",
    )


_UNDO: Final = (
    # A right that somebody took away since, at the successor, does not come back where it was.
    _back(
        "UPDATE grants g SET valid_to = CAST(e.before ->> 'valid_to' AS date), version = g.version + 1"
        " FROM reorganisation_effects e WHERE {of_act} AND e.subject_id = g.id AND NOT EXISTS ("
        "SELECT FROM reorganisation_effects c JOIN grants h ON h.id = c.subject_id JOIN units o ON o.id = g.unit_id"
        " WHERE c.reorganisation_id = e.reorganisation_id AND c.subject_kind = 'grant' AND c.effect = 'created'"
        " AND h.unit_id = o.successor_id AND h.role = g.role AND h.user_id IS NOT DISTINCT FROM g.user_id"
        " AND h.service_account_id IS NOT DISTINCT FROM g.service_account_id AND h.valid_to <= :today)",
        *("grant", "ended"),
    ),
    _back(
        "UPDATE grants g SET valid_to = g.valid_from, version = g.version + 1 FROM reorganisation_effects e"
        " WHERE {of_act} AND e.subject_id = g.id",
        *("grant", "created"),
    ),
    _back(
        "DELETE FROM registrations t USING reorganisation_effects e WHERE {of_act} AND e.subject_id = t.id"
        " AND t.status = 'draft' AND t.submitted_at IS NULL",
        *("registration", "created"),
    ),
    *(
        _moved_back(table, kind)
        for table, kind in (
            ("users", "user"),
            ("service_accounts", "service_account"),
            ("service_keys", "service_key"),
            ("registrations", "registration"),
            ("practices", "practice"),
            ("awards", "award"),
        )
    ),
    text(
        _FILES.replace(
            "$1::uuid[]",
            "ARRAY(SELECT subject_id FROM reorganisation_effects WHERE"
            " reorganisation_id = :act AND effect = 'carried' AND subject_kind IN ('practice', 'award'))",
        )
    ),
)
_UNTOLD: Final = (
    _back(HOME_AGAIN, "webhook", "carried"),
    _back(SECRETS_AGAIN, "webhook", "carried"),
    _back(HEARD_AGAIN, "webhook", "ended"),
)
# Given or made by hand since: nothing is left behind at a unit that goes with the act.
_AT_MADE: Final = """ FROM reorganisation_effects e WHERE e.reorganisation_id = :act AND e.subject_kind = 'unit'
    AND e.effect = 'created' AND e.unit_id = t.unit_id AND"""
_LEFT_BEHIND: Final = (
    (
        "grant",
        text(
            f"UPDATE grants t SET valid_to = greatest(t.valid_from, :today), version = t.version + 1{_AT_MADE}"
            " (t.valid_to IS NULL OR t.valid_to > greatest(t.valid_from, :today))"
            " RETURNING t.id, t.unit_id, 'ended' AS effect, NULL AS before,"
            " jsonb_build_object('valid_to', t.valid_to) AS after"
        ),
    ),
    (
        "webhook",
        text(
            "UPDATE webhooks t SET status = 'disabled', disabled_reason = 'unit_ended', version = t.version + 1,"
            f" updated_at = :now{_AT_MADE} t.status = 'active' RETURNING t.id, t.unit_id, 'ended' AS effect,"
            " jsonb_build_object('status', 'active') AS before,"
            " jsonb_build_object('status', 'disabled', 'disabled_reason', 'unit_ended') AS after"
        ),
    ),
)
_UNJOIN: Final = _back(
    "UPDATE obligations o SET left_on = :today, left_reason = :reason, version = o.version + 1, updated_at = :now"
    " FROM reorganisation_effects e WHERE {of_act} AND e.subject_id = o.id",
    *("obligation", "joined"),
)
_UNLEAVE: Final = _back(
    "UPDATE obligations o SET left_on = NULL, left_reason = NULL, version = o.version + 1, updated_at = :now"
    " FROM reorganisation_effects e WHERE {of_act} AND e.subject_id = o.id",
    *("obligation", "left"),
)


async def take_back(tx: Tx, act_id: UUID, reason: str) -> list[tuple[str, AnyRow]]:
    """Undo what :func:`carry` did; (kind, row) of what was given or made by hand since and ends at units that go.

    The tree still stands as the act says, or already as before: both will do.
    """
    for statement in (*_UNDO, *_UNTOLD):
        await tx.session.execute(statement, {"act": act_id, "today": tx.today})
    await tx.session.execute(_UNJOIN, {"act": act_id, "today": tx.today, "reason": reason, "now": tx.now})
    await tx.session.execute(_UNLEAVE, {"act": act_id, "now": tx.now})
    left: list[tuple[str, AnyRow]] = []
    known: dict[str, Any] = {"grant": {"today": tx.today}, "webhook": {"now": tx.now}}
    for kind, statement in _LEFT_BEHIND:
        rows = await tx.session.execute(statement, {"act": act_id, **known[kind]})
        left += [(kind, row) for row in rows.all()]
    return left
