"""How to break every rule on purpose, on the demonstration's sample after both real acts.

Each is done as the role that owns the tables, with constraints taken off where they would refuse: what a hand in the
database, a half restore or a fault of the product could leave behind.
"""

from dataclasses import dataclass

_FACT = "valid_from, valid_to, parent_id, path, code, name, short_name, kind, level, folded, sort_key"


def first(table: str, condition: str = "true", order: str = "id") -> str:
    """The id of the first row that meets a condition."""
    return f"(SELECT id FROM {table} WHERE {condition} ORDER BY {order} LIMIT 1)"


COMMUNE = first("units", "level = 'commune' AND ended_on IS NULL", "path")
OTHER = first("units", "level = 'commune' AND ended_on IS NULL", "path DESC")
ENDED = first("units", "level = 'commune' AND successor_id IS NOT NULL AND ended_on = '2025-07-01'", "path")
ACT = first("reorganisations", "effective_on = '2025-07-01'")
NEW = "(SELECT id FROM units WHERE code = 'MOI-1')"
OTHER_PLACE = f"unit_id = {OTHER}, unit_path = (SELECT path FROM units WHERE id = {OTHER})"


def unit(
    code: str, parent: str, level: str = "base", kind: str = "school", label: str = "nextval('unit_label')"
) -> str:
    """SQL that makes a unit without its facts."""
    return (
        "INSERT INTO units (id, label, path, parent_id, code, name, short_name, kind, level, folded, sort_key)"
        " SELECT gen_random_uuid(), n, p.path || lpad(to_hex(n), 6, '0') || '.', p.id,"
        f" '{code}', 'Trường Mới', 'Trường Mới', '{kind}', '{level}', 'truong moi', 'x'"
        f" FROM (SELECT CAST({label} AS int) AS n) s, units p WHERE p.id = {parent}"
    )


def fact(of: str, /, begun: str = "2025-07-01", ended: str = "NULL", **changed: str) -> str:
    """SQL that makes a fact of the unit with that code, as it is today but for ``changed``."""
    columns = ("parent_id", "path", "code", "name", "short_name", "kind", "level", "folded", "sort_key")
    values = ", ".join(changed.get(name, f"u.{name}") for name in columns)
    return (
        f"INSERT INTO unit_facts (id, unit_id, label, {_FACT}) SELECT gen_random_uuid(), u.id, u.label, '{begun}',"
        f" CAST({ended} AS date), {values} FROM units u WHERE u.code = '{of}' AND u.ended_on IS NULL"
    )


MADE = (unit("MOI-1", COMMUNE), fact("MOI-1"))
LATER = (unit("MOI-1", COMMUNE), fact("MOI-1", "2025-07-10"))
FOLLOW = (
    "UPDATE unit_facts f SET path = u.path, parent_id = u.parent_id FROM units u WHERE u.id = f.unit_id AND u.id = "
)


def without_key(table: str) -> str:
    """Takes off the key that keeps a row's path true."""
    return f"ALTER TABLE {table} DROP CONSTRAINT fk_{table}_unit"


def step(old: str, new: str, kind: str, day: str, primary: str = "true") -> str:
    """A step of the lineage."""
    return (
        "INSERT INTO unit_lineage (id, unit_id, unit_path, old_unit_id, new_unit_id, effective_on, kind, is_primary)"
        f" SELECT gen_random_uuid(), id, path, id, {new}, '{day}', '{kind}', {primary} FROM units WHERE id = {old}"
    )


def effect(kind: str, subject: str, at: str, what: str) -> str:
    """An effect of the second act."""
    return (
        "INSERT INTO reorganisation_effects (id, reorganisation_id, unit_id, unit_path, effect,"
        " subject_kind, subject_id)"
        f" SELECT gen_random_uuid(), {ACT}, id, path, '{what}', '{kind}', {subject} FROM units WHERE id = {at}"
    )


