"""Directives and good practices.

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

from migrations.fence import fence

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    _make_directives()
    _make_practices()


def _make_directives() -> None:
    op.create_table(
        "directives",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("unit_path", sa.String(collation="C"), nullable=False),
        sa.Column("track", sa.String(length=20), nullable=False),
        sa.Column("document_kind", sa.String(length=20), nullable=False),
        sa.Column("number_symbol", sa.String(length=100), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("title", sa.String(length=1000), nullable=False),
        sa.Column("issuing_body", sa.String(length=300), nullable=False),
        sa.Column("obliges", sa.String(length=2000), nullable=True),
        sa.Column("note", sa.String(length=2000), nullable=True),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("track IN ('advised', 'issued_directly')", name=op.f("ck_directives_track")),
        sa.CheckConstraint(
            "document_kind IN ('resolution', 'directive', 'decision', 'plan', 'programme', 'official_letter',"
            " 'guidance', 'notice', 'report', 'other')",
            name=op.f("ck_directives_document_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["unit_id", "unit_path"], ["units.id", "units.path"], name="fk_directives_unit", onupdate="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_directives")),
        sa.UniqueConstraint(
            "unit_id", "number_symbol", "issued_on", name=op.f("uq_directives_unit_id_number_symbol_issued_on")
        ),
    )
    op.create_index("ix_directives_unit_path", "directives", ["unit_path", "issued_on"], unique=False)
    op.create_index("ix_directives_updated_at", "directives", ["updated_at", "id"], unique=False)
    fence("directives")


def _make_practices() -> None:
    op.create_table(
        "practices",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("unit_path", sa.String(collation="C"), nullable=False),
        sa.Column("title", sa.String(length=1000), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("results", sa.Text(), nullable=True),
        sa.Column("started_on", sa.Date(), nullable=False),
        sa.Column("status", sa.String(length=20), server_default="draft", nullable=False),
        sa.Column("return_note", sa.String(length=2000), nullable=True),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("proposed_by", sa.Uuid(), nullable=True),
        sa.Column("selected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("selected_by", sa.Uuid(), nullable=True),
        sa.Column("selected_unit_id", sa.Uuid(), nullable=True),
        sa.Column("selection_note", sa.String(length=2000), nullable=True),
        sa.Column("replicated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("replicated_by", sa.Uuid(), nullable=True),
        sa.Column("replicated_unit_id", sa.Uuid(), nullable=True),
        sa.Column("replication_note", sa.String(length=2000), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "status IN ('draft', 'proposed', 'selected', 'to_be_replicated', 'returned')",
            name=op.f("ck_practices_status"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('proposed', 'selected', 'to_be_replicated') OR (proposed_at IS NOT NULL"
            " AND results IS NOT NULL)",
            name=op.f("ck_practices_proposed"),
        ),
        sa.CheckConstraint(
            "(status IN ('selected', 'to_be_replicated')) = (selected_at IS NOT NULL)"
            " AND (selected_at IS NULL) = (selected_unit_id IS NULL)",
            name=op.f("ck_practices_selected"),
        ),
        sa.CheckConstraint(
            "(status = 'to_be_replicated') = (replicated_at IS NOT NULL)"
            " AND (replicated_at IS NULL) = (replicated_unit_id IS NULL)",
            name=op.f("ck_practices_replicated"),
        ),
        sa.ForeignKeyConstraint(["replicated_unit_id"], ["units.id"], name=op.f("fk_practices_replicated_unit_id")),
        sa.ForeignKeyConstraint(["selected_unit_id"], ["units.id"], name=op.f("fk_practices_selected_unit_id")),
        sa.ForeignKeyConstraint(
            ["unit_id", "unit_path"], ["units.id", "units.path"], name="fk_practices_unit", onupdate="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_practices")),
    )
    op.create_index("ix_practices_unit_id", "practices", ["unit_id"], unique=False)
    op.create_index("ix_practices_unit_path", "practices", ["unit_path", "started_on"], unique=False)
    op.create_index("ix_practices_updated_at", "practices", ["updated_at", "id"], unique=False)
    fence("practices")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table, indexes in (
        ("practices", ("updated_at", "unit_path", "unit_id")),
        ("directives", ("updated_at", "unit_path")),
    ):
        for index in indexes:
            op.drop_index(f"ix_{table}_{index}", table_name=table)
        op.drop_table(table)
