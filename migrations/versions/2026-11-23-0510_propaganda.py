"""Propaganda activities and launches, with their catalogue.

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.fence import fence, fence_writes

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


# Totals of one unit, form and venue may not share a day. An exclusion constraint would need btree_gist, an extension
# that not every server has: so writers of totals go one by one per unit, and each looks after it got its turn.
_NO_OVERLAP = """
CREATE FUNCTION propaganda_total_apart() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(322, hashtext(NEW.unit_id::text));
    IF EXISTS (
        SELECT FROM propaganda_activities AS a
        WHERE a.unit_id = NEW.unit_id AND a.form_id = NEW.form_id AND a.nature = 'period_total' AND a.id <> NEW.id
          AND a.venue_kind IS NOT DISTINCT FROM NEW.venue_kind
          AND a.date_from <= NEW.date_to AND a.date_to >= NEW.date_from
    ) THEN
        RAISE EXCEPTION 'another total covers some of these days'
            USING ERRCODE = '23P01', CONSTRAINT = 'ex_propaganda_activities_period_totals';
    END IF;
    RETURN NEW;
END
$$
"""
_TRIGGER = (
    "CREATE TRIGGER propaganda_total_apart"
    " BEFORE INSERT OR UPDATE OF unit_id, form_id, nature, venue_kind, date_from, date_to ON propaganda_activities"
    " FOR EACH ROW WHEN (NEW.nature = 'period_total') EXECUTE FUNCTION propaganda_total_apart()"
)

# What a used form means stays: records would mean something else. Who changes a form has locked it FOR UPDATE, for
# which a record that is just being inserted makes him wait.
_MEANING = """
CREATE FUNCTION activity_form_used() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.unit_id, OLD.code, OLD.category, OLD.group_code, OLD.title_vi, OLD.title_en, OLD.counted, OLD.unit_of_count,
        OLD.venue_kinds, OLD.source, OLD.valid_from)
       IS DISTINCT FROM
       (NEW.unit_id, NEW.code, NEW.category, NEW.group_code, NEW.title_vi, NEW.title_en, NEW.counted, NEW.unit_of_count,
        NEW.venue_kinds, NEW.source, NEW.valid_from)
       AND EXISTS (SELECT FROM propaganda_activities AS a WHERE a.form_id = NEW.id)
    THEN
        RAISE EXCEPTION 'a used form keeps its meaning'
            USING ERRCODE = '23514', CONSTRAINT = 'ck_activity_forms_used';
    END IF;
    RETURN NEW;
