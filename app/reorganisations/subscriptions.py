# ruff: noqa: S608
"""What becomes of the webhooks of units that end: the successor's from now on, or disabled. Sets in, sets out."""

from typing import Final

PAIRS: Final = "WITH pairs AS (SELECT * FROM unnest($1::uuid[], $2::uuid[]) AS p(old_id, new_id))"

# A unit has one subscription for an address. Where several come together, the successor's own stays or the eldest is
# taken over, and tells from now on what any of them told.
WEBHOOKS: Final = (
    PAIRS
    + """, met AS (
    SELECT w.id, w.url, w.events, w.status, w.created_at, w.unit_id, coalesce(p.new_id, w.unit_id) AS home,
        p.new_id IS NOT NULL AS moves
    FROM webhooks w LEFT JOIN pairs p ON p.old_id = w.unit_id
    WHERE w.unit_id IN (SELECT old_id FROM pairs UNION SELECT new_id FROM pairs)
), kept AS (
    SELECT DISTINCT ON (home, url) * FROM met ORDER BY home, url, moves, status = 'active' DESC, created_at, id
), asked AS (
    SELECT home, url, array_agg(DISTINCT event ORDER BY event) AS events FROM met, unnest(met.events) AS event
    WHERE status = 'active' GROUP BY home, url
)
UPDATE webhooks w SET unit_id = s.id, unit_path = s.path, version = w.version + 1, updated_at = $3::timestamptz,
    events = CASE WHEN kept.status = 'active' THEN asked.events ELSE w.events END
FROM kept JOIN units s ON s.id = kept.home LEFT JOIN asked ON asked.home = kept.home AND asked.url = kept.url
WHERE w.id = kept.id AND (kept.moves OR (kept.status = 'active' AND kept.events <> asked.events))
RETURNING w.id, w.unit_id, 'carried' AS effect,
    jsonb_build_object('unit_id', kept.unit_id, 'events', kept.events) AS before,
    jsonb_build_object('unit_id', w.unit_id, 'events', w.events) AS after"""
)
SECRETS: Final = """
UPDATE webhook_secrets s SET unit_id = w.unit_id, unit_path = w.unit_path FROM webhooks w
WHERE w.id = s.webhook_id AND w.id = ANY ($1::uuid[])"""
# What did not pass on: the act lets rights end, nobody succeeds, or another tells the same address.
SILENCED: Final = (
    PAIRS
    + """
UPDATE webhooks w SET status = 'disabled', disabled_reason = 'unit_ended', version = w.version + 1,
    updated_at = $3::timestamptz
FROM pairs WHERE w.unit_id = old_id AND w.status = 'active'
RETURNING w.id, w.unit_id, 'ended' AS effect, jsonb_build_object('status', 'active') AS before,
    jsonb_build_object('status', 'disabled', 'disabled_reason', 'unit_ended') AS after"""
)

# What somebody changed since the act stays changed.
HOME_AGAIN: Final = """
UPDATE webhooks t SET unit_id = u.id, unit_path = u.path, version = t.version + 1, updated_at = now(),
    events = CASE WHEN to_jsonb(t.events) = e.after -> 'events'
        THEN ARRAY(SELECT jsonb_array_elements_text(e.before -> 'events')) ELSE t.events END
FROM reorganisation_effects e JOIN units u ON u.id = CAST(e.before ->> 'unit_id' AS uuid)
WHERE {of_act} AND e.subject_id = t.id"""
SECRETS_AGAIN: Final = """
UPDATE webhook_secrets t SET unit_id = w.unit_id, unit_path = w.unit_path FROM reorganisation_effects e
JOIN webhooks w ON w.id = e.subject_id WHERE {of_act} AND w.id = t.webhook_id"""
HEARD_AGAIN: Final = """
UPDATE webhooks t SET status = 'active', disabled_reason = NULL, version = t.version + 1, updated_at = now()
FROM reorganisation_effects e
WHERE {of_act} AND e.subject_id = t.id AND t.status = 'disabled' AND t.disabled_reason = 'unit_ended'"""
