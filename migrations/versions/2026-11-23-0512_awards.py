"""Awards: forms, quotas, proposals.

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.fence import APP_ROLE, fence, fence_writes

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

# What a proposal claims is kept beside it as a hash while the proposal stands. The table has no scope, since the rule
# "one achievement, one award" holds across scopes; so requests have no right on it at all.
_KEEP_CLAIM = """
CREATE FUNCTION award_claim_keep() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW.status IN ('submitted', 'endorsed', 'granted') THEN
        INSERT INTO public.award_claims (award_id, claim, period_from, period_to, overridden)
        VALUES (NEW.id, NEW.claim, NEW.period_from, NEW.period_to, NEW.override_note IS NOT NULL)
        ON CONFLICT (award_id) DO UPDATE SET claim = excluded.claim, period_from = excluded.period_from,
            period_to = excluded.period_to, overridden = excluded.overridden;
    ELSE
        DELETE FROM public.award_claims WHERE award_id = NEW.id;
    END IF;
    RETURN NULL;
END $$
"""

# Beyond the fence this answers identifiers and nothing else, and only to who knows recipient and achievement already.
# The lock makes the second of two at once wait for the first to commit; then it sees the first's claim.
_TWINS = """
CREATE FUNCTION award_twins(own uuid, wanted bytea, starts date, ends date)
RETURNS TABLE (award_id uuid, overridden boolean) LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('award_claim:' || encode(wanted, 'hex'), 0));
    RETURN QUERY SELECT c.award_id, c.overridden FROM public.award_claims c
    WHERE c.claim = wanted AND c.award_id <> own AND c.period_from <= ends AND c.period_to >= starts
    ORDER BY c.award_id;
