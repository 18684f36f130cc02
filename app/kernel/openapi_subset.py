"""Whether every value of one schema is a value of another: the heart of telling a breaking change.

It knows the keywords that this API's document uses. What it cannot compare (a changed pattern) it takes for narrower.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from app.kernel.openapi_pointers import at, step

Schema = dict[str, Any]
_LOWER: Final = (
    "minLength",
    "minimum",
    "exclusiveMinimum",
    "minItems",
    "minProperties",
    "x-minimum",
    "x-exclusive-minimum",
)
_UPPER: Final = (
    "maxLength",
    "maximum",
    "exclusiveMaximum",
    "maxItems",
    "maxProperties",
    "x-maximum",
    "x-exclusive-maximum",
    "x-max-digits",
    "x-decimal-places",
)
_SAME: Final = ("pattern", "format", "multipleOf", "uniqueItems", "contentEncoding")


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a value of the inner schema may not be one of the outer. ``pointer`` leads into the released document."""

    pointer: str
    rule: str
    message: str


@dataclass(frozen=True, slots=True)
class Place:
    """A schema and where it stands."""

    schema: Schema
    pointer: str

    def inside(self, *steps: str) -> "Place":
        """What stands below."""
        return Place(at(self.schema, steps), step(self.pointer, *steps))


@dataclass
class Subset:
    """Compares ``inner`` with ``outer`` of two documents. ``reading``: for answers, where new words are no harm."""

    inner_document: Schema
    outer_document: Schema
    reading: bool
    _known: set[tuple[str, str]] = field(default_factory=set)

    def faults(self, inner: Place, outer: Place) -> Iterator[Fault]:
        """What stands against it; each pair of named schemas is compared once."""
        inner, outer = _followed(self.inner_document, inner), _followed(self.outer_document, outer)
        if (inner.pointer, outer.pointer) in self._known or not outer.schema:
            return
        self._known.add((inner.pointer, outer.pointer))
        choices = list(_variants(self.outer_document, outer))
        for variant in _variants(self.inner_document, inner):
            fitting = [choice for choice in choices if _same_kind(variant.schema, choice.schema)]
            if not fitting:
                told = variant.schema.get("type", "any value")
                message = f"{told} was not answered before" if self.reading else f"{told} is no longer taken"
                yield Fault(self._released(variant, outer), "type", message)
                continue
            tried = [list(self._variant(variant, choice)) for choice in fitting]
            yield from min(tried, key=len)

    def _released(self, inner: Place, outer: Place) -> str:
        return outer.pointer if self.reading else inner.pointer

    def _variant(self, inner: Place, outer: Place) -> Iterator[Fault]:
        checks: list[Callable[[Place, Place], Iterator[Fault]]] = [self._values, self._limits, self._object]
        for check in checks:
            yield from check(inner, outer)
        if "items" in outer.schema:
            below = inner.inside("items") if "items" in inner.schema else Place({}, inner.pointer)
            yield from self.faults(below, outer.inside("items"))

    def _values(self, inner: Place, outer: Place) -> Iterator[Fault]:
        allowed = _enumerated(outer.schema)
        if allowed is None or self.reading:  # clients are told to expect new values in answers
            return
        given = _enumerated(inner.schema)
        if given is None:
            yield Fault(inner.pointer, "enum", f"only {allowed} are taken now")
        elif missing := [value for value in given if value not in allowed]:
            yield Fault(inner.pointer, "enum", f"no longer taken: {missing}")

    def _limits(self, inner: Place, outer: Place) -> Iterator[Fault]:
        for word in outer.schema:
            was, now = inner.schema.get(word), outer.schema[word]
            lower = word in _LOWER and (was is None or was < now)
            upper = word in _UPPER and (was is None or was > now)
            other = word in _SAME and was != now
            # A constant or a list of words says more than any pattern.
            if (lower or upper or other) and _enumerated(inner.schema) is None:
                before, after = (now, was) if self.reading else (was, now)
                yield Fault(self._released(inner, outer), word, f"was {before}, is {after}")

    def _object(self, inner: Place, outer: Place) -> Iterator[Fault]:
        has, takes = inner.schema.get("properties", {}), outer.schema.get("properties", {})
        needs = [name for name in outer.schema.get("required", ()) if name not in inner.schema.get("required", ())]
        for name in needs:
            gone = self.reading and name not in has
            rule, message = ("removed", "is gone") if gone else ("required", _required(self.reading))
            pointer = outer.pointer if self.reading else inner.pointer
            yield Fault(step(pointer, "properties", name), rule, message)
        if self.reading:
            for name in [name for name in takes if name not in has and name not in needs]:
                yield Fault(step(outer.pointer, "properties", name), "removed", "is gone")
        for name in has:
            if name in takes:
                yield from self.faults(inner.inside("properties", name), outer.inside("properties", name))
            elif outer.schema.get("additionalProperties") is False:
                yield Fault(step(inner.pointer, "properties", name), "removed", "is no longer taken")
        yield from self._others(inner, outer)

    def _others(self, inner: Place, outer: Place) -> Iterator[Fault]:
        """Properties that are not named."""
        was, now = inner.schema.get("additionalProperties", True), outer.schema.get("additionalProperties", True)
        if self.reading or now is True or was is False:
            if isinstance(now, dict) and isinstance(was, dict):
                yield from self.faults(inner.inside("additionalProperties"), outer.inside("additionalProperties"))
            return
        if now is False:
            yield Fault(inner.pointer, "additionalProperties", "other properties are no longer taken")
        elif isinstance(was, dict):
            yield from self.faults(inner.inside("additionalProperties"), outer.inside("additionalProperties"))
        else:
            yield Fault(inner.pointer, "additionalProperties", "not every other property is taken now")


def _required(reading: bool) -> str:
    return "was always there, and may be missing now" if reading else "must be given now"


def _followed(document: Schema, place: Place) -> Place:
    while "$ref" in place.schema:
        pointer = place.schema["$ref"].removeprefix("#")
        place = Place(at(document, [part for part in pointer.split("/") if part]), pointer)
    return place


def _variants(document: Schema, place: Place) -> Iterator[Place]:
    """What a value may be, one by one: of each choice, and of each type."""
    place = _followed(document, place)
    for word in ("anyOf", "oneOf"):
        if word in place.schema:
            for number, _ in enumerate(place.schema[word]):
                yield from _variants(document, place.inside(word, str(number)))
            return
    types = place.schema.get("type")
    if isinstance(types, list):
        for one in types:
            yield Place({**place.schema, "type": one}, place.pointer)
        return
    yield place


def _same_kind(inner: Schema, outer: Schema) -> bool:
    kinds = inner.get("type"), outer.get("type")
    return kinds[1] is None or kinds[0] == kinds[1] or kinds == ("integer", "number")


def _enumerated(schema: Schema) -> list[Any] | None:
    if "const" in schema:
        return [schema["const"]]
    return schema.get("enum")
