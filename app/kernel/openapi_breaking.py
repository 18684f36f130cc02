"""What in a new OpenAPI document breaks clients of a released one.

Adding is free: operations, optional parameters and fields, answers' fields and words. Taking away or asking for more is
a new ``/api/vN``. Every fault names the place in the released document by its JSON Pointer.
"""

from collections.abc import Iterator
from typing import Any

from app.kernel.openapi_pointers import step
from app.kernel.openapi_subset import Fault, Place, Schema, Subset

_LOOSER = {"anonymous": 0, "signed_in": 1}


def breaking_changes(released: Schema, new: Schema) -> list[Fault]:
    """All of them, each once, in the order of the released document."""
    found = dict.fromkeys(_Comparison(released, new).faults())
    return list(found)


class _Comparison:
    def __init__(self, released: Schema, new: Schema) -> None:
        self.released, self.new = released, new
        self.asking = Subset(released, new, reading=False)
        self.telling = Subset(new, released, reading=True)

    def faults(self) -> Iterator[Fault]:
        for path, operations in self.released["paths"].items():
            pointer = step("/paths", path)
            if path not in self.new["paths"]:
                yield Fault(pointer, "path-removed", "is gone")
                continue
            for method, operation in operations.items():
                after = self.new["paths"][path].get(method)
                if after is None:
                    yield Fault(step(pointer, method), "operation-removed", "is gone")
                else:
                    yield from self._operation(step(pointer, method), operation, after)

    def _operation(self, pointer: str, was: Schema, now: Schema) -> Iterator[Fault]:
        if was.get("operationId") != now.get("operationId"):
            message = f"was {was.get('operationId')}, is {now.get('operationId')}"
            yield Fault(step(pointer, "operationId"), "operation-id", message)
        yield from _rights(pointer, was, now)
        yield from self._parameters(pointer, was, now)
        yield from self._request(pointer, was, now)
        yield from self._answers(pointer, was, now)

    def _parameters(self, pointer: str, was: Schema, now: Schema) -> Iterator[Fault]:
        before, after = _parameters(self.released, pointer, was), _parameters(self.new, "", now)
        for key, place in before.items():
            if key not in after:
                yield Fault(place.pointer, "parameter-removed", f"{key[0]} is refused now")
                continue
            if after[key].schema.get("required") and not place.schema.get("required"):
                yield Fault(place.pointer, "parameter-required", f"{key[0]} must be given now")
            yield from self.asking.faults(place.inside("schema"), after[key].inside("schema"))
        for key, place in after.items():
            if key not in before and place.schema.get("required"):
                yield Fault(step(pointer, "parameters"), "parameter-required", f"{key[0]} is new and must be given")

    def _request(self, pointer: str, was: Schema, now: Schema) -> Iterator[Fault]:
        before, after = was.get("requestBody"), now.get("requestBody")
        place = step(pointer, "requestBody")
        if before is None:
            if after is not None and after.get("required"):
                yield Fault(pointer, "body-required", "a body must be sent now")
            return
        if after is None:
            yield Fault(place, "body-removed", "a body is no longer taken")
            return
        if after.get("required") and not before.get("required"):
            yield Fault(place, "body-required", "a body must be sent now")
        yield from self._contents(place, before, after, self.asking)

    def _answers(self, pointer: str, was: Schema, now: Schema) -> Iterator[Fault]:
        for status, answer in was["responses"].items():
            place = step(pointer, "responses", status)
            if status not in now["responses"]:
                yield Fault(place, "status-removed", "is no longer answered")
                continue
            before = _resolved(self.released, answer)
            after = _resolved(self.new, now["responses"][status])
            for name in before.get("headers", {}):
                if name not in after.get("headers", {}):
                    yield Fault(step(place, "headers", name), "header-removed", "is gone")
            yield from self._contents(place, before, after, self.telling)

    def _contents(self, pointer: str, was: Schema, now: Schema, subset: Subset) -> Iterator[Fault]:
        for kind, media in was.get("content", {}).items():
            place = step(pointer, "content", kind)
            if kind not in now.get("content", {}):
                yield Fault(place, "media-type-removed", "is gone")
                continue
            before = Place(media.get("schema", {}), step(place, "schema"))
            after = Place(now["content"][kind].get("schema", {}), step(place, "schema"))
            yield from subset.faults(*((after, before) if subset.reading else (before, after)))


def _rights(pointer: str, was: Schema, now: Schema) -> Iterator[Fault]:
    before, after = was.get("x-permission", "anonymous"), now.get("x-permission", "anonymous")
    if before != after and not _LOOSER.get(after, 2) < _LOOSER.get(before, 2):
        yield Fault(step(pointer, "x-permission"), "permission", f"was {before}, is {after}")
    if now.get("security") and was.get("security", []) != now["security"]:
        yield Fault(step(pointer, "security"), "security", f"was {was.get('security', [])}, is {now['security']}")


def _resolved(document: Schema, value: Schema) -> Schema:
    while "$ref" in value:
        _, _, kind, name = value["$ref"].split("/")
        value = document["components"][kind][name]
    return value


def _parameters(document: Schema, pointer: str, operation: Schema) -> dict[tuple[Any, Any], Place]:
    found = {}
    for number, given in enumerate(operation.get("parameters", ())):
        parameter = _resolved(document, given)
        place = Place(parameter, step(pointer, "parameters", str(number)))
        found[parameter["name"], parameter["in"]] = place
    return found
