"""The fence itself: every table that must have one has it, and nothing leaks through a pooled connection."""

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actor import Presented, Tx
from app.access.permissions import Permission
from app.identity.keys import Tokens
from app.identity.opening import CallerOpener
from app.kernel.clock import Clock, wall
from tests.builders.people import session_id, user_id
from tests.builders.units import TREE, path, unit_id

pytestmark = pytest.mark.anyio
REFERENCE = {
    "award_forms",
    "award_quotas",
    "units",
    "unit_facts",
    "campaign_forms",
    "campaigns",
    "form_sets",
    "outline_sections",
    "deadlines",
    "activity_forms",
    "indicators",
    "criteria_sets",
    "criteria_groups",
    "criteria",
    "criteria_map",
    "document_templates",
    "outline_templates",
    "reminder_plans",
    "reorganisations",
    "reorganisation_changes",
    "unit_lineage",
}
"""Tables that everyone signed in may read; their rows are fenced for writing only."""


async def as_app(connection: AsyncConnection, scope_from: str, scope_to: str, scope_list: str = "") -> None:
    """Become the application's role with that scope, as the opening statement does."""
    await connection.execute(
        text(
            "SELECT set_config('role', 'dienhinh_app', true), set_config('app.scope_from', :f, true),"
            " set_config('app.scope_to', :t, true), set_config('app.scope_list', :l, true)"
        ),
        {"f": scope_from, "t": scope_to, "l": scope_list},
    )


async def test_every_table_with_a_path_is_fenced_for_all_four_commands(connection: AsyncConnection) -> None:
    found = await connection.execute(
        text(
            "SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity AS forced,"
            " (SELECT coalesce(string_agg(DISTINCT cmd, ' ' ORDER BY cmd), '') FROM pg_policies p"
            "  WHERE p.tablename = c.relname AND p.policyname !~ '_(owner|whole)$') AS commands"
            " FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
            " WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND a.attname IN ('unit_path', 'path')"
        )
    )
    rows = {row.relname: row for row in found}
    assert {"registrations", "users", "grants", "audit_events", "evaluations", "obligations", "reports"} <= set(rows)
    for name, row in rows.items():
        assert row.forced, name
        assert row.commands in {"ALL", "DELETE INSERT SELECT UPDATE"}, (name, row.commands)


async def test_every_policy_of_a_fenced_table_rests_on_the_scope(connection: AsyncConnection) -> None:
    found = await connection.execute(
        text(
            "SELECT tablename, cmd, coalesce(qual, '') || coalesce(with_check, '') AS rule FROM pg_policies"
            " WHERE permissive = 'PERMISSIVE' AND roles <> '{dienhinh_whole}'"
        )
    )
    loose = {(row.tablename, row.cmd) for row in found if "app." not in row.rule}
    allowed = {(table, "SELECT") for table in REFERENCE} | {("audit_events", "INSERT")}
    owners = {
        (t, "ALL")
        for t in (
            *("users", "service_accounts", "grants", "service_keys", "sessions", "sign_in_attempts"),
            *("webhook_secrets", "submissions", "submission_lines"),
        )
    }
    assert loose <= allowed | owners


async def test_the_applications_role_owns_nothing_and_cannot_go_around(connection: AsyncConnection) -> None:
    for name in ("dienhinh_app", "dienhinh_whole"):
        role = (await connection.execute(text("SELECT * FROM pg_roles WHERE rolname = :name"), {"name": name})).one()
        rights = (role.rolsuper, role.rolbypassrls, role.rolcreaterole, role.rolcreatedb, role.rolcanlogin)
        assert not any(rights), name
    owned = await connection.scalar(text("SELECT count(*) FROM pg_class WHERE relowner = 'dienhinh_app'::regrole"))
    assert owned == 0
    await as_app(connection, "0", "~")
    for statement in (
        "CREATE TABLE x (y int)",
        "DROP TABLE registrations",
        "SELECT * FROM signing_keys",
        "TRUNCATE users",
    ):
        with pytest.raises(DBAPIError):
            async with connection.begin_nested():
                await connection.execute(text(statement))


async def insert_registration(connection: AsyncConnection, key: str) -> None:
    """A registration of the unit ``key``, for next year."""
    await connection.execute(
        text("INSERT INTO registrations (id, unit_id, unit_path, year) VALUES (gen_random_uuid(), :u, :p, 2030)"),
        {"u": unit_id(key), "p": path(key)},
    )


