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
            "Thu hồi một lần không chấm dứt quyền vì lần kia còn hiệu lực. Lệnh sửa cho lần cấp đầu kéo dài hết"
            " thời gian mà các lần chồng nhau bao trùm, các lần sau dừng ngay từ đầu",
            "Ending one leaves the other: the person keeps the role. Mending lets the first grant last for all the time"
            " that those which overlap cover, and the later ones never hold",
        ),
        # What overlaps, directly or through others, is one time: the first grant holds for all of it, the others never.
        f"""WITH held AS (
    SELECT id, unit_id, role, {_HOLDER.format("g")} AS holder, valid_from, daterange(valid_from, valid_to) AS days
    FROM grants g WHERE NOT isempty(daterange(valid_from, valid_to))
), time AS (
    SELECT unit_id, role, holder, unnest(range_agg(days)) AS days FROM held GROUP BY unit_id, role, holder
), placed AS (
    SELECT h.id, h.valid_from, t.days, row_number() OVER same AS place, bool_or(EXISTS (SELECT FROM held o
        WHERE o.unit_id = h.unit_id AND o.role = h.role AND o.holder = h.holder AND o.id <> h.id AND o.days && h.days))
        OVER (PARTITION BY t.unit_id, t.role, t.holder, t.days) AS broken
    FROM held h JOIN time t ON t.unit_id = h.unit_id AND t.role = h.role AND t.holder = h.holder AND h.days <@ t.days
    WINDOW same AS (PARTITION BY t.unit_id, t.role, t.holder, t.days ORDER BY h.valid_from, h.id)
)
UPDATE grants g SET valid_to = CASE WHEN p.place = 1 THEN upper(p.days) ELSE p.valid_from END, version = g.version + 1
FROM placed p WHERE p.id = g.id AND p.broken""",  # noqa: S608
    ),
)