def evidence(columns: str, values: str, at: str) -> str:
    """A file at a unit."""
    return (
        "INSERT INTO attachments (id, unit_id, unit_path, file_name, media_type, size_bytes, sha256, " + columns + ")"
        " SELECT gen_random_uuid(), u.id, u.path, 'x.pdf', 'application/pdf', 1, repeat('a', 64), "
        f"{values} FROM units u WHERE u.id = {at}"
    )


@dataclass(frozen=True, slots=True)
class Break:
    """What is done, what the first sample then says, and which other rules necessarily break with it."""

    done: tuple[str, ...]
    table: str
    found: str
    count: int = 1
    also: frozenset[str] = frozenset()


_EVALUATION = first("evaluations", "status = 'submitted'")
_SEALED = first("reports", "status = 'accepted'")
_STANDING = f"report_id = {_SEALED}"
_CONFERENCE = first("obligations", "task = 'conference' AND status = 'not_started' AND left_on IS NULL")
_ANY_CONFERENCE = first("obligations", "task = 'conference'")
_LEFT = first("obligations", "left_on IS NOT NULL AND status = 'not_started'")
_NO_CONFERENCE = first("obligations", "task = 'conference' AND status = 'not_started'")
_ACCEPTED = first("registrations", "status = 'accepted'", "unit_path")
_BODY = """convert_to('{"records": ["x"], "sections": {}}', 'UTF8')"""

TREE = {
    "units.root": Break(
        (
            "INSERT INTO units (id, label, path, code, name, short_name, kind, level, folded, sort_key)"
            " SELECT gen_random_uuid(), n, lpad(to_hex(n), 6, '0') || '.', 'MOI-1', 'Bộ', 'Bộ', 'ministry', 'central',"
            " 'bo', 'x' FROM (SELECT CAST(nextval('unit_label') AS int) AS n) s",
            fact("MOI-1"),
        ),
        *("units", "2"),
        count=2,
    ),
    "units.label": Break(
        (*MADE, f"UPDATE units SET path = left(path, -7) || 'zzzzzz.' WHERE id = {NEW}", FOLLOW + NEW),
        *("units", "zzzzzz."),
    ),
    "units.path": Break(
        (
            *MADE,
            f"UPDATE units SET path = (SELECT path FROM units WHERE id = {OTHER}) || right(path, 7) WHERE id = {NEW}",
            FOLLOW + NEW,
        ),
        *("units", "."),
    ),
    "units.living_parent": Break(
        (
            *MADE,
            f"UPDATE units SET parent_id = {ENDED}, path = (SELECT path FROM units WHERE id = {ENDED}) ||"
            " right(path, 7)"
            f" WHERE id = {NEW}",
            FOLLOW + NEW,
        ),
        *("units", "† 2025-07-01"),
        also=frozenset({"facts.parent"}),
    ),
    "units.level": Break((*MADE, unit("MOI-2", NEW), fact("MOI-2")), "units", "base < base"),
    "units.heir": Break(
        (f"UPDATE units SET parent_id = (SELECT id FROM units WHERE parent_id IS NULL) WHERE id = {ENDED}",),
        *("units", "BCA"),
    ),
    "units.next_label": Break((unit("MOI-1", COMMUNE, label="5000000"), fact("MOI-1")), "units", ""),
    "units.spelling": Break(
        (
            *MADE,
            *(f"UPDATE {table} SET name = 'Trường  Mới ' WHERE code = 'MOI-1'" for table in ("units", "unit_facts")),
        ),
        *("units", "«Trường  Mới »"),
    ),
    "units.twins": Break(
        (
            *(unit(code, "(SELECT id FROM units WHERE code = '40')", "commune", "commune") for code in ("M-1", "M-2")),
            *(fact(code) for code in ("M-1", "M-2")),
        ),
        *("units", "M-1 = M-2"),
        count=2,
    ),
}

