"""Reports complete: what the printed one needs, findings, reasons per section, drafts, seals and who signed them.

Revision ID: 0017
Revises: 0016
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.fence import fence, fence_writes

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "outline_templates",
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("unit_path", sa.String(collation="C"), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("source", sa.String(length=10), server_default="proposal", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("source IN ('plan', 'proposal')", name=op.f("ck_outline_templates_source")),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.id"], name=op.f("fk_outline_templates_campaign_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["unit_id", "unit_path"], ["units.id", "units.path"], name="fk_outline_templates_unit", onupdate="CASCADE"
        ),
        sa.PrimaryKeyConstraint("campaign_id", "code", name=op.f("pk_outline_templates")),
    )
    op.create_index("ix_outline_templates_unit_path", "outline_templates", ["unit_path"], unique=False)
    op.create_table(
        "report_findings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("unit_path", sa.String(collation="C"), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("origin_finding_id", sa.Uuid(), nullable=True),
        sa.Column("origin_unit_id", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('strength', 'limit', 'lesson', 'proposal', 'direction')", name=op.f("ck_report_findings_kind")
        ),
        sa.CheckConstraint(
            "(origin_finding_id IS NULL) = (origin_unit_id IS NULL)", name=op.f("ck_report_findings_origin")
        ),
        sa.ForeignKeyConstraint(["origin_unit_id"], ["units.id"], name=op.f("fk_report_findings_origin_unit_id")),
        sa.ForeignKeyConstraint(
            ["report_id"], ["reports.id"], name=op.f("fk_report_findings_report_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["unit_id", "unit_path"], ["units.id", "units.path"], name="fk_report_findings_unit", onupdate="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_findings")),
    )
    op.create_index("ix_report_findings_report_id", "report_findings", ["report_id", "kind", "position"], unique=False)
    op.create_index("ix_report_findings_unit_path", "report_findings", ["unit_path"], unique=False)
    op.create_index(
        "uq_report_findings_origin",
        "report_findings",
        ["report_id", "origin_finding_id"],
        unique=True,
        postgresql_where="origin_finding_id IS NOT NULL",
    )
    op.create_table(
        "report_seals",
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.SmallInteger(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("unit_path", sa.String(collation="C"), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("sections", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sealed_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("digest = encode(sha256(body), 'hex')", name=op.f("ck_report_seals_digest")),
        sa.CheckConstraint("sequence >= 1", name=op.f("ck_report_seals_sequence")),
        sa.ForeignKeyConstraint(["report_id"], ["reports.id"], name=op.f("fk_report_seals_report_id")),
        sa.ForeignKeyConstraint(
            ["unit_id", "unit_path"], ["units.id", "units.path"], name="fk_report_seals_unit", onupdate="CASCADE"
        ),
        sa.PrimaryKeyConstraint("report_id", "sequence", name=op.f("pk_report_seals")),
    )
    op.create_index("ix_report_seals_unit_path", "report_seals", ["unit_path"], unique=False)
    op.create_table(
        "report_signatures",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.SmallInteger(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("unit_path", sa.String(collation="C"), nullable=False),
        sa.Column("act", sa.String(length=10), nullable=False),
        sa.Column("signer_unit_id", sa.Uuid(), nullable=True),
        sa.Column("signed_by", sa.Uuid(), nullable=True),
        sa.Column("signer_name", sa.String(length=300), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.CheckConstraint("act IN ('submit', 'accept')", name=op.f("ck_report_signatures_act")),
        sa.ForeignKeyConstraint(
            ["report_id", "sequence"],
            ["report_seals.report_id", "report_seals.sequence"],
            name=op.f("fk_report_signatures_report_id_sequence"),
        ),
        sa.ForeignKeyConstraint(["signer_unit_id"], ["units.id"], name=op.f("fk_report_signatures_signer_unit_id")),
        sa.ForeignKeyConstraint(
            ["unit_id", "unit_path"], ["units.id", "units.path"], name="fk_report_signatures_unit", onupdate="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_signatures")),
    )
    op.create_index("ix_report_signatures_report_id", "report_signatures", ["report_id", "sequence"], unique=False)
    op.create_index("ix_report_signatures_unit_path", "report_signatures", ["unit_path"], unique=False)
    op.add_column("reports", sa.Column("parent_body", sa.String(length=300), nullable=True))
    op.add_column("reports", sa.Column("issuing_body", sa.String(length=300), nullable=True))
    op.add_column("reports", sa.Column("place", sa.String(length=300), nullable=True))
    op.add_column(
        "reports",
        sa.Column("addressees", postgresql.ARRAY(sa.String()), server_default=sa.text("'{}'"), nullable=False),
    )
    op.add_column(
        "reports",
        sa.Column("recipients", postgresql.ARRAY(sa.String()), server_default=sa.text("'{}'"), nullable=False),
    )
    op.add_column("reports", sa.Column("signer_authority", sa.String(length=300), nullable=True))
    op.add_column(
        "reports",
        sa.Column(
            "return_sections",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
    )
    op.add_column(
        "reports",
        sa.Column("acknowledged", postgresql.ARRAY(sa.String()), server_default=sa.text("'{}'"), nullable=False),
    )
    fence("report_findings")
    fence_writes("outline_templates")
    # What was sealed and signed stays: the application's role can neither change nor delete it.
    fence("report_seals", commands="SELECT, INSERT")
    fence("report_signatures", commands="SELECT, INSERT")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_column("reports", "acknowledged")
    op.drop_column("reports", "return_sections")
    op.drop_column("reports", "signer_authority")
    op.drop_column("reports", "recipients")
    op.drop_column("reports", "addressees")
    op.drop_column("reports", "place")
    op.drop_column("reports", "issuing_body")
    op.drop_column("reports", "parent_body")
    op.drop_index("ix_report_signatures_unit_path", table_name="report_signatures")
    op.drop_index("ix_report_signatures_report_id", table_name="report_signatures")
    op.drop_table("report_signatures")
    op.drop_index("ix_report_seals_unit_path", table_name="report_seals")
    op.drop_table("report_seals")
    op.drop_index(
        "uq_report_findings_origin", table_name="report_findings", postgresql_where="origin_finding_id IS NOT NULL"
    )
    op.drop_index("ix_report_findings_unit_path", table_name="report_findings")
    op.drop_index("ix_report_findings_report_id", table_name="report_findings")
    op.drop_table("report_findings")
    op.drop_index("ix_outline_templates_unit_path", table_name="outline_templates")
    op.drop_table("outline_templates")
