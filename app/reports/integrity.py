"""What must always hold of sealed reports. ``dienhinh check`` runs it beside ``app.units.integrity``."""

from app.units.integrity import Check

_RESTORE = "Somebody changed what was sealed: restore report_seals and report_signatures from a back-up."

CHECKS = (
    Check(
        "every seal's digest is that of its body",
        "SELECT count(*) FROM report_seals WHERE digest <> encode(sha256(body), 'hex')",
        _RESTORE,
    ),
    Check(
        "every seal shows the texts it sealed",
        "SELECT count(*) FROM report_seals"
        " WHERE sections IS DISTINCT FROM convert_from(body, 'UTF8')::jsonb -> 'sections'",
        _RESTORE,
    ),
    Check(
        "every signature is under the digest of its seal",
        "SELECT count(*) FROM report_signatures g JOIN report_seals s USING (report_id, sequence)"
        " WHERE g.digest <> s.digest",
        _RESTORE,
    ),
    Check(
        "every locked period belongs to a report that stands",
        "SELECT count(*) FROM period_locks l WHERE NOT EXISTS (SELECT FROM reports r WHERE r.id = l.report_id"
        " AND r.unit_id = l.unit_id AND r.status IN ('submitted', 'accepted'))",
        "Return or reopen the report once more, or delete the row of period_locks.",
    ),
)
