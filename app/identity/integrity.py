"""What must always hold of accounts and of what people may do."""

from typing import Final

from app.kernel.errors import Text
from app.kernel.integrity import Check

_HOLDER: Final = "coalesce({0}.user_id, {0}.service_account_id)"
# Columns that say who did something carry no foreign key: a person or a service account may stand there.
_ACTORS: Final = """
SELECT quote_ident(c.relname) AS "table", quote_ident(a.attname) AS "column",
    CASE WHEN EXISTS (SELECT FROM pg_attribute i WHERE i.attrelid = c.oid AND i.attname = 'id')
        THEN 't.id::text' ELSE 'NULL::text' END AS key
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.atttypid = 'uuid'::regtype AND a.attnum > 0
    AND (a.attname LIKE '%\\_by' OR a.attname = 'actor_id') AND NOT a.attisdropped
WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace AND has_table_privilege(c.oid, 'SELECT')
    AND EXISTS (SELECT FROM pg_attribute u WHERE u.attrelid = c.oid AND u.attname = 'unit_id')
    AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'f' AND a.attnum =
    ANY (k.conkey))
ORDER BY 1, 2"""

CHECKS: Final = (
    Check(
        "accounts.actors",
        Text("Người lập, gửi, duyệt ghi trong bản ghi là tài khoản có thật", "Whoever a row names as its actor exists"),
        "SELECT t.unit_id, '{table}', {key}, '{column}: ' || t.{column}, NULL FROM {table} t WHERE"
        " t.{column} IS NOT NULL"
        " AND NOT EXISTS (SELECT FROM users a WHERE a.id = t.{column})"
        " AND NOT EXISTS (SELECT FROM service_accounts a WHERE a.id = t.{column})",
        Text(
            "Tài khoản chỉ được khóa, không xóa. Phục hồi dòng của users hoặc service_accounts từ bản sao lưu, rồi"
            " `dienhinh user disable` nếu không dùng nữa",
            "Accounts are disabled, never deleted. Restore the row of users or service_accounts from a back-up, then"
            " `dienhinh user disable` if it is to be used no more",
        ),
        reach="tree",
        each=_ACTORS,
    ),
    Check(
        "grants.overlap",
        Text(
            "Mỗi người giữ một vai trò ở một đơn vị một lần trong một thời gian",
            "Nobody holds one role at one unit twice on one day",
        ),
        f"SELECT a.unit_id, 'grants', a.id::text, a.role || ' ' || daterange(a.valid_from, a.valid_to), NULL"  # noqa: S608
        " FROM grants a JOIN grants b ON a.unit_id = b.unit_id AND a.role = b.role AND a.id > b.id"
        f" AND {_HOLDER.format('a')} = {_HOLDER.format('b')}"
        " AND daterange(a.valid_from, a.valid_to) && daterange(b.valid_from, b.valid_to)",
        Text(
            "Thu hồi một lần không chấm dứt quyền vì lần kia còn hiệu lực. Lệnh sửa cho lần cấp sau dừng ngay từ đầu"
            " và lần trước kéo dài tới ngày muộn hơn",
            "Ending one leaves the other: the person keeps the role. Mending lets the later grant never hold and the"
            " earlier one last until the later day",
        ),
        f"""UPDATE grants a SET valid_to = CASE WHEN a.valid_to IS NULL OR b.until IS NULL THEN NULL
    ELSE greatest(a.valid_to, b.until) END, version = a.version + 1
FROM (SELECT a.id, CASE WHEN bool_or(b.valid_to IS NULL) THEN NULL ELSE max(b.valid_to) END AS until
    FROM grants a JOIN grants b ON a.unit_id = b.unit_id AND a.role = b.role
        AND (a.valid_from, a.id) < (b.valid_from, b.id) AND {_HOLDER.format("a")} = {_HOLDER.format("b")}
        AND daterange(a.valid_from, a.valid_to) && daterange(b.valid_from, b.valid_to) GROUP BY a.id) b
WHERE b.id = a.id;
UPDATE grants b SET valid_to = b.valid_from, version = b.version + 1 FROM grants a
WHERE a.unit_id = b.unit_id AND a.role = b.role AND (a.valid_from, a.id) < (b.valid_from, b.id)
    AND {_HOLDER.format("a")} = {_HOLDER.format("b")}
    AND daterange(a.valid_from, a.valid_to) && daterange(b.valid_from, b.valid_to)""",  # noqa: S608
    ),
)
