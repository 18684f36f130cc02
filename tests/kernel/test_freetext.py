"""No body takes text that is invisible, secret or an identity number; which fields are not asked is listed here."""

from collections.abc import Iterator
from typing import Any, get_args

import pytest
from pydantic import Field, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import to_jsonable_python

import app.main  # noqa: F401 - so that every body is known
from app.kernel.freetext import fault_in
from app.kernel.schema import In
from app.kernel.secrecy import SecrecyMark
from app.kernel.validation import refusal

UNREAD = {
    ("SignIn", "username"),
    ("SignIn", "password"),
    ("SignIn", "one_time_code"),
    ("RefreshIn", "refresh_token"),
    ("PasswordIn", "password"),
    ("PasswordChange", "current_password"),
    ("PasswordChange", "new_password"),
    ("OneTimeCodeIn", "one_time_code"),
    ("SecondFactorDisable", "password"),
    ("SecondFactorDisable", "one_time_code"),
    ("UserIn", "username"),
    ("UserIn", "email"),
    ("UserIn", "phone"),
    ("UserIn", "password"),
    ("UserPatch", "email"),
    ("UserPatch", "phone"),
    ("KeyIn", "networks"),
    ("WebhookIn", "url"),
    ("WebhookPatch", "url"),
    ("FileIn", "content"),
    ("FileConfirmation", "content"),
    ("FileConfirmation", "token"),
    ("ColumnPreview", "letter"),
    ("ColumnPreview", "header"),
}
"""Passwords, tokens, files, addresses of machines, and the headings of somebody's file as the answer shows them."""


def bodies(of: type[In] = In) -> Iterator[type[In]]:
    for body in of.__subclasses__():
        if body.__module__.startswith("app."):
            yield body
        yield from bodies(body)


def _samples(annotation: Any, text: str) -> list[Any]:
    """``text`` as a field of this type would take it: alone, in a list, in an object."""
    if annotation is str:
        return [text]
    arguments = [found for part in get_args(annotation) for found in _samples(part, text)]
    origin = getattr(annotation, "__origin__", None)
    if origin is list:
        return [[found] for found in arguments]
    if origin is dict:
        return [{"II.1": arguments[-1]}] if arguments else []
    return arguments


def _takes(field: FieldInfo, value: Any) -> bool:
    """Whether the field's own type, without what ``In`` asks of it, lets the text through."""
    try:
        TypeAdapter(field.rebuild_annotation()).validate_python(value)
    except ValidationError:
        return False
    return True


def _codes(body: type[In], name: str, value: Any) -> set[str]:
    try:
        body.model_validate({name: value})
    except ValidationError as fault:
        return {error["type"] for error in fault.errors() if error["loc"][:1] == (name,)}
    return set()


FIELDS = sorted(
    {(body, name) for body in bodies() for name in body.model_fields}, key=lambda found: (found[0].__name__, found[1])
)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Kế hoạch (TỐI MẬT)", "secrecy_mark"),
        ("CCCD 040199001234", "personal_identifier"),
        ("\u200b\u2060", "blank_text"),
    ],
)
def test_every_text_of_every_body_is_asked_unless_listed(text: str, code: str) -> None:
    asked = 0
    passed = set()
    for body, name in FIELDS:
        for value in _samples(body.model_fields[name].annotation, text):
            if _takes(body.model_fields[name], value):
                asked += 1
                if code not in _codes(body, name, value):
                    passed.add((body.__name__, name))
    assert asked > 150, asked
    assert passed <= UNREAD, sorted(passed - UNREAD)


def test_what_is_listed_is_not_asked_and_is_there() -> None:
    assert {(body.__name__, name) for body, name in FIELDS if name in body.unread} == UNREAD


class Sections(In):
    title: str = "x"
    lines: list[str]
    sections: dict[str, str | None] = Field(default_factory=dict)


def test_each_place_is_named_and_the_answer_has_the_code_where_nothing_else_is_wrong() -> None:
    with pytest.raises(ValidationError) as caught:
        Sections.model_validate({"lines": ["tốt", "(MẬT)"], "sections": {"II/1": "12/KH-CAT-M", "V": None}})
    raised = refusal({**error, "loc": ("body", *error["loc"])} for error in caught.value.errors())
    assert isinstance(raised, SecrecyMark)
    assert [(e.pointer, e.code) for e in raised.errors] == [
        ("/lines/1", "secrecy_mark"),
        ("/sections/II~11", "secrecy_mark"),
    ]
    assert "'Mật'" in raised.errors[0].message.vi
    with pytest.raises(ValidationError) as caught:
        Sections.model_validate({"title": "(MẬT)", "lines": 3})
    mixed = refusal(caught.value.errors())
    assert mixed.code == "validation_failed"
    assert len(mixed.errors) == 2
    assert to_jsonable_python(mixed.errors[0].code) == "secrecy_mark"


@pytest.mark.parametrize("text", ["", "a", "ờ", "1.", "Tổ dân phố số 5", "-", "👍", "Mật độ dân cư 12/34"])
def test_ordinary_text_is_taken(text: str) -> None:
    assert fault_in(text) is None


@pytest.mark.parametrize("text", ["\u200b", "\u2060\u200d", " \u00a0\u3000", "\u3164", "\u0301", "\ufeff\u00ad"])
def test_text_that_shows_nothing_is_none(text: str) -> None:
    fault = fault_in(text)
    assert fault is not None
    assert fault.type == "blank_text"