END
$$
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "activity_forms",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("unit_path", sa.String(collation="C"), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("category", sa.String(length=20), nullable=False),
        sa.Column("group_code", sa.String(length=20), nullable=False),
        sa.Column("title_vi", sa.String(length=300), nullable=False),
        sa.Column("title_en", sa.String(length=300), nullable=False),
        sa.Column("counted", sa.String(length=20), nullable=False),
        sa.Column("unit_of_count", sa.String(length=100), nullable=False),
        sa.Column("venue_kinds", postgresql.ARRAY(sa.String(length=20)), nullable=False),
        sa.Column("source", sa.String(length=20), server_default="proposal", nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "(category = 'propaganda') = (group_code IN ('direct', 'broadcast', 'news', 'visual', 'print'))",
            name=op.f("ck_activity_forms_group_of_category"),
        ),
        sa.CheckConstraint("category IN ('propaganda', 'launch')", name=op.f("ck_activity_forms_category")),
        sa.CheckConstraint("counted IN ('sessions', 'quantity')", name=op.f("ck_activity_forms_counted")),
        sa.CheckConstraint(
            "group_code IN ('direct', 'broadcast', 'news', 'visual', 'print', 'ceremony', 'residents', 'briefing', 'combined')",
            name=op.f("ck_activity_forms_group_code"),
        ),
        sa.CheckConstraint("source IN ('plan', 'proposal')", name=op.f("ck_activity_forms_source")),
        sa.CheckConstraint(
            "venue_kinds <@ ARRAY['commune', 'agency', 'enterprise', 'school']::varchar[]",
            name=op.f("ck_activity_forms_venue_kinds"),
        ),
        sa.CheckConstraint("valid_to > valid_from", name=op.f("ck_activity_forms_valid")),
        sa.ForeignKeyConstraint(
            ["unit_id", "unit_path"], ["units.id", "units.path"], name="fk_activity_forms_unit", onupdate="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity_forms")),
        sa.UniqueConstraint("unit_id", "code", name="uq_activity_forms_unit_code"),
    )
    op.create_index("ix_activity_forms_unit_path", "activity_forms", ["unit_path"], unique=False)
    op.create_index("ix_activity_forms_updated_at", "activity_forms", ["updated_at", "id"], unique=False)
    op.create_table(
        "propaganda_activities",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("unit_path", sa.String(collation="C"), nullable=False),
        sa.Column("form_id", sa.Uuid(), nullable=False),
        sa.Column("nature", sa.String(length=20), nullable=False),
        sa.Column("venue_kind", sa.String(length=20), nullable=True),
        sa.Column("date_from", sa.Date(), nullable=False),
        sa.Column("date_to", sa.Date(), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("place", sa.String(length=300), nullable=True),
        sa.Column("sessions", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("quantity", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("people_reached", sa.BigInteger(), nullable=True),
        sa.Column("result", sa.String(length=2000), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "date_to >= date_from AND (nature <> 'event' OR date_to = date_from)",
            name=op.f("ck_propaganda_activities_dates"),
        ),
        sa.CheckConstraint(
            "nature <> 'event' OR sessions + quantity > 0", name=op.f("ck_propaganda_activities_event_counts")
        ),
        sa.CheckConstraint("nature IN ('event', 'period_total')", name=op.f("ck_propaganda_activities_nature")),
        sa.CheckConstraint(
            "venue_kind IN ('commune', 'agency', 'enterprise', 'school')",
            name=op.f("ck_propaganda_activities_venue_kind"),
        ),
        sa.CheckConstraint(
            "people_reached BETWEEN 0 AND 100000000", name=op.f("ck_propaganda_activities_people_reached")
        ),
        sa.CheckConstraint("quantity BETWEEN 0 AND 10000000", name=op.f("ck_propaganda_activities_quantity")),
        sa.CheckConstraint("sessions = 0 OR quantity = 0", name=op.f("ck_propaganda_activities_counted_once")),
        sa.CheckConstraint("sessions BETWEEN 0 AND 100000", name=op.f("ck_propaganda_activities_sessions")),
        sa.ForeignKeyConstraint(["form_id"], ["activity_forms.id"], name=op.f("fk_propaganda_activities_form_id")),
        sa.ForeignKeyConstraint(
            ["unit_id", "unit_path"],
            ["units.id", "units.path"],
            name="fk_propaganda_activities_unit",
            onupdate="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_propaganda_activities")),
    )
    op.create_index("ix_propaganda_activities_form_id", "propaganda_activities", ["form_id", "date_to"], unique=False)
    op.create_index(
        "ix_propaganda_activities_unit_id", "propaganda_activities", ["unit_id", "form_id", "date_to"], unique=False
    )
    op.create_index(
        "ix_propaganda_activities_unit_path", "propaganda_activities", ["unit_path", "date_to"], unique=False
    )
    op.create_index("ix_propaganda_activities_updated_at", "propaganda_activities", ["updated_at", "id"], unique=False)
    op.execute(_NO_OVERLAP)
    op.execute(_TRIGGER)
    op.execute(_MEANING)
    op.execute(
        "CREATE TRIGGER activity_form_used BEFORE UPDATE ON activity_forms"
        " FOR EACH ROW EXECUTE FUNCTION activity_form_used()"
    )
    fence_writes("activity_forms", commands="SELECT, INSERT, UPDATE")
    fence("propaganda_activities")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_index("ix_propaganda_activities_updated_at", table_name="propaganda_activities")
    op.drop_index("ix_propaganda_activities_unit_path", table_name="propaganda_activities")
    op.drop_index("ix_propaganda_activities_unit_id", table_name="propaganda_activities")
    op.drop_index("ix_propaganda_activities_form_id", table_name="propaganda_activities")
    op.drop_table("propaganda_activities")
    op.drop_index("ix_activity_forms_updated_at", table_name="activity_forms")
    op.drop_index("ix_activity_forms_unit_path", table_name="activity_forms")
    op.drop_table("activity_forms")
    op.execute("DROP FUNCTION propaganda_total_apart()")
    op.execute("DROP FUNCTION activity_form_used()")
