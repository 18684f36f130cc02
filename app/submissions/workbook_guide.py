"""What the first sheet of the workbook tells those who fill it in. Pure."""

from collections.abc import Iterator

from app.submissions.workbook_layout import FORM_VERSION, LAST_ROW, SHEETS
from app.submissions.workbook_lines import Mark


def guide(mark: Mark) -> Iterator[tuple[str, bool]]:
    """Lines of the sheet; True = a heading."""
    yield "BIỂU NHẬP LIỆU SƠ KẾT XÂY DỰNG ĐƠN VỊ ĐIỂN HÌNH", True
    yield f"Đợt: {mark.campaign}", False
    yield f"Đơn vị: {mark.unit}", False
    yield f"Biểu phiên bản {FORM_VERSION}, tạo lúc {mark.made_at}", False
    yield "", False
    yield "CÁCH LÀM", True
    yield "1. Nhập vào các ô trắng. Ô xám do hệ thống điền sẵn, không sửa được.", False
    yield "2. Cột có dấu * là bắt buộc. Cột có danh sách thả xuống thì chọn, không gõ nội dung khác.", False
    yield "3. Bản ghi đã có trên hệ thống được điền sẵn: sửa trực tiếp trên dòng đó. Ghi thêm ở các dòng trống.", False
    yield "4. Muốn xóa một bản ghi, ghi x ở cột Xóa. Xóa trắng cả dòng thì hệ thống không thay đổi gì.", False
    yield "5. Ngày ghi ngày/tháng/năm (05/03/2024). Số lẻ dùng dấu phẩy (87,5).", False
    yield f"6. Không thêm, xóa, đổi tên trang tính hoặc cột. Mỗi trang đọc đến dòng {LAST_ROW}.", False
    yield "7. Lưu tệp dạng Excel (.xlsx) rồi gửi lại hệ thống. LibreOffice cũng dùng được.", False
    yield "", False
    yield "KHI GỬI LẠI", True
    yield "Hệ thống kiểm tra toàn bộ rồi mới ghi. Nếu có ô sai thì chưa ghi gì, và trả lại chính tệp này.", False
    yield "Các ô sai được tô đỏ kèm lời nhắc cách sửa. Sửa xong gửi lại tệp đó.", False
    yield "Nếu người khác đã sửa bản ghi sau khi tải biểu, hệ thống báo ở dòng ấy: hãy tải biểu mới.", False
    yield "", False
    yield "KHÔNG NHẬP VÀO BIỂU", True
    yield "Bí mật nhà nước; tài liệu nghiệp vụ; tên người bị nghi vấn, người bị quản lý.", False
    yield "Số căn cước, ngày sinh, địa chỉ, số điện thoại của bất kỳ ai.", False
    yield "", False
    yield "CÁC TRANG", True
    for plan in SHEETS:
        yield f"{plan.tab}: {plan.guidance}", False