END $$
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "award_forms",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("unit_path", sa.String(collation="C"), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("authority", sa.String(length=300), nullable=False),
        sa.Column("authority_level", sa.String(length=10), nullable=False),
        sa.Column("handled_level", sa.String(length=10), nullable=False),
        sa.Column("recipient_kinds", postgresql.ARRAY(sa.String(length=20)), nullable=False),
        sa.Column("requires_quota", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column(
            "legal_basis",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'::jsonb"),
            nullable=False,
        ),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("position", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "authority_level IN ('central', 'province', 'district', 'commune')",
            name=op.f("ck_award_forms_authority_level"),
        ),
        sa.CheckConstraint(
            "cardinality(recipient_kinds) > 0 AND recipient_kinds <@ ARRAY['collective', 'individual']::varchar[]",
            name=op.f("ck_award_forms_recipient_kinds"),
        ),
        sa.CheckConstraint(
            "handled_level IN ('central', 'province', 'district', 'commune')", name=op.f("ck_award_forms_handled_level")
        ),
        sa.CheckConstraint("source IN ('plan', 'proposal')", name=op.f("ck_award_forms_source")),
        sa.CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name=op.f("ck_award_forms_validity")),
        sa.ForeignKeyConstraint(
            ["unit_id", "unit_path"], ["units.id", "units.path"], name="fk_award_forms_unit", onupdate="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_award_forms")),
        sa.UniqueConstraint("unit_id", "code", name="uq_award_forms_unit_code"),
    )
    op.create_index("ix_award_forms_unit_path", "award_forms", ["unit_path"], unique=False)
    op.create_index("ix_award_forms_updated_at", "award_forms", ["updated_at", "id"], unique=False)
    op.create_table(
        "award_quotas",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("unit_path", sa.String(collation="C"), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("award_form_id", sa.Uuid(), nullable=False),
        sa.Column("collectives", sa.Integer(), nullable=False),
        sa.Column("individuals", sa.Integer(), nullable=False),
        sa.Column("note", sa.String(length=2000), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("collectives >= 0 AND individuals >= 0", name=op.f("ck_award_quotas_counts")),
        sa.ForeignKeyConstraint(["award_form_id"], ["award_forms.id"], name=op.f("fk_award_quotas_award_form_id")),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaigns.id"], name=op.f("fk_award_quotas_campaign_id")),
        sa.ForeignKeyConstraint(
            ["unit_id", "unit_path"], ["units.id", "units.path"], name="fk_award_quotas_unit", onupdate="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_award_quotas")),
        sa.UniqueConstraint("campaign_id", "award_form_id", "unit_id", name="uq_award_quotas_campaign_form_unit"),
    )
    op.create_index("ix_award_quotas_unit_path", "award_quotas", ["unit_path"], unique=False)
    op.create_index("ix_award_quotas_updated_at", "award_quotas", ["updated_at", "id"], unique=False)
    op.create_table(
        "awards",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("unit_path", sa.String(collation="C"), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("award_form_id", sa.Uuid(), nullable=False),
        sa.Column("recipient_kind", sa.String(length=20), nullable=False),
        sa.Column("recipient_unit_id", sa.Uuid(), nullable=False),
        sa.Column("recipient_is_unit", sa.Boolean(), nullable=False),
        sa.Column("recipient_name", sa.String(length=300), nullable=False),
        sa.Column("position", sa.String(length=300), nullable=True),
        sa.Column("achievement", sa.Text(), nullable=False),
        sa.Column("period_from", sa.Date(), nullable=False),
        sa.Column("period_to", sa.Date(), nullable=False),
        sa.Column("council_minutes_number", sa.String(length=300), nullable=True),
        sa.Column("council_minutes_date", sa.Date(), nullable=True),
        sa.Column("status", sa.String(length=20), server_default="draft", nullable=False),
        sa.Column("deciding_unit_id", sa.Uuid(), nullable=False),
        sa.Column("round", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("endorsed_by_unit_id", sa.Uuid(), nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("submitted_by", sa.Uuid(), nullable=True),
        sa.Column("endorsed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("return_note", sa.String(length=2000), nullable=True),
        sa.Column("decline_note", sa.String(length=2000), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decision_number", sa.String(length=300), nullable=True),
        sa.Column("decision_date", sa.Date(), nullable=True),
        sa.Column("override_note", sa.String(length=2000), nullable=True),
        sa.Column("override_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("override_by", sa.Uuid(), nullable=True),
        sa.Column("claim", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("(status = 'granted') = (decision_number IS NOT NULL)", name=op.f("ck_awards_granted")),
        sa.CheckConstraint(
            "CASE recipient_kind WHEN 'individual' THEN position IS NOT NULL AND NOT recipient_is_unit ELSE position IS NULL END",
            name=op.f("ck_awards_recipient"),
        ),
        sa.CheckConstraint("recipient_kind IN ('collective', 'individual')", name=op.f("ck_awards_recipient_kind")),
        sa.CheckConstraint("status = 'draft' OR submitted_at IS NOT NULL", name=op.f("ck_awards_submitted")),
        sa.CheckConstraint(
            "status IN ('draft', 'submitted', 'endorsed', 'granted', 'declined', 'returned')",
            name=op.f("ck_awards_status"),
        ),
        sa.CheckConstraint(
            "(council_minutes_number IS NULL) = (council_minutes_date IS NULL)", name=op.f("ck_awards_council_minutes")
        ),
        sa.CheckConstraint("(decision_number IS NULL) = (decision_date IS NULL)", name=op.f("ck_awards_decision")),
        sa.CheckConstraint("period_to >= period_from", name=op.f("ck_awards_period")),
        sa.ForeignKeyConstraint(["award_form_id"], ["award_forms.id"], name=op.f("fk_awards_award_form_id")),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaigns.id"], name=op.f("fk_awards_campaign_id")),
        sa.ForeignKeyConstraint(["deciding_unit_id"], ["units.id"], name=op.f("fk_awards_deciding_unit_id")),
        sa.ForeignKeyConstraint(["endorsed_by_unit_id"], ["units.id"], name=op.f("fk_awards_endorsed_by_unit_id")),
        sa.ForeignKeyConstraint(["recipient_unit_id"], ["units.id"], name=op.f("fk_awards_recipient_unit_id")),
        sa.ForeignKeyConstraint(
            ["unit_id", "unit_path"], ["units.id", "units.path"], name="fk_awards_unit", onupdate="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_awards")),
    )
    op.create_index("ix_awards_campaign_form", "awards", ["campaign_id", "award_form_id", "unit_path"], unique=False)
    op.create_index("ix_awards_unit_path", "awards", ["unit_path", "id"], unique=False)
    op.create_index("ix_awards_updated_at", "awards", ["updated_at", "id"], unique=False)
    op.create_table(
        "award_endorsements",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("award_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("unit_path", sa.String(collation="C"), nullable=False),
        sa.Column("round", sa.SmallInteger(), nullable=False),
        sa.Column("endorsing_unit_id", sa.Uuid(), nullable=False),
        sa.Column("level", sa.String(length=10), nullable=False),
        sa.Column("endorsed_by", sa.Uuid(), nullable=True),
        sa.Column("endorsed_by_name", sa.String(length=200), nullable=False),
        sa.Column("endorsed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.String(length=2000), nullable=True),
        sa.Column("council_minutes_number", sa.String(length=300), nullable=True),
        sa.Column("council_minutes_date", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "(council_minutes_number IS NULL) = (council_minutes_date IS NULL)",
            name=op.f("ck_award_endorsements_council_minutes"),
        ),
        sa.ForeignKeyConstraint(
            ["award_id"], ["awards.id"], name=op.f("fk_award_endorsements_award_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["endorsing_unit_id"], ["units.id"], name=op.f("fk_award_endorsements_endorsing_unit_id")
        ),
        sa.ForeignKeyConstraint(
            ["unit_id", "unit_path"], ["units.id", "units.path"], name="fk_award_endorsements_unit", onupdate="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_award_endorsements")),
        sa.UniqueConstraint("award_id", "round", "endorsing_unit_id", name="uq_award_endorsements_round_unit"),
    )
    op.create_index("ix_award_endorsements_unit_path", "award_endorsements", ["unit_path"], unique=False)
    op.create_table(
        "award_claims",
        sa.Column("award_id", sa.Uuid(), nullable=False),
        sa.Column("claim", sa.LargeBinary(), nullable=False),
        sa.Column("period_from", sa.Date(), nullable=False),
        sa.Column("period_to", sa.Date(), nullable=False),
        sa.Column("overridden", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["award_id"], ["awards.id"], name=op.f("fk_award_claims_award_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("award_id", name=op.f("pk_award_claims")),
    )
    op.create_index("ix_award_claims_claim", "award_claims", ["claim"], unique=False)

    fence_writes("award_forms")
    fence_writes("award_quotas")
    fence("awards")
    fence("award_endorsements", commands="SELECT, INSERT, DELETE")
    op.execute(_KEEP_CLAIM)
    op.execute(
        "CREATE TRIGGER award_claims_kept AFTER INSERT OR UPDATE OF status, claim, period_from, period_to, override_note"
        " ON awards FOR EACH ROW EXECUTE FUNCTION award_claim_keep()"
    )
    op.execute(_TWINS)
    op.execute("REVOKE EXECUTE ON FUNCTION award_claim_keep() FROM PUBLIC")
    op.execute("REVOKE EXECUTE ON FUNCTION award_twins(uuid, bytea, date, date) FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION award_twins(uuid, bytea, date, date) TO {APP_ROLE}")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("DROP FUNCTION award_twins(uuid, bytea, date, date)")
    for table in ("award_claims", "award_endorsements", "awards", "award_quotas", "award_forms"):
        op.drop_table(table)
    op.execute("DROP FUNCTION award_claim_keep()")