FACTS = {
    "facts.today": Break(
        (*MADE, f"UPDATE unit_facts SET name = 'Tên khác' WHERE unit_id = {NEW}"), "unit_facts", "Tên khác"
    ),
    "facts.ended": Break(
        (
            *MADE,
            f"UPDATE unit_facts SET valid_to = '2025-08-02' WHERE unit_id = {NEW}",
            f"UPDATE units SET ended_on = '2025-08-01' WHERE id = {NEW}",
        ),
        *("unit_facts", "2025-08-02"),
    ),
    "facts.overlap": Break(
        (
            *MADE,
            "ALTER TABLE unit_facts DROP CONSTRAINT ex_unit_facts_span",
            fact("MOI-1", "2025-07-05", "'2025-07-10'"),
        ),
        *("unit_facts", "-"),
    ),
    "facts.gap": Break((*LATER, fact("MOI-1", ended="'2025-07-05'")), "unit_facts", "2025-07-05 .. 2025-07-10"),
    "facts.code": Break(
        (*LATER, fact("MOI-1", ended="'2025-07-10'", code=f"(SELECT code FROM units WHERE id = {COMMUNE})")),
        *("unit_facts", "Trường Mới"),
        count=2,
    ),
    "facts.parent": Break(
        (*MADE, f"UPDATE unit_facts SET valid_from = '1990-01-01' WHERE unit_id = {NEW}"), "unit_facts", "{["
    ),
    "facts.path": Break(
        (*LATER, fact("MOI-1", ended="'2025-07-10'", path="left(u.path, -7) || 'zzzzzz.'")), "unit_facts", "zzzzzz."
    ),
    "lineage.heir": Break(
        (f"DELETE FROM unit_lineage WHERE old_unit_id = {ENDED} AND is_primary",), "unit_lineage", "-"
    ),
    "lineage.primary": Break((step(ENDED, OTHER, "split", "2025-07-01"),), "unit_lineage", " + "),
    "lineage.living": Break((step(OTHER, COMMUNE, "merged", "2025-07-02"),), "unit_lineage", " → "),
    "lineage.facts": Break(
        (*MADE, step(NEW, COMMUNE, "merged", "2025-07-01", "false")), "unit_lineage", "merged 2025-07-01"
    ),
    "lineage.act": Break(
        (f"UPDATE unit_lineage SET reorganisation_id = gen_random_uuid() WHERE id = {first('unit_lineage')}",),
        *("unit_lineage", "- "),
    ),
    "paths.copies": Break(
        (
            without_key("directives"),
            f"UPDATE directives SET unit_path = (SELECT path FROM units WHERE id = {OTHER})"
            f" WHERE id = {first('directives', order='unit_path')}",
        ),
        *("directives", "."),
        also=frozenset({"installation.keys", "statistics.sums"}),
    ),
}

ACTS = {
    "reorganisations.ended": Break(
        (f"UPDATE units SET ended_on = ended_on + 1 WHERE id = {ENDED}",),
        *("units", "2025-07-02"),
        also=frozenset({"facts.ended", "lineage.heir"}),
    ),
    "reorganisations.begun": Break((*LATER, effect("unit", NEW, NEW, "changed")), "unit_facts", "changed"),
    "reorganisations.primary": Break(
        (
            "INSERT INTO reorganisation_changes (reorganisation_id, position, unit_id, unit_path, place,"
            " kind, is_primary,"
            " old_unit_id, new_unit_id) SELECT id, 99999, unit_id, unit_path, '/lines/x', 'split', true,"
            f" {ENDED}, {OTHER}"
            f" FROM reorganisations WHERE id = {ACT}",
        ),
        *("reorganisation_changes", "-"),
    ),
    "reorganisations.subjects": Break(
        (effect("grant", "gen_random_uuid()", COMMUNE, "created"),), "reorganisation_effects", "created grants"
    ),
    "reorganisations.roles": Break(
        (
            "INSERT INTO grants (id, user_id, role, unit_id, unit_path, valid_from)"
            f" SELECT gen_random_uuid(), {first('users')}, 'auditor', id, path, '2024-01-01' FROM units"
            f" WHERE id = {ENDED}",
        ),
        *("grants", "auditor"),
    ),
    "reorganisations.due": Break(
        (
            "INSERT INTO reorganisations (id, unit_id, unit_path, decision_number, issuing_body, title, effective_on,"
            " grants, open_work, status) SELECT gen_random_uuid(), id, path, '9/NQ', 'x', 'x', '2025-07-05', 'carry',"
            f" 'carry', 'planned' FROM units WHERE id = {COMMUNE}",
        ),
        *("reorganisations", "planned 9/NQ"),
    ),
    "accounts.actors": Break(
        (f"UPDATE directives SET created_by = gen_random_uuid() WHERE id = {first('directives')}",),
        *("directives", "created_by: "),
    ),
    "grants.overlap": Break(
        (
            "INSERT INTO grants (id, user_id, role, unit_id, unit_path, valid_from) SELECT gen_random_uuid(), user_id,"
            " role, unit_id, unit_path, valid_from + 1 FROM grants WHERE id ="
            f" {first('grants', 'valid_to IS NULL AND user_id IS NOT NULL')}",
        ),
        *("grants", " ["),
    ),
}

