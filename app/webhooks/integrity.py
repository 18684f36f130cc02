"""What must always hold between the event log and what subscribers are told."""

from typing import Final

from app.kernel.errors import Text
from app.kernel.integrity import Check

CHECKS: Final = (
    Check(
        "webhooks.events",
        Text("Tin gửi đi nói về sự kiện có trong nhật ký", "Every message tells of an event of the log"),
        "SELECT d.unit_id, 'webhook_deliveries', d.id::text, d.event_type || ' ' || d.event_id, NULL"
        " FROM webhook_deliveries d WHERE d.event_type NOT IN ('webhook.test', 'deadline.approaching',"
        " 'deadline.missed')"
        " AND NOT EXISTS (SELECT FROM audit_events e WHERE e.id = d.event_id)",
        Text(
            "Nhật ký bị cắt bớt hoặc phục hồi thiếu. Phục hồi audit_events; bên nhận phải đọc lại từ đầu",
            "The log was cut or restored in part. Restore audit_events; the receiver must read everything anew",
        ),
        # Only who sees every unit can tell what is gone from what stands in somebody else's.
        reach="tree",
    ),
    Check(
        "webhooks.position",
        Text(
            "Vị trí đọc nhật ký không vượt quá máy chủ hiện tại",
            "What subscribers were told of is not ahead of this server's log",
        ),
        "SELECT NULL::uuid, 'webhook_position', p.id::text, p.xact::text, '<= ' ||"
        " pg_snapshot_xmax(pg_current_snapshot())"
        " FROM webhook_position p WHERE p.xact > pg_snapshot_xmax(pg_current_snapshot())::text::bigint",
        Text(
            "Dữ liệu đến từ máy chủ khác: không tin nào được gửi nữa. Chạy `dienhinh migrate`, lệnh này đặt lại bộ đếm"
            " theo máy chủ mới",
            "The data comes from another server: nothing is sent any more. Run `dienhinh migrate`, which"
            " lets the log go"
            " by this server's count",
        ),
        reach="installation",
    ),
)