@pytest.mark.parametrize(
    ("scopes", "seen"),
    [
        ([], set()),
        (["commune_a"], {"commune_a", "school_a1"}),
        (["district_yen_thanh"], {"commune_a", "commune_b", "school_a1"}),
        (["commune_a", "commune_c"], {"commune_a", "school_a1", "commune_c"}),
        (["province"], {"commune_a", "commune_b", "commune_c", "school_a1"}),
    ],
)
async def test_a_query_without_any_filter_sees_only_the_scope(system: Tx, scopes: list[str], seen: set[str]) -> None:
    for key in ("commune_a", "commune_b", "commune_c", "school_a1"):
        await system.session.execute(text("SELECT 1"))
        await insert_registration(system.session, key)
    connection: Any = system.session._connection  # type: ignore[attr-defined]
    paths = sorted(path(key) for key in scopes)
    upper = max((p.rstrip(".") + "/" for p in paths), default="")
    await as_app(connection, paths[0] if paths else "", upper, " ".join(paths) if len(paths) > 1 else "")
    rows = await connection.execute(text("SELECT unit_path FROM registrations"))
    assert {row.unit_path for row in rows} == {path(key) for key in seen}


async def test_a_write_outside_the_scope_is_refused_by_the_database(connection: AsyncConnection) -> None:
    await as_app(connection, path("commune_a"), path("commune_a").rstrip(".") + "/")
    async with connection.begin_nested():
        await insert_registration(connection, "commune_a")
    with pytest.raises(DBAPIError, match="row-level security"):
        async with connection.begin_nested():
            await insert_registration(connection, "commune_b")
    with pytest.raises(DBAPIError, match="fk_registrations_unit"):
        async with connection.begin_nested():  # a false copy of the path is caught by the composite key
            await connection.execute(
                text(
                    "INSERT INTO registrations (id, unit_id, unit_path, year) VALUES (gen_random_uuid(), :u, :p, 2031)"
                ),
                {"u": unit_id("commune_b"), "p": path("commune_a")},
            )


async def test_without_a_scope_there_is_nothing(connection: AsyncConnection) -> None:
    await connection.execute(text("SELECT set_config('role', 'dienhinh_app', true)"))
    for table in ("registrations", "users", "grants", "audit_events"):
        assert await connection.scalar(text(f"SELECT count(*) FROM {table}")) == 0


async def test_moving_a_unit_moves_the_paths_of_its_rows(system: Tx) -> None:
    await system.session.execute(text("SELECT 1"))
    connection: Any = system.session._connection  # type: ignore[attr-defined]
    await insert_registration(connection, "school_a1")
    moved = path("commune_b") + path("school_a1")[-7:]
    await system.session.execute(
        text("UPDATE units SET path = :p WHERE id = :u"), {"p": moved, "u": unit_id("school_a1")}
    )
    found = await system.session.scalar(
        text("SELECT unit_path FROM registrations WHERE unit_id = :u"), {"u": unit_id("school_a1")}
    )
    assert found == moved


def test_the_small_tree_is_what_the_tests_say() -> None:
    assert path("school_a1").startswith(path("commune_a"))
    assert len(TREE) == 9


@pytest.mark.parametrize(
    ("unit", "role", "becomes"),
    [
        ("ministry", "viewer", "dienhinh_whole"),
        ("province", "viewer", "dienhinh_app"),
        ("commune_a", "editor", "dienhinh_app"),
    ],
)
async def test_only_the_root_becomes_the_role_of_the_whole_tree(
    connection: AsyncConnection, tokens: Tokens, unit: str, role: str, becomes: str
) -> None:
    token = tokens.issuer.issue(sub=user_id(unit, role), sid=session_id(unit, role), now=int(wall().timestamp()))
    opener = CallerOpener(tokens.verifier, Clock())
    await opener(connection, Presented(f"Bearer {token}", None), Permission.REGISTRATION_READ, read_only=True)
    assert await connection.scalar(text("SELECT current_user")) == becomes


async def test_the_role_of_the_whole_tree_still_only_appends_to_the_log(connection: AsyncConnection) -> None:
    await connection.execute(text("SELECT set_config('role', 'dienhinh_whole', true)"))
    for statement in ("UPDATE audit_events SET verb = 'x'", "DELETE FROM audit_events", "SELECT * FROM signing_keys"):
        with pytest.raises(DBAPIError):
            async with connection.begin_nested():
                await connection.execute(text(statement))
