"""What attachments refuse: each names the reason and the remedy."""

from app.kernel.errors import DomainError, Duplicate, FieldError, Invalid, Text, Unavailable, on_constraint


class FileRefused(Invalid):
    """A file that is not taken. Subclasses name the reason; ``errors`` point at ``/file``."""

    code = "file_refused"
    title = Text("Tệp không được nhận", "The file is not accepted")
    why = Text("Tệp không được nhận", "The file is not accepted")

    def __init__(self, **values: object) -> None:
        told = self.why.fill(**values)
        super().__init__(told, [FieldError("/file", self.code, told)])


class EmptyFile(FileRefused):
    """Zero bytes."""

    code = "empty_file"
    why = Text(
        "Tệp rỗng (0 byte); hãy mở tệp gốc để kiểm tra rồi tải lên lại",
        "The file is empty (0 bytes): open the original, then upload it again",
    )


class UnsupportedFile(FileRefused):
    """A file that is what it says, of a kind that is not taken."""

    code = "unsupported_file_type"
    why = Text(
        "Không nhận loại tệp này ({found}); hãy lưu thành PDF, DOCX, XLSX, PPTX, ODT, ODS, JPEG hoặc PNG",
        "Files of this kind ({found_en}) are not accepted: save it as PDF, DOCX, XLSX, PPTX, ODT, ODS, JPEG or PNG",
    )


class DisguisedType(FileRefused):
    """The name says another kind than the content is."""

    code = "disguised_type"
    why = Text(
        "Tên tệp có đuôi {suffix} nhưng nội dung là {found}; hãy tải lên tệp gốc, hoặc đặt đúng đuôi nếu đó là loại"
        " tệp được nhận",
        "The name ends in {suffix}, but the content is {found_en}: upload the original, or give it its true ending if"
        " that kind is accepted",
    )


class DamagedFile(FileRefused):
    """It begins as its kind does, and does not go on so."""

    code = "damaged_file"
    why = Text(
        "Tệp {kind} bị hỏng hoặc chưa tải hết; hãy mở bằng phần mềm, lưu lại rồi tải lên",
        "The {kind} file is damaged or cut off: open it, save it again, and upload that",
    )


class MacrosRefused(FileRefused):
    """A document with macros."""

    code = "macros_refused"
    why = Text(
        "Tệp có macro ({found}); hãy lưu thành .docx, .xlsx, .pptx không có macro, hoặc PDF",
        "The file holds macros ({found}): save it as .docx, .xlsx, .pptx without macros, or as PDF",
    )


class LegacyOffice(FileRefused):
    """Word, Excel and PowerPoint files of before 2007, in which macros cannot be ruled out."""

    code = "legacy_office_refused"
    why = Text(
        "Không nhận tệp Office đời cũ (.doc, .xls, .ppt) vì có thể chứa macro; hãy lưu thành .docx, .xlsx, .pptx"
        " hoặc PDF",
        "Office files of the old kind (.doc, .xls, .ppt) may hide macros: save it as .docx, .xlsx, .pptx, or as PDF",
    )


class ActiveContent(FileRefused):
    """A file that runs something when it is opened, or carries something that does."""

    code = "active_content_refused"
    why = Text(
        "Tệp PDF có mã chạy, lệnh mở chương trình hoặc tệp nhúng ({found}); hãy in ra PDF (Print to PDF) rồi tải lên"
        " tệp mới",
        "The PDF holds a script or a file, or starts a program ({found}): print it to PDF and upload the new file",
    )


class HiddenContent(ActiveContent):
    """A PDF with a part that cannot be looked into: what it hides cannot be ruled out."""

    why = Text(
        "Tệp PDF có phần nén lạ ({found}) nên không kiểm tra được có mã chạy hay không; hãy in ra PDF (Print to PDF)"
        " rồi tải lên tệp mới",
        "A part of the PDF ({found}) cannot be looked into, so that scripts cannot be ruled out: print it to PDF and"
        " upload the new file",
    )


class ActiveParts(ActiveContent):
    """An Office document with objects of other programs, or that fetches something from elsewhere."""

    why = Text(
        "Tệp có đối tượng nhúng, liên kết ngoài hoặc trường lấy nội dung từ nơi khác ({found}); hãy bỏ phần đó rồi lưu"
        " lại, hoặc lưu thành PDF",
        "The file embeds an object or fetches something from elsewhere ({found}): remove that and save it again, or"
        " save it as PDF",
    )


class EncryptedRefused(FileRefused):
    """A file that only those with its password can read."""

    code = "encrypted_refused"
    why = Text(
        "Tệp đặt mật khẩu hoặc đã mã hóa nên người thẩm định không mở được; hãy bỏ mật khẩu rồi tải lên lại",
        "The file has a password or is encrypted, so nobody could verify it: remove the password and upload it again",
    )


class ArchiveBomb(FileRefused):
    """A document that unpacks to far more than a document holds."""

    code = "archive_bomb"
    why = Text(
        "Tệp giải nén ra quá lớn hoặc quá nhiều thành phần; hãy tách nhỏ, giảm ảnh, hoặc lưu thành PDF",
        "The file unpacks to too much or too many parts: split it, reduce its pictures, or save it as PDF",
    )


class DeclarationRequired(Invalid):
    """Whoever uploads must declare that the file holds no state secret."""

    code = "declaration_required"
    title = Text("Chưa cam kết tệp không chứa bí mật nhà nước", "Declare that the file holds no state secret")

    def __init__(self) -> None:
        told = Text(
            "Đọc lại tệp, rồi gửi no_state_secrets=true để cam kết tệp không chứa bí mật nhà nước",
            "Look the file through, then send no_state_secrets=true: it holds no state secret",
        )
        super().__init__(told, [FieldError("/no_state_secrets", self.code, told)])


class MalformedForm(Invalid):
    """The body is no multipart form that can be read."""

    code = "malformed_form"
    title = Text("Biểu mẫu multipart/form-data không hợp lệ", "The multipart/form-data body is not valid")

    def __init__(self, pointer: str = "", told: Text | None = None) -> None:
        super().__init__(told, [FieldError(pointer, self.code, told or self.title)])


class HandedIn(DomainError):
    """What was handed in once stays with the record for good."""

    code = "invalid_state"
    title = Text(
        "Tệp đã được gửi cùng bản ghi nên không xóa được; hãy đính kèm thêm tệp đúng",
        "The file was handed in with its record and stays: attach the right one beside it",
    )


class StorageUnavailable(Unavailable):
    """The store of files does not answer, or has lost the file."""

    code = "storage_unavailable"
    title = Text("Kho tệp tạm thời không sẵn sàng; hãy thử lại", "The store of files is unavailable; try again")

    def __init__(self) -> None:
        super().__init__(headers={"Retry-After": "5"})


on_constraint(
    "uq_attachments_subject_sha256",
    Duplicate(
        Text("Tệp này đã được đính kèm vào bản ghi", "This very file is attached to the record already"),
        [FieldError("/file", "duplicate", Text("Nội dung trùng với tệp đã có", "The same content is there already"))],
    ),
)
