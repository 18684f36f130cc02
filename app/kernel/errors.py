"""Errors of the domain: small classes raised where the rule stands, written as problem+json (RFC 9457) at the door."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Literal, NamedTuple


class Text(NamedTuple):
    """One sentence in the two languages the API speaks."""

    vi: str
    en: str

    def fill(self, **values: object) -> "Text":
        """The same sentence with its ``{placeholders}`` replaced."""
        return Text(self.vi.format(**values), self.en.format(**values))


@dataclass(frozen=True, slots=True)
class FieldError:
    """One fault at one place. ``pointer`` is a JSON Pointer (RFC 6901) into what ``where`` names."""

    pointer: str
    code: str
    message: Text
    where: Literal["body", "query", "path", "header", "resource"] = "body"


class DomainError(Exception):
    """A refusal that the caller can understand and mend. Subclasses fix ``status``, ``code`` and ``title``."""

    status: ClassVar[int] = 409
    code: ClassVar[str] = "conflict"
    title: ClassVar[Text] = Text("Xung đột với trạng thái hiện tại", "Conflict with the current state")

    def __init__(
        self,
        detail: Text | None = None,
        errors: Sequence[FieldError] = (),
        *,
        headers: Mapping[str, str] | None = None,
        **members: Any,
    ) -> None:
        super().__init__(detail.en if detail else self.title.en)
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})
        self.members = members


class Unauthenticated(DomainError):
    """No credentials, or credentials that no longer hold."""

    status = 401
    code = "unauthenticated"
    title = Text("Chưa đăng nhập hoặc phiên không còn hiệu lực", "Not signed in, or the session no longer holds")


class Forbidden(DomainError):
    """Inside the caller's scope, but the permission is lacking there."""

    status = 403
    code = "forbidden"
    title = Text("Không có quyền thực hiện việc này", "You may not do this")


class SelfApproval(Forbidden):
    """Nobody accepts, verifies, endorses or recognises what he or she submitted."""

    code = "self_approval"
    title = Text("Không được tự duyệt việc do chính mình gửi", "You may not approve what you submitted yourself")


class NotFound(DomainError):
    """Absent, or outside the caller's scope: the two look the same from outside."""

    status = 404
    code = "not_found"
    title = Text("Không tìm thấy", "Not found")


class InvalidState(DomainError):
    """The action does not exist in the present state."""

    code = "invalid_state"
    title = Text("Trạng thái hiện tại không cho phép", "The current state does not allow this")


class Duplicate(DomainError):
    """A record with the same natural key already exists."""

    code = "duplicate"
    title = Text("Đã tồn tại", "Already exists")


class StaleVersion(DomainError):
    """``If-Match`` names a version that somebody else has already replaced."""

    status = 412
    code = "stale_version"
    title = Text(
        "Dữ liệu đã được người khác thay đổi; hãy tải lại rồi thử tiếp",
        "Somebody else has changed this; load it again and retry",
    )


NO_VERSION: Final = -1
"""The caller sent no ``If-Match``."""

FOREIGN_VERSION: Final = -2
"""The caller's ``If-Match`` holds no ETag of ours: equal to no version."""


def check_version(expected: int | None, actual: int) -> None:
    """Refuse with 412 unless ``expected`` is the locked row's version, with 428 when the caller named none."""
    if expected == NO_VERSION:
        raise PreconditionRequired(
            Text(
                "Gửi kèm If-Match: giá trị ETag của lần đọc gần nhất",
                "Send If-Match with the ETag you last read",
            )
        )
    if expected == FOREIGN_VERSION:
        raise StaleVersion(
            Text(
                "If-Match phải là giá trị ETag nguyên văn, cả dấu ngoặc kép",
                "If-Match takes the ETag word for word, its quotation marks included",
            )
        )
    if expected is not None and expected != actual:
        raise StaleVersion


class PreconditionRequired(DomainError):
    """A change without ``If-Match`` could overwrite another person's work."""

    status = 428
    code = "precondition_required"
    title = Text("Thiếu tiêu đề If-Match", "The If-Match header is missing")


class Invalid(DomainError):
    """The payload breaks a rule; ``errors`` name each place."""

    status = 422
    code = "validation_failed"
    title = Text("Dữ liệu không hợp lệ", "The data are not valid")


_NULL = Text("Không được để trống", "Cannot be null")


def null_faults(given: Mapping[str, Any], names: Iterable[str]) -> list[FieldError]:
    """A fault for each of ``names`` that ``given`` holds as null though it cannot be emptied."""
    return [FieldError(f"/{name}", "null", _NULL) for name in names if name in given and given[name] is None]


def refuse_null(given: Mapping[str, Any], *names: str) -> None:
    """Refuse with 422 a null for a field that cannot be emptied."""
    faults = null_faults(given, names)
    if faults:
        raise Invalid(errors=faults)


class NoteRequired(Invalid):
    """The action must be explained in ``note``."""

    code = "note_required"
    title = Text("Phải ghi rõ lý do (note)", "A note is required")

    def __init__(self) -> None:
        super().__init__(
            errors=[FieldError("/note", "note_required", Text("Cần nêu lý do", "State the reason in `note`"))]
        )


class Unavailable(DomainError):
    """The database cannot be reached just now."""

    status = 503
    code = "unavailable"
    title = Text("Hệ thống tạm thời không sẵn sàng; hãy thử lại", "Temporarily unavailable; try again")


_BY_CONSTRAINT: dict[str, DomainError] = {}


def on_constraint(name: str, error: DomainError) -> None:
    """Let a violation of the database constraint ``name`` answer as ``error``: called next to the table."""
    _BY_CONSTRAINT[name] = error


def error_for_constraint(name: str | None) -> DomainError | None:
    """What :func:`on_constraint` registered for ``name``."""
    return _BY_CONSTRAINT.get(name) if name else None
