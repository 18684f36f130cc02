"""What every commune and district of the real tree recorded in 2023, set down as sets."""

from sqlalchemy import text

from app.access.actor import Tx, UnitRef
from app.campaigns.service import open_campaign
from app.campaigns.shipped import load_shipped_campaign
from app.criteria.shipped import load_shipped
from app.forms.shipped import load_shipped_form_sets
from app.kernel.db import Session
from app.propaganda.shipped import load_shipped_activity_forms
from app.situation.shipped import load_shipped_indicators
from tests.conftest import SYSTEM_SCOPE

_EVALUATIONS = """
INSERT INTO evaluations (id, unit_id, unit_path, registration_id, criteria_set_id, year, stage, status, submitted_at,
    passed_self, verified_at, passed_verified, decided_at, passed_final, decision_number, decision_date,
    created_at, updated_at)
SELECT gen_random_uuid(), r.unit_id, r.unit_path, r.id, s.id, 2023, 'final',
    CASE WHEN ascii(right(u.code, 1)) % 2 = 0 THEN 'recognised' ELSE 'not_recognised' END, '2023-11-20', true,
    '2023-11-25', true, '2023-12-20', ascii(right(u.code, 1)) % 2 = 0, '1/QĐ', '2023-12-20',
    '2023-11-15', '2023-12-20'
FROM registrations r JOIN units u ON u.id = r.unit_id
JOIN criteria_sets s ON s.status = 'published' AND u.kind = ANY (s.applies_to_kinds)"""
_RESULTS = """
INSERT INTO evaluation_results (evaluation_id, criterion_id, unit_id, unit_path, self_outcome, verified_outcome,
    final_outcome, final_reason)
SELECT e.id, c.id, e.unit_id, e.unit_path, 'met', 'met', CASE WHEN e.passed_final THEN 'met' ELSE 'not_met' END,
    CASE WHEN e.passed_final THEN NULL ELSE 'Chưa triển khai' END
FROM evaluations e JOIN criteria c ON c.set_id = e.criteria_set_id"""
_ACTIVITIES = """
INSERT INTO propaganda_activities (id, unit_id, unit_path, form_id, nature, venue_kind, date_from, date_to, title,
    sessions, quantity, event_key, created_at, updated_at)
SELECT gen_random_uuid(), u.id, u.path, f.id, 'event', f.venue_kinds[1], '2023-05-10', '2023-05-10', 'Tuyên truyền',
    CASE WHEN f.counted = 'sessions' THEN ascii(right(u.code, 1)) % 5 + 1 ELSE 0 END,
    CASE WHEN f.counted = 'sessions' THEN 0 ELSE ascii(right(u.code, 1)) % 5 + 1 END, u.code || f.code,
    '2023-05-11', '2023-05-11'
FROM units u CROSS JOIN activity_forms f WHERE u.level IN ('commune', 'district')"""
_DIRECTIVES = """
INSERT INTO directives (id, unit_id, unit_path, track, document_kind, number_symbol, number_key, issued_on, title,
    issuing_body, folded, created_at, updated_at)
SELECT gen_random_uuid(), id, path, 'advised', 'plan', code || '/KH', code || '/kh', '2023-04-10', 'Kế hoạch', 'UBND',
    'ke hoach', '2023-04-10', '2023-04-10' FROM units WHERE level IN ('commune', 'district')"""
_REPORTS = """
INSERT INTO reports (id, unit_id, unit_path, campaign_id, created_at, updated_at)
SELECT gen_random_uuid(), id, path, :campaign, '2023-06-01', '2023-06-01'
FROM units WHERE level IN ('commune', 'district')"""
_SESSIONS = """
INSERT INTO sessions (id, user_id, family_hash, refresh_hash, rotated_at, expires_at, created_at)
SELECT id, id, decode(replace(id::text, '-', ''), 'hex'), decode(replace(id::text, '-', ''), 'hex'), now(),
    now() + interval '3 days', now() FROM users"""
_READER = (
    "INSERT INTO users (id, username, full_name, folded, unit_id, unit_path, password_hash, password_changed_at)"
    " SELECT gen_random_uuid(), 'reader', 'x', 'x', id, path, 'x', now() FROM units WHERE code = '40'",
    "INSERT INTO grants (id, user_id, role, unit_id, unit_path, valid_from)"
    " SELECT gen_random_uuid(), id, 'viewer', unit_id, unit_path, '2023-01-03' FROM users WHERE username = 'reader'",
)


async def work_of_2023(tx: Tx, province: UnitRef) -> None:
    """Campaign 320 opened, and a record of nearly every kind of each unit that registered; who reads all."""
    await load_shipped(tx, province, publish=True)
    await load_shipped_form_sets(tx, province)
    await load_shipped_activity_forms(tx, province)
    await load_shipped_indicators(tx, province)
    campaign = await load_shipped_campaign(tx, province)
    await open_campaign(tx, campaign)
    for statement in (_EVALUATIONS, _RESULTS, _ACTIVITIES, _DIRECTIVES, *_READER):
        await tx.session.execute(text(statement))
    await tx.session.execute(text(_REPORTS), {"campaign": campaign})


async def sign_in(session: Session) -> None:
    """Let everybody be signed in; the session has the id of the person."""
    await session.exec_driver_sql(SYSTEM_SCOPE)
    await session.execute(text(_SESSIONS))