OWED = {
    "campaigns.unit": Break((f"UPDATE deadlines SET {OTHER_PLACE} WHERE id = {first('deadlines')}",), "deadlines", "-"),
    "campaigns.outline": Break(
        (
            "UPDATE outline_sections SET parent_code = 'ZZ' WHERE (campaign_id, code) = (SELECT campaign_id, code"
            " FROM outline_sections WHERE parent_code IS NOT NULL ORDER BY campaign_id, code LIMIT 1)",
        ),
        *("outline_sections", "ZZ"),
    ),
    "obligations.twice": Break(
        (
            "ALTER TABLE obligations DROP CONSTRAINT uq_obligations_campaign_id_task_unit_id",
            "INSERT INTO obligations (id, unit_id, unit_path, campaign_id, task, deadline_id, due_before) SELECT"
            " gen_random_uuid(), unit_id, unit_path, campaign_id, task, deadline_id, due_before FROM obligations"
            f" WHERE id = {_CONFERENCE}",
        ),
        *("obligations", "conference"),
        count=2,
    ),
    "obligations.missing": Break(
        (
            "DELETE FROM obligations WHERE id = (SELECT o.id FROM obligations o JOIN units u ON u.id = o.unit_id"
            " JOIN campaigns c ON c.id = o.campaign_id WHERE u.ended_on IS NULL AND o.joined_reason IS NULL"
            " AND c.status = 'open' AND o.status = 'not_started' ORDER BY o.id LIMIT 1)",
        ),
        *("campaigns", "-"),
    ),
    "obligations.extended": Break(
        (
            "UPDATE obligations SET extended_to = due_before + 5 WHERE id ="
            f" {first('obligations', 'joined_reason IS NULL')}",
        ),
        *("obligations", "20"),
    ),
    "obligations.deadline": Break(
        (
            "UPDATE obligations o SET deadline_id = d.id FROM deadlines d WHERE d.campaign_id = o.campaign_id"
            f" AND d.task <> o.task AND o.id = {_ANY_CONFERENCE}",
        ),
        *("obligations", "report"),
    ),
    "obligations.ended_unit": Break(
        (f"UPDATE obligations SET left_on = NULL, left_reason = NULL WHERE id = {_LEFT}",),
        *("obligations", "not_started † "),
    ),
    "criteria.set": Break(
        (
            "ALTER TABLE criteria NO FORCE ROW LEVEL SECURITY",
            "UPDATE criteria k SET group_id = (SELECT g.id FROM criteria_groups g WHERE g.set_id <> k.set_id LIMIT 1)"
            f" WHERE id = {first('criteria')}",
            "ALTER TABLE criteria FORCE ROW LEVEL SECURITY",
        ),
        *("criteria", "-"),
    ),
    "criteria.version": Break(
        (
            "ALTER TABLE criteria_sets DROP CONSTRAINT uq_criteria_sets_unit_code_version",
            "INSERT INTO criteria_sets (id, unit_id, unit_path, code, set_version, title, status, applies_to_kinds,"
            " recognised_by, pass_rule_kind, pass_rule_minimum) SELECT gen_random_uuid(), unit_id, unit_path, code,"
            " set_version, title, 'draft', applies_to_kinds, recognised_by, pass_rule_kind, pass_rule_minimum"
            f" FROM criteria_sets WHERE id = {first('criteria_sets')}",
        ),
        *("criteria_sets", " 1"),
        count=2,
    ),
    "criteria.unit": Break(
        (
            "ALTER TABLE criteria NO FORCE ROW LEVEL SECURITY",
            f"UPDATE criteria SET {OTHER_PLACE} WHERE id = {first('criteria')}",
            "ALTER TABLE criteria FORCE ROW LEVEL SECURITY",
        ),
        *("criteria", "-"),
    ),
}

