"""The invented records of the nation as statements over its units. What stands for chance is made of codes. Pure."""

from typing import Final

RECIPE: Final = 1
"""Counted up whenever the rows change, so that an older database is made again."""
CAMPAIGN: Final = "DO-2024"

_CAMPAIGN = f"""
INSERT INTO campaigns (id, unit_id, unit_path, code, title, before_from, before_to, window_from, window_to, years,
    status, opened_at, created_at, updated_at)
SELECT gen_random_uuid(), id, path, '{CAMPAIGN}', 'Đợt sơ kết đo tốc độ toàn quốc (giả định)', '2020-01-01',
    '2022-12-31', '2023-01-01', '2024-12-31', '{{2023,2024}}', 'open', '2025-01-02', '2025-01-02', '2025-01-02'
FROM units WHERE level = 'central'
"""
_DEADLINES = """
INSERT INTO deadlines (id, campaign_id, unit_id, unit_path, task, level, due_before, created_at, updated_at)
SELECT gen_random_uuid(), id, unit_id, unit_path, 'report', level, '2025-09-01', '2025-01-02', '2025-01-02'
FROM campaigns, unnest(ARRAY['province', 'commune']) AS level
"""
_OBLIGATIONS = """
INSERT INTO obligations (id, unit_id, unit_path, campaign_id, task, deadline_id, due_before, created_at, updated_at)
SELECT gen_random_uuid(), u.id, u.path, d.campaign_id, 'report', d.id, d.due_before, '2025-01-02', '2025-01-02'
FROM deadlines d JOIN units u USING (level)
"""
_REGISTRATIONS = """
INSERT INTO registrations (id, unit_id, unit_path, year, status, submitted_at, accepted_at, created_at, updated_at)
SELECT gen_random_uuid(), id, path, year, 'accepted', day, day + interval '9 days', day, day
FROM units, {years} WHERE level IN ('district', 'commune') AND ended_on IS NULL
"""
# A commune is evaluated each year or never, and where the campaign looks a second time at what was recognised.
_EVALUATIONS = """
INSERT INTO evaluations (id, unit_id, unit_path, registration_id, criteria_set_id, year, stage, status, passed_self,
    passed_verified, passed_final, decision_number, decision_date, decline_note, submitted_at, verified_at, decided_at,
    created_at, updated_at)
SELECT gen_random_uuid(), r.unit_id, r.unit_path, r.id, s.id, r.year, 'final',
    CASE WHEN passed THEN 'recognised' ELSE 'not_recognised' END, passed, passed, passed,
    CASE WHEN passed THEN 'DO/QĐ-UBND' END, CASE WHEN passed THEN r.submitted_at::date + 90 END,
    CASE WHEN NOT passed THEN 'Chưa đạt (số liệu đo tốc độ)' END, r.submitted_at + interval '80 days',
    r.submitted_at + interval '85 days', r.submitted_at + interval '90 days', r.submitted_at, r.submitted_at
FROM {years} JOIN registrations r USING (year) JOIN units u ON u.id = r.unit_id
JOIN criteria_sets s ON u.kind = ANY (s.applies_to_kinds) AND u.level = 'commune'
CROSS JOIN LATERAL (SELECT abs(hashtext(u.code || r.year)) % 10 <> 0 AS passed) AS chance
WHERE abs(hashtext(u.code)) % 1000 < {scale} * 1000
"""
_RESULTS = """
INSERT INTO evaluation_results (evaluation_id, criterion_id, unit_id, unit_path, self_outcome, self_reason, self_at,
    verified_outcome, verified_reason, verified_at, final_outcome, final_reason, final_at)
SELECT e.id, c.id, e.unit_id, e.unit_path, outcome, reason, e.submitted_at, outcome, reason, e.verified_at, outcome,
    reason, e.decided_at
FROM {years} JOIN evaluations e USING (year)
JOIN (SELECT *, row_number() OVER (PARTITION BY set_id ORDER BY position, id) AS place,
    count(*) OVER (PARTITION BY set_id) AS among FROM criteria) c ON c.set_id = e.criteria_set_id
JOIN units u ON u.id = e.unit_id
CROSS JOIN LATERAL (
    SELECT NOT passed_self AND c.place = 1 + abs(hashtext(u.code || 'which')) % c.among AS failed
) AS chance
CROSS JOIN LATERAL (SELECT CASE WHEN failed THEN 'not_met' ELSE 'met' END AS outcome,
    CASE WHEN failed THEN 'Hồ sơ minh chứng chưa đầy đủ' END AS reason) AS value
"""
_ACTIVITIES = """
INSERT INTO propaganda_activities (id, unit_id, unit_path, form_id, nature, date_from, date_to, title, sessions,
    quantity, people_reached, created_at, updated_at)
SELECT gen_random_uuid(), u.id, u.path, f.id, 'event', day, day, 'Hoạt động đo tốc độ',
    CASE WHEN f.counted = 'sessions' THEN 1 ELSE 0 END, CASE WHEN f.counted = 'quantity' THEN 5 ELSE 0 END,
    abs(hashtext(u.code || f.code)) % 200, day, day
FROM units u, {years}, activity_forms f
WHERE u.level IN ('district', 'commune') AND u.ended_on IS NULL AND (f.position + abs(hashtext(u.code))) % 4 = 0
"""
_DIRECTIVES = """
INSERT INTO directives (id, unit_id, unit_path, track, document_kind, number_symbol, issued_on, title, issuing_body,
    folded, number_key, created_at, updated_at)
SELECT gen_random_uuid(), id, path, CASE WHEN label % 3 = 0 THEN 'advised' ELSE 'issued_directly' END, 'plan',
    label || '/KH-DO', day, 'Kế hoạch đo tốc độ', 'UBND (đo tốc độ)', 'ke hoach do toc do', label || '/KH-DO', day, day
FROM units, {years} WHERE ended_on IS NULL
"""
_FIGURES = """
INSERT INTO situation_figures (id, unit_id, unit_path, campaign_id, indicator_id, before_value, after_value, created_at,
    updated_at)
SELECT gen_random_uuid(), u.id, u.path, c.id, i.id, 20 + abs(hashtext(u.code)) % 30, 10 + abs(hashtext(u.code)) % 20,
    '2025-01-10', '2025-01-10'
FROM units u, campaigns c, indicators i WHERE u.level = 'commune' AND i.kind = 'count'
"""


