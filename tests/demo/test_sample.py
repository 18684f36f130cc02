"""The demonstration's sample obeys the rules that the product enforces, though it is written past the verbs."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.identity.opening import open_as_system
from app.kernel.db import Database, create_engine
from tests.conftest import drop
from tests.demo.records import RECORDS

pytestmark = [pytest.mark.anyio, pytest.mark.real_commits]

_STARTS = "timestamptz '2024-07-10 08:00+07'"
_OWED = "obligations o JOIN reports r USING (campaign_id, unit_id)"
_BELOW = "b.campaign_id = r.campaign_id AND b.task = 'report' AND b.unit_path ^@ r.unit_path AND b.unit_id <> r.unit_id"

# Each counts what breaks a rule.
RULES = {
    "no registration is from the future": f"SELECT count(*) FROM registrations WHERE updated_at > {_STARTS}",
    "no evaluation is from the future": f"SELECT count(*) FROM evaluations WHERE updated_at > {_STARTS}",
    "no report is from the future": f"SELECT count(*) FROM reports WHERE updated_at > {_STARTS}",
    "no campaign is from the future": f"SELECT count(*) FROM campaigns WHERE updated_at > {_STARTS}",
    "an evaluation was last changed when it last moved": "SELECT count(*) FROM evaluations"
    " WHERE updated_at < greatest(submitted_at, verified_at, decided_at)",
    "a report was last changed when it last moved": "SELECT count(*) FROM reports"
    " WHERE updated_at < greatest(submitted_at, accepted_at)",
    "an obligation was last changed when it last moved": "SELECT count(*) FROM obligations"
    " WHERE updated_at < last_activity_at",
    "what was handed in is sealed once, at its instant, and signed by who submitted": "SELECT count(*) FROM reports r"
    " WHERE submitted_at IS NOT NULL AND NOT EXISTS (SELECT FROM report_seals s JOIN report_signatures g"
    " USING (report_id, sequence) WHERE s.report_id = r.id AND s.sequence = 1 AND g.act = 'submit'"
    " AND g.signed_by = r.submitted_by AND (s.sealed_at, g.signed_at) = (r.submitted_at, r.submitted_at))",
    "what was accepted is signed by the unit directly above": "SELECT count(*) FROM reports r JOIN units u"
    " ON u.id = r.unit_id WHERE accepted_at IS NOT NULL AND NOT EXISTS (SELECT FROM report_signatures g"
    " WHERE g.report_id = r.id AND g.act = 'accept' AND (g.signed_by, g.signed_at, g.signer_unit_id)"
    " = (r.accepted_by, r.accepted_at, u.parent_id))",
    "what was not handed in is not sealed": "SELECT count(*) FROM report_seals JOIN reports r ON r.id = report_id"
    " WHERE submitted_at IS NULL",
    "what stands is locked, and nothing else": "SELECT count(*) FROM reports r FULL JOIN period_locks l"
    " ON (l.report_id, l.unit_id, l.campaign_id) = (r.id, r.unit_id, r.campaign_id)"
    " WHERE (r.status IN ('submitted', 'accepted')) IS DISTINCT FROM (l.report_id IS NOT NULL)",
    "a seal counts nothing that was changed after it": "SELECT count(*) FROM report_seals s, LATERAL"
    " jsonb_array_elements(convert_from(s.body, 'UTF8')::jsonb -> 'records' -> 'evaluations') c (pair)"
    " JOIN evaluations e ON e.id = (c.pair ->> 0)::uuid"
    " WHERE e.updated_at > s.sealed_at OR e.version <> (c.pair ->> 1)::int",
    "a commune's seal counts its own alone": "SELECT count(*) FROM report_seals s"
    " JOIN units u ON u.id = s.unit_id WHERE u.level = 'commune' AND octet_length(s.body) > 200000",
    "the unit of the README's walk is free": "SELECT count(*) FROM units u WHERE code = '17509' AND (EXISTS (SELECT"
    " FROM reports r WHERE r.unit_id = u.id) OR EXISTS (SELECT FROM period_locks l WHERE l.unit_id = u.id))",
    "the unit named to try a locked period is locked and has something to try it on": "SELECT"
    " 1 - count(DISTINCT u.id) FROM units u JOIN period_locks l ON l.unit_id = u.id WHERE code = '16726' AND EXISTS"
    " (SELECT FROM directives d WHERE d.unit_id = u.id AND d.issued_on BETWEEN l.window_from AND l.window_to)",
    "the obligation follows its report": f"SELECT count(*) FROM {_OWED} WHERE o.task = 'report' AND"
    " (o.status <> CASE r.status WHEN 'draft' THEN 'drafting' ELSE r.status END"
    " OR o.first_counted_at IS DISTINCT FROM r.first_counted_at)",
    "no obligation moved without a report": "SELECT count(*) FROM obligations o WHERE status <> 'not_started' AND NOT"
    " EXISTS (SELECT FROM reports r WHERE (r.campaign_id, r.unit_id) = (o.campaign_id, o.unit_id))",
    "who submits before all below are accepted says why": "SELECT count(*) FROM reports r WHERE submitted_at IS NOT"
    f" NULL AND submit_note IS NULL AND EXISTS (SELECT FROM obligations b WHERE {_BELOW} AND b.status <> 'accepted')",
    "somebody submitted each registration": "SELECT count(*) FROM registrations"
    " WHERE submitted_at IS NOT NULL AND submitted_by NOT IN (SELECT id FROM users) IS NOT FALSE",
    "somebody submitted each evaluation": "SELECT count(*) FROM evaluations"
    " WHERE submitted_at IS NOT NULL AND submitted_by NOT IN (SELECT id FROM users) IS NOT FALSE",
    "somebody submitted each report": "SELECT count(*) FROM reports"
    " WHERE submitted_at IS NOT NULL AND submitted_by NOT IN (SELECT id FROM users) IS NOT FALSE",
    "somebody entered each value": "SELECT count(*) FROM evaluation_results WHERE self_by IS NULL",
    "nobody approved what he or she submitted": "SELECT (SELECT count(*) FROM evaluations"
    " WHERE submitted_by IN (verified_by, decided_by)) + (SELECT count(*) FROM registrations"
    " WHERE submitted_by = accepted_by) + (SELECT count(*) FROM reports WHERE submitted_by = accepted_by)",
    "recognised is who meets every required criterion": "SELECT count(*) FROM evaluations e WHERE submitted_at IS NOT"
    " NULL AND passed_self = EXISTS (SELECT FROM criteria c LEFT JOIN evaluation_results r ON r.criterion_id = c.id"
    " AND r.evaluation_id = e.id WHERE c.set_id = e.criteria_set_id AND c.required AND r.self_outcome IS DISTINCT FROM"
    " 'met')",
    "what is not met says why": "SELECT count(*) FROM evaluation_results"
    " WHERE self_outcome = 'not_met' AND self_reason IS NULL",
    "figures agree with outcomes": "SELECT count(*) FROM evaluation_results r JOIN criteria c ON c.id = r.criterion_id"
    " WHERE self_figure IS NOT NULL AND threshold IS NOT NULL AND (self_outcome = 'met') <>"
    " CASE comparison WHEN 'at_most' THEN self_figure <= threshold ELSE self_figure >= threshold END",
    "only who is accepted is verified": "SELECT count(*) FROM evaluations e JOIN registrations r"
    " ON r.id = e.registration_id WHERE e.verified_at IS NOT NULL AND r.status <> 'accepted'",
    "only what was recognised is kept": "SELECT count(*) FROM evaluations m WHERE stage = 'maintenance' AND NOT EXISTS"
    " (SELECT FROM evaluations f WHERE f.registration_id = m.registration_id AND f.stage = 'final'"
    " AND f.status = 'recognised')",
    "every district has registrations in both years": "SELECT count(*) FROM units d CROSS JOIN (VALUES (2023), (2024))"
    " AS y (year) WHERE d.level = 'district' AND NOT EXISTS (SELECT FROM registrations r"
    " WHERE r.year = y.year AND r.unit_path ^@ d.path)",
    "no award is from the future, nor changed before it last moved": "SELECT count(*) FROM awards"
    f" WHERE updated_at > {_STARTS} OR updated_at < greatest(submitted_at, endorsed_at, decided_at)",
    "somebody submitted each award and somebody else decided": "SELECT count(*) FROM awards WHERE (submitted_at IS NOT"
    " NULL AND submitted_by NOT IN (SELECT id FROM users) IS NOT FALSE) OR submitted_by = decided_by"
    " OR decided_by NOT IN (SELECT user_id FROM grants WHERE role = 'awards_officer' AND unit_id = deciding_unit_id)",
    "each award was endorsed unit by unit up to the deciding one": "SELECT count(*) FROM awards a JOIN units d"
    " ON d.id = a.deciding_unit_id WHERE a.status IN ('endorsed', 'granted', 'declined') AND (SELECT count(*) FROM"
    " award_endorsements e JOIN units u ON u.id = e.endorsing_unit_id WHERE e.award_id = a.id AND a.unit_path ^@ u.path"
    " AND u.path ^@ d.path) <> (length(a.unit_path) - length(d.path)) / 7",
    "nothing is granted beyond a quota": "SELECT count(*) FROM award_quotas q WHERE collectives < (SELECT count(*) FROM"
    " awards a WHERE (a.award_form_id, a.status, a.recipient_kind) = (q.award_form_id, 'granted', 'collective'))"
    " OR individuals < (SELECT count(*) FROM awards a WHERE (a.award_form_id, a.status, a.recipient_kind) ="
    " (q.award_form_id, 'granted', 'individual'))",
    "no two awards claim the same": "SELECT count(*) - count(DISTINCT claim) FROM awards",
    "a unit that was awarded is named in full": "SELECT count(*) FROM awards a JOIN units u ON u.id = recipient_unit_id"
    " WHERE recipient_is_unit AND recipient_name <> u.name",
    "there are awards in all six states": "SELECT 6 - count(DISTINCT status) FROM awards",
    "some are late, some are missing": "SELECT (count(*) FILTER (WHERE first_counted_at >="
    " due_before::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh') = 0)::int + (count(*) FILTER (WHERE o.status ="
    " 'not_started') = 0)::int FROM obligations o JOIN campaigns c ON c.id = o.campaign_id WHERE c.code = 'MAU-2023'",
}


@pytest.fixture(scope="module")
async def sample(
    server_url: str, new_database: Callable[..., Any], demonstration: str
) -> AsyncIterator[AsyncConnection]:
    """A database with the whole demonstration, seen by the system."""
    address = await new_database(demonstration)
    database = Database(create_engine(address, pool_size=1, statement_timeout_ms=0))
    async with database.transaction(keep=False) as session:
        await open_as_system(session)
        yield session
    await database.dispose()
    await drop(server_url, address)


@pytest.mark.parametrize("rule", RULES | RECORDS)
async def test_the_sample_obeys(sample: AsyncConnection, rule: str) -> None:
    await sample.execute(text("SELECT set_config('role', 'none', true)"))
    assert await sample.scalar(text((RULES | RECORDS)[rule])) == 0


async def test_the_sample_is_as_large_as_it_says(sample: AsyncConnection) -> None:
    counts = "SELECT (SELECT count(*) FROM units), (SELECT count(*) FROM units WHERE level = 'base')"
    everything, base = (await sample.execute(text(counts))).one()
    assert (everything - base, 1_400 < base < 1_600) == (483, True)