RECORDS = {
    "evaluations.outcome": Break(
        (f"UPDATE evaluations SET passed_self = NOT passed_self WHERE id = {_EVALUATION}",), "evaluations", ""
    ),
    "evaluations.criteria": Break(
        (
            "UPDATE evaluation_results r SET criterion_id = (SELECT k.id FROM criteria k JOIN evaluations e"
            " ON e.id = r.evaluation_id AND k.set_id <> e.criteria_set_id LIMIT 1)"
            " WHERE (evaluation_id, criterion_id) = (SELECT evaluation_id, criterion_id FROM evaluation_results"
            " JOIN evaluations e ON e.id = evaluation_id AND e.passed_self IS NULL ORDER BY 1, 2 LIMIT 1)",
        ),
        *("evaluations", "-"),
    ),
    "evaluations.unit": Break(
        (
            f"UPDATE evaluation_results SET {OTHER_PLACE} WHERE (evaluation_id, criterion_id) = (SELECT evaluation_id,"
            f" criterion_id FROM evaluation_results WHERE evaluation_id = {_EVALUATION} ORDER BY 2 LIMIT 1)",
        ),
        *("evaluation_results", "-"),
    ),
    "reports.unit": Break(
        (f"UPDATE report_sections SET {OTHER_PLACE} WHERE {_STANDING} AND code = 'II.1'",), "report_sections", "-"
    ),
    "reports.sections": Break(
        (f"UPDATE report_sections SET code = 'ZZ' WHERE {_STANDING} AND code = 'II.1'",), "report_sections", "ZZ"
    ),
    "reports.obligation": Break(
        (
            "UPDATE obligations o SET status = 'returned' FROM reports r WHERE (r.unit_id, r.campaign_id) = (o.unit_id,"
            f" o.campaign_id) AND o.task = 'report' AND r.id = {_SEALED}",
        ),
        *("obligations", "returned"),
    ),
    "reports.conference": Break(
        (f"UPDATE obligations SET status = 'submitted', first_counted_at = now() WHERE id = {_NO_CONFERENCE}",),
        *("obligations", "submitted"),
    ),
    "reports.lock": Break((f"DELETE FROM period_locks WHERE {_STANDING}",), "period_locks", "-"),
    "seals.digest": Break(
        (
            "ALTER TABLE report_seals DROP CONSTRAINT ck_report_seals_digest",
            f"UPDATE report_seals SET body = body || ' ' WHERE {_STANDING}",
        ),
        *("report_seals", ""),
    ),
    "seals.sections": Break((f"UPDATE report_seals SET sections = '{{}}' WHERE {_STANDING}",), "report_seals", ""),
    "seals.records": Break(
        (
            f"UPDATE report_seals SET sections = '{{}}', body = {_BODY}, digest = encode(sha256({_BODY}), 'hex')"
            f" WHERE {_STANDING}",
            f"UPDATE report_signatures SET digest = encode(sha256({_BODY}), 'hex') WHERE {_STANDING}",
        ),
        *("report_seals", "array"),
    ),
    "seals.signatures": Break(
        (f"UPDATE report_signatures SET digest = repeat('0', 64) WHERE {_STANDING} AND act = 'accept'",),
        *("report_signatures", "0" * 64),
    ),
    "seals.missing": Break(
        (f"DELETE FROM report_signatures WHERE {_STANDING} AND act = 'accept'",), "reports", "submit"
    ),
    "awards.quota": Break(
        (
            "UPDATE award_quotas q SET collectives = 0, individuals = 0 WHERE id = (SELECT q.id FROM award_quotas q"
            " JOIN awards a USING (campaign_id, award_form_id) WHERE a.status = 'granted' ORDER BY 1 LIMIT 1)",
        ),
        *("award_quotas", " + "),
    ),
    "awards.deciding_unit": Break(
        (f"UPDATE awards SET deciding_unit_id = {OTHER} WHERE id = {first('awards')}",), "awards", ""
    ),
    "awards.unit": Break(
        (f"UPDATE award_endorsements SET {OTHER_PLACE} WHERE id = {first('award_endorsements')}",),
        *("award_endorsements", "-"),
    ),
    "attachments.unit": Break(
        (evidence("directive_id", first("directives", "unit_id <> " + OTHER), OTHER),), "attachments", "-"
    ),
    "attachments.criterion": Break(
        (
            evidence(
                "evaluation_id, criterion_id",
                f"{_EVALUATION}, (SELECT k.id FROM criteria k JOIN evaluations e ON e.id = {_EVALUATION}"
                " AND k.set_id <> e.criteria_set_id LIMIT 1)",
                f"(SELECT unit_id FROM evaluations WHERE id = {_EVALUATION})",
            ),
        ),
        *("attachments", "-"),
    ),
    "audit.vanished": Break(
        (
            "INSERT INTO audit_events (id, at, actor_kind, actor_name, request_id, verb, subject_kind,"
            " subject_id, unit_id,"
            " unit_path, path_then) SELECT gen_random_uuid(), now(), 'user', 'x', 'x',"
            " 'directive.create', 'directive', id,"
            f" unit_id, unit_path, unit_path FROM directives WHERE id = {first('directives')}",
            f"DELETE FROM directives WHERE id = {first('directives')}",
        ),
        *("directives", "directive.create"),
    ),
    "statistics.sums": Break(
        (
            without_key("registrations"),
            f"UPDATE registrations SET unit_path = (SELECT path FROM units WHERE id = {OTHER}) WHERE id = {_ACCEPTED}",
        ),
        *("units", "registrations"),
        count=0,
        also=frozenset({"paths.copies", "installation.keys"}),
    ),
}

