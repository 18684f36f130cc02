"""Row-level security, spelled once for all migrations (docs/decisions/0001-the-fence.md)."""

from alembic import op

APP_ROLE = "dienhinh_app"
WHOLE_ROLE = "dienhinh_whole"
"""What a caller becomes whose scope is the whole tree: a member of APP_ROLE for whom the fence is known to hold for
every row, so that a question about the whole nation does not ask it five million times."""


def within(column: str) -> str:
    """SQL: ``column`` lies in the caller's scope.

    CASE, not OR: the planner takes a comparison of two constants for true once in two hundred rows, would believe every
    fenced table nearly empty, and join large ones by nested loops. Of CASE it supposes a half, near enough.
    """
    return (
        f"{column} >= current_setting('app.scope_from', true) AND {column} < current_setting('app.scope_to', true)"
        f" AND CASE WHEN current_setting('app.scope_list', true) = '' THEN true"
        f" ELSE {column} ^@ ANY (string_to_array(current_setting('app.scope_list', true), ' ')) END"
    )


def _enable(table: str) -> None:
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def _open_to_whole(table: str) -> None:
    op.execute(f"CREATE POLICY {table}_whole ON {table} TO {WHOLE_ROLE} USING (true) WITH CHECK (true)")


def make_roles() -> None:
    """The roles that requests become. They belong to the whole server: another database may have made them already."""
    for role in (APP_ROLE, WHOLE_ROLE):
        op.execute(
            f"""DO $$ BEGIN
                IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN
                    CREATE ROLE {role} NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE;
                END IF;
            EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
            END $$"""
        )
    for role, member in ((APP_ROLE, WHOLE_ROLE), (APP_ROLE, "CURRENT_USER"), (WHOLE_ROLE, "CURRENT_USER")):
        name = "current_user" if member == "CURRENT_USER" else f"'{member}'"
        op.execute(
            f"""DO $$ BEGIN
                IF NOT pg_has_role({name}, '{role}', 'MEMBER') OR current_setting('server_version_num')::int >= 160000
                THEN GRANT {role} TO {member};
                END IF;
            EXCEPTION WHEN insufficient_privilege OR unique_violation THEN
                IF NOT pg_has_role({name}, '{role}', 'MEMBER') THEN RAISE; END IF;
            END $$"""
        )
    op.execute(f"GRANT USAGE ON SCHEMA public TO {APP_ROLE}")


def fence(table: str, *, column: str = "unit_path", commands: str = "SELECT, INSERT, UPDATE, DELETE") -> None:
    """Rows of ``table`` exist only for those whose scope holds them."""
    _enable(table)
    rule = within(column)
    op.execute(f"CREATE POLICY {table}_select ON {table} FOR SELECT USING ({rule})")
    op.execute(f"CREATE POLICY {table}_insert ON {table} FOR INSERT WITH CHECK ({rule})")
    op.execute(f"CREATE POLICY {table}_update ON {table} FOR UPDATE USING ({rule}) WITH CHECK ({rule})")
    op.execute(f"CREATE POLICY {table}_delete ON {table} FOR DELETE USING ({rule})")
    _open_to_whole(table)
    op.execute(f"GRANT {commands} ON {table} TO {APP_ROLE}")


def fence_writes(table: str, *, column: str = "unit_path", commands: str = "SELECT, INSERT, UPDATE, DELETE") -> None:
    """Reference data: everyone signed in reads all rows, only the scope's rows can be written."""
    _enable(table)
    rule = within(column)
    op.execute(f"CREATE POLICY {table}_select ON {table} FOR SELECT USING (true)")
    op.execute(f"CREATE POLICY {table}_insert ON {table} FOR INSERT WITH CHECK ({rule})")
    op.execute(f"CREATE POLICY {table}_update ON {table} FOR UPDATE USING ({rule}) WITH CHECK ({rule})")
    op.execute(f"CREATE POLICY {table}_delete ON {table} FOR DELETE USING ({rule})")
    _open_to_whole(table)
    op.execute(f"GRANT {commands} ON {table} TO {APP_ROLE}")


def open_to_owner(table: str) -> None:
    """Sign-in reads ``table`` before any scope exists, as the role that owns it; requests run as ``dienhinh_app``."""
    op.execute(f"CREATE POLICY {table}_owner ON {table} TO CURRENT_USER USING (true) WITH CHECK (true)")


def allow(table: str, commands: str) -> None:
    """Grant ``commands`` on a table without unit-owned rows of its own."""
    op.execute(f"GRANT {commands} ON {table} TO {APP_ROLE}")
