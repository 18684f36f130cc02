"""What operations of the OpenAPI document share: the one error format, refusals, headers of requests and answers."""

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, Field

from app.kernel.problems import PROBLEM


class ProblemError(BaseModel):
    """One fault at one place."""

    in_: Annotated[
        Literal["body", "query", "path", "header", "resource"],
        Field(alias="in", description="What the pointer points into; `resource` = the resource as GET shows it"),
    ]
    pointer: Annotated[str, Field(description="JSON Pointer (RFC 6901) to the place", examples=["/results/3/reason"])]
    code: Annotated[str, Field(description="Stable English code of the fault", examples=["reason_required"])]
    message: Annotated[str, Field(description="What is wrong and how to mend it, in the caller's language")]


class Problem(BaseModel):
    """Every error of this API (RFC 9457). Titles and messages are Vietnamese, or English by `Accept-Language: en`."""

    type: Annotated[str, Field(examples=["urn:dienhinh:problem:validation_failed"])]
    title: Annotated[str, Field(description="The kind of error, in words")]
    status: Annotated[int, Field(description="The HTTP status")]
    detail: Annotated[str, Field(description="This occurrence, in words")]
    instance: Annotated[str, Field(description="The path of the request")]
    code: Annotated[str, Field(description="Stable English code", examples=["validation_failed"])]
    request_id: Annotated[str, Field(description="Quote it to the operator: it is in every log line and audit entry")]
    errors: Annotated[list[ProblemError], Field(description="The faults one by one; empty where there is no place")]


SUCCESS: Final = {
    "200": "Thành công / Success",
    "201": "Đã tạo / Created",
    "202": "Đã nhận, sẽ làm sau / Accepted, to be done",
    "204": "Đã xong, không có nội dung / Done, nothing to tell",
    "304": "Không thay đổi / Not modified",
}
MADE_BEFORE: Final = "Đã có từ lần gửi trước cùng id / Made before under the same id"
_REFUSALS: Final = {
    "401": ("NotSignedIn", "Chưa đăng nhập / Not signed in"),
    "403": ("Forbidden", "Không có quyền / Permission lacking"),
    "404": ("NotFound", "Không có hoặc ngoài phạm vi / Absent or outside the scope"),
    "408": ("TooSlow", "Gửi quá chậm / The body came too slowly"),
    "409": ("Conflict", "Sai trạng thái hoặc trùng / Wrong state or duplicate"),
    "412": ("Stale", "Dữ liệu đã bị thay đổi / Stale version"),
    "413": ("TooLarge", "Nội dung quá lớn / Body too large"),
    "415": ("WrongType", "Sai kiểu nội dung / Wrong content type"),
    "422": ("Invalid", "Dữ liệu không hợp lệ / Invalid data"),
    "428": ("PreconditionMissing", "Thiếu If-Match / If-Match missing"),
    "429": ("TooMany", "Thử quá nhiều lần; xem Retry-After / Too many attempts; see Retry-After"),
    "503": ("Unavailable", "Tạm thời không sẵn sàng; xem Retry-After / Temporarily unavailable; see Retry-After"),
}
_RETRY_AFTER: Final = {
    "Retry-After": {"description": "Seconds to wait before trying again", "schema": {"type": "integer", "minimum": 0}}
}
KEY_SHAPE: Final = r'^("[ !#-~]{1,255}"|[!#-~][ !#-~]{0,254})$'
"""What an Idempotency-Key looks like: quoted, as the draft has it, or bare."""
_PARAMETERS: Final = {
    "IfMatch": {
        "name": "If-Match",
        "in": "header",
        "required": True,
        "description": "The ETag you last read; `*` = whatever the version",
        "schema": {"type": "string", "examples": ['"3-1a2b3c4d"']},
    },
    "IdempotencyKey": {
        "name": "Idempotency-Key",
        "in": "header",
        "required": False,
        "description": (
            "A key of your own making, such as a UUID: the same request sent again within 72 hours gets the stored"
            " answer, with `Idempotency-Replayed: true`, and changes nothing"
        ),
        "schema": {
            "type": "string",
            "maxLength": 257,
            "pattern": KEY_SHAPE,
            "examples": ['"8e03978e-40d5-43dd-bc93-6894a57f9324"'],
        },
    },
    "IfNoneMatch": {
        "name": "If-None-Match",
        "in": "header",
        "required": False,
        "description": "An ETag you have: 304 when nothing changed",
        "schema": {"type": "string"},
    },
}
_HEADERS: Final = {
    "ETag": {"description": "The version of what is answered, for `If-Match`", "schema": {"type": "string"}},
    "Location": {"description": "The address of what was made", "schema": {"type": "string"}},
    "IdempotencyReplayed": {
        "description": "`true`: the answer of an earlier request with this `Idempotency-Key`",
        "schema": {"type": "string", "const": "true"},
    },
    "Link": {"description": '`rel="next"`: the next page (RFC 8288)', "schema": {"type": "string"}},
}


HEADER_NAMES: Final = {"IdempotencyReplayed": "Idempotency-Replayed"}
"""Where a header is called otherwise than the component that describes it."""


def reference(kind: str, name: str) -> dict[str, str]:
    """A pointer to a component."""
    return {"$ref": f"#/components/{kind}/{name}"}


def refusal(status: str, also: dict[str, Any]) -> dict[str, Any]:
    """The answer ``status``, by reference; written out where it may also come as something else (``also``)."""
    name, words = _REFUSALS[status]
    return {"description": words, "content": {**_content(), **also}} if also else reference("responses", name)


def components() -> dict[str, Any]:
    """Everything above, and the way to sign in, as the document's components."""
    schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}", mode="serialization")
    inner = schema.pop("$defs")
    return {
        "schemas": {"Problem": schema, **inner},
        "responses": {name: _refusal(status, words) for status, (name, words) in _REFUSALS.items()},
        "parameters": dict(_PARAMETERS),
        "headers": dict(_HEADERS),
        "securitySchemes": {
            "bearer": {
                "type": "http",
                "scheme": "bearer",
                "description": "Access token from POST /api/v1/auth/sessions, or a service-account key (dhk_...)",
            }
        },
    }


def _content() -> dict[str, Any]:
    return {PROBLEM: {"schema": reference("schemas", "Problem")}}


def _refusal(status: str, words: str) -> dict[str, Any]:
    headers = {"headers": _RETRY_AFTER} if status in {"429", "503"} else {}
    return {"description": words, "content": _content(), **headers}