_HOOK = (
    "INSERT INTO webhooks (id, unit_id, unit_path, url, events, status, active_since) SELECT"
    " gen_random_uuid(), id, path,"
    f" 'https://example.org', ARRAY['report.created'], 'active', now() FROM units WHERE id = {COMMUNE}"
)
INSTALLATION = {
    "webhooks.events": Break(
        (
            _HOOK,
            "INSERT INTO webhook_deliveries (id, webhook_id, unit_id, unit_path, event_id, event_type, body, status,"
            " attempts, next_attempt_at, created_at, updated_at) SELECT gen_random_uuid(), id, unit_id,"
            " unit_path, gen_random_uuid(),"
            " 'report.created', '{}', 'pending', 0, now(), now(), now() FROM webhooks",
        ),
        *("webhook_deliveries", "report.created"),
    ),
    "webhooks.position": Break(
        ("UPDATE webhook_position SET xact = 4000000000000000",), "webhook_position", "4000000000000000"
    ),
    "installation.fence": Break(
        ("ALTER TABLE directives DISABLE ROW LEVEL SECURITY",), "directives", "row security: false"
    ),
    "installation.keys": Break(
        (
            without_key("directives"),
            "ALTER TABLE directives ADD CONSTRAINT fk_directives_unit FOREIGN KEY (unit_id, unit_path)"
            " REFERENCES units (id, path) ON UPDATE CASCADE NOT VALID",
        ),
        *("directives", "NOT VALID"),
    ),
    "installation.triggers": Break(("ALTER TABLE awards DISABLE TRIGGER award_claims_kept",), "awards", "DISABLED"),
}
BREAKS = {**TREE, **FACTS, **ACTS, **OWED, **RECORDS, **INSTALLATION}