# Whether a part exceeds its whole is asked once for each unit, under a lock of its own: too many for one transaction.
_UNASKED = "ALTER TABLE situation_figures {verb} TRIGGER situation_part_of_whole"


def _years(*dated: tuple[int, str]) -> str:
    rows = ", ".join(f"({year}, timestamptz '{day} 03:00Z')" for year, day in dated)
    return f"(VALUES {rows}) AS round (year, day)"


def _records(years: str, scale: float) -> dict[str, str]:
    found = {
        "registrations": _REGISTRATIONS,
        "evaluations": _EVALUATIONS,
        "results": _RESULTS,
        "activities": _ACTIVITIES,
        "directives": _DIRECTIVES,
    }
    return {name: statement.format(years=years, scale=scale) for name, statement in found.items()}


def before(scale: float) -> dict[str, str]:
    """What was recorded in 2023 and 2024, and what is owed: statements by what they make, in order."""
    return {
        "campaign": _CAMPAIGN,
        "deadlines": _DEADLINES,
        "obligations": _OBLIGATIONS,
        "": _UNASKED.format(verb="DISABLE"),
        "figures": _FIGURES,
        " ": _UNASKED.format(verb="ENABLE"),
        **_records(_years((2023, "2023-03-01"), (2024, "2024-03-01")), scale),
    }


def after(scale: float) -> dict[str, str]:
    """What the units of 2025 recorded since the act: what they took over already stands with their predecessors."""
    return _records(_years((2025, "2025-07-20")), scale)
