"""The pure rules: what counts as personal, what claims the same, where a proposal waits next."""

from uuid import UUID

import pytest

from app.awards.claims import claim_of
from app.awards.models import STATUSES
from app.awards.workflow import MACHINE, next_path
from app.kernel.errors import InvalidState
from app.kernel.workflow import actions, step

UNIT, OTHER = UUID(int=1), UUID(int=2)


def test_spelling_and_titles_make_no_other_recipient() -> None:
    first = claim_of("individual", UNIT, "Nguyễn Văn Hoà")
    for spelt in ("nguyễn  văn HÒA", "Đ/c Nguyen Van Hoa", "Ông Nguyễn-Văn-Hoà", "Trung tá Nguyễn Văn Hoà"):
        assert claim_of("individual", UNIT, spelt) == first, spelt
    others = {
        claim_of("individual", OTHER, "Nguyễn Văn Hoà"),
        claim_of("collective", UNIT, "Nguyễn Văn Hoà"),
        claim_of("individual", UNIT, "Nguyễn Văn Hải"),
        claim_of("individual", UNIT, "Ông"),
        claim_of("collective", UNIT, "Ông Nguyễn Văn Hoà"),
        claim_of("collective", UNIT, None),
        claim_of("collective", UNIT, ""),
    }
    assert len(others | {first}) == 8


def test_the_way_up_goes_unit_by_unit_and_begins_anew_when_the_tree_changed() -> None:
    school = "000001.000002.000003.000004."
    assert next_path(school, None) == "000001.000002.000003."
    assert next_path(school, "000001.000002.000003.") == "000001.000002."
    assert next_path(school, "000001.000009.") == "000001.000002.000003."


def test_every_pair_that_is_not_in_the_table_is_refused() -> None:
    for state in STATUSES:
        for action in actions(MACHINE):
            if (state, action) not in MACHINE:
                with pytest.raises(InvalidState):
                    step(MACHINE, state, action)
    assert {found.to for found in MACHINE.values()} <= set(STATUSES)
    assert [pair for pair in MACHINE if pair[0] in {"granted", "declined"}] == []
