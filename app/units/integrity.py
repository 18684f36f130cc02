"""What must always hold, as queries that count what breaks it. ``dienhinh check`` runs them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """``sql`` counts the rows that break the rule ``title``."""

    title: str
    sql: str
    remedy: str


CHECKS = (
    Check(
        "every table with a path is fenced",
        "SELECT count(*) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'unit_path'"
        " WHERE c.relkind = 'r' AND NOT (c.relrowsecurity AND c.relforcerowsecurity)",
        "Row-level security was switched off: ALTER TABLE ... ENABLE and FORCE ROW LEVEL SECURITY.",
    ),
    Check(
        "there is one root",
        "SELECT abs(count(*) - 1) FROM units WHERE parent_id IS NULL AND EXISTS (SELECT FROM units)",
        "Exactly one unit of level central may stand above the provinces.",
    ),
    Check(
        "every path ends in the unit's own label",
        "SELECT count(*) FROM units WHERE right(path, 7) <> lpad(to_hex(label), 6, '0') || '.'",
        "Restore units.path from a back-up, or from the dated facts.",
    ),
    Check(
        "every path continues the parent's",
        "SELECT count(*) FROM units u JOIN units p ON p.id = coalesce(u.successor_id, u.parent_id)"
        " WHERE left(u.path, -7) <> p.path AND u.ended_on IS NULL",
        "Restore units.path from a back-up, or from the dated facts.",
    ),
    Check(
        "every living unit has one open fact that says the same",
        "SELECT count(*) FROM units u WHERE ended_on IS NULL AND (SELECT count(*) FROM unit_facts f"
        " WHERE f.unit_id = u.id AND f.valid_to IS NULL AND f.code = u.code AND f.name = u.name"
        " AND f.kind = u.kind) <> 1",
        "units and unit_facts disagree: the dated facts are the record, units is today's copy.",
    ),
    Check(
        "no code is borne by two units on one day",
        "SELECT count(*) FROM unit_facts a JOIN unit_facts b ON a.code = b.code AND a.unit_id < b.unit_id"
        " AND daterange(a.valid_from, a.valid_to) && daterange(b.valid_from, b.valid_to)",
        "End one of the facts on the day before the other begins.",
    ),
)
