"""What must always hold of the tree as it is today. Of its past: ``integrity_facts.py``."""

from typing import Final

from app.kernel.errors import Text
from app.kernel.integrity import Check

_OWN: Final = "lpad(to_hex(u.label), 6, '0') || '.'"
_ABOVE: Final = "coalesce(u.successor_id, u.parent_id)"

# The dated facts are the record: what is said of a living unit today is their copy, and its path follows from both.
RESTORE_TREE: Final = f"""
UPDATE units u SET code = f.code, name = f.name, short_name = f.short_name, kind = f.kind, level = f.level,
    folded = f.folded, sort_key = f.sort_key, parent_id = f.parent_id
FROM unit_facts f WHERE f.unit_id = u.id AND f.valid_to IS NULL AND u.ended_on IS NULL
    AND (u.code, u.name, u.short_name, u.kind, u.level, u.parent_id)
        IS DISTINCT FROM (f.code, f.name, f.short_name, f.kind, f.level, f.parent_id);
WITH RECURSIVE planted AS (
    SELECT u.id, {_OWN} AS path FROM units u WHERE u.parent_id IS NULL
    UNION ALL SELECT u.id, p.path || {_OWN} FROM units u JOIN planted p ON p.id = {_ABOVE}
)
UPDATE units u SET path = p.path FROM planted p WHERE p.id = u.id AND u.path <> p.path;
UPDATE unit_facts f SET path = u.path FROM units u
WHERE u.id = f.unit_id AND f.valid_to IS NULL AND u.ended_on IS NULL AND f.path <> u.path
"""  # noqa: S608
_TREE: Final = Text(
    "Đường dẫn được tính lại từ các thông tin có thời hạn của đơn vị (unit_facts)",
    "The paths are made anew from the units' dated facts (unit_facts)",
)

TREE: Final = (
    Check(
        "units.root",
        Text("Có đúng một đơn vị gốc", "There is one root"),
        "SELECT u.id, 'units', u.id::text, (SELECT count(*) FROM units r WHERE r.parent_id IS NULL)::text, '1'"
        " FROM units u WHERE u.parent_id IS NULL"
        " AND (SELECT count(*) FROM units r WHERE r.parent_id IS NULL) > 1"
        " UNION ALL SELECT NULL, 'units', NULL, '0', '1' WHERE EXISTS (SELECT FROM units)"
        " AND NOT EXISTS (SELECT FROM units r WHERE r.parent_id IS NULL)",
        Text(
            "Chỉ một đơn vị cấp trung ương được đứng trên các tỉnh: chuyển các đơn vị trực thuộc gốc thừa sang gốc"
            " đúng (units.parent_id và thông tin đang hiệu lực), rồi chạy `dienhinh check --mend units.path`",
            "Exactly one unit of level central may stand above the provinces: let what hangs under the other root hang"
            " under the right one (units.parent_id and the open fact), then `dienhinh check --mend units.path`",
        ),
        reach="tree",
    ),
    Check(
        "units.label",
        Text("Đường dẫn của đơn vị kết thúc bằng nhãn của chính nó", "Every path ends in the unit's own label"),
        f"SELECT u.id, 'units', u.id::text, u.path, left(u.path, -7) || {_OWN} FROM units u"  # noqa: S608
        f" WHERE right(u.path, 7) <> {_OWN}",
        _TREE,
        RESTORE_TREE,
    ),
    Check(
        "units.path",
        Text("Đường dẫn của đơn vị nối tiếp đường dẫn cấp trên", "Every path continues that of the unit above"),
        f"SELECT u.id, 'units', u.id::text, u.path, p.path || {_OWN} FROM units u"  # noqa: S608
        f" JOIN units p ON p.id = {_ABOVE} WHERE left(u.path, -7) <> p.path"
        " UNION ALL SELECT u.id, 'units', u.id::text, u.path, right(u.path, 7) FROM units u"
        " WHERE u.parent_id IS NULL AND length(u.path) <> 7",
        _TREE,
        RESTORE_TREE,
    ),
    Check(
        "units.living_parent",
        Text("Đơn vị đang hoạt động trực thuộc đơn vị đang hoạt động", "A living unit hangs under a living one"),
        "SELECT u.id, 'units', u.id::text, p.code || ' † ' || p.ended_on, h.code FROM units u"
        " JOIN units p ON p.id = u.parent_id LEFT JOIN units h ON h.id = p.successor_id"
        " WHERE u.ended_on IS NULL AND p.ended_on IS NOT NULL",
        Text(
            "Đơn vị cơ sở: PATCH /units/{id} với parent_id là đơn vị kế thừa. Đơn vị hành chính: nhập văn bản sắp xếp"
            " (POST /reorganisations, kind=moved) đưa đơn vị về đúng cấp trên",
            "A base unit: PATCH /units/{id} with the successor as parent_id. An administrative unit: POST"
            " /reorganisations with a change of kind `moved` that names the right unit above",
        ),
    ),
    Check(
        "units.level",
        Text("Cấp trên trực tiếp thuộc cấp cao hơn", "The unit above stands at a higher level"),
        "SELECT u.id, 'units', u.id::text, u.level || ' < ' || p.level, u.level FROM units u"
        " JOIN units p ON p.id = u.parent_id WHERE u.ended_on IS NULL AND"
        " array_position(ARRAY['central', 'province', 'district', 'commune', 'base'], u.level::text)"
        " <= array_position(ARRAY['central', 'province', 'district', 'commune', 'base'], p.level::text)",
        Text(
            "Xác định đơn vị nào sai. Đơn vị cơ sở: PATCH /units/{id} (kind hoặc parent_id, correction=true). Đơn vị"
            " hành chính: POST /reorganisations (kind=moved)",
            "See which of the two is wrong. A base unit: PATCH /units/{id} (kind or parent_id, with `correction`). An"
            " administrative unit: POST /reorganisations (kind `moved`)",
        ),
    ),
    Check(
        "units.heir",
        Text(
            "Đơn vị đã kết thúc dẫn tới đúng một đơn vị đang hoạt động",
            "Every ended unit leads to exactly one living one",
        ),
        f"""WITH RECURSIVE walk AS (
    SELECT u.id, {_ABOVE} AS at FROM units u WHERE u.ended_on IS NOT NULL
    UNION SELECT w.id, {_ABOVE} FROM walk w JOIN units u ON u.id = w.at WHERE u.ended_on IS NOT NULL
)
SELECT e.id, 'units', e.id::text, '-', 'successor_id' FROM units e WHERE e.ended_on IS NOT NULL AND NOT EXISTS (
    SELECT FROM walk w JOIN units u ON u.id = w.at WHERE w.id = e.id AND u.ended_on IS NULL)
UNION ALL SELECT e.id, 'units', e.id::text, p.code, s.code FROM units e JOIN units s ON s.id = e.successor_id
    LEFT JOIN units p ON p.id = e.parent_id WHERE e.parent_id IS DISTINCT FROM e.successor_id""",  # noqa: S608
        Text(
            "Nếu cấp trên khác đơn vị kế thừa, lệnh sửa đặt lại theo đơn vị kế thừa. Nếu chuỗi kế thừa đi vòng: đặt"
            " units.successor_id theo dòng is_primary trong reorganisation_changes, rồi chạy"
            " `dienhinh check --mend units.path`",
            "Where the unit above is not the successor, mending puts the successor there. Where successors lead in a"
            " circle: set units.successor_id as the line `is_primary` of reorganisation_changes says, then"
            " `dienhinh check --mend units.path`",
        ),
        "UPDATE units SET parent_id = successor_id WHERE ended_on IS NOT NULL AND successor_id IS NOT NULL"  # noqa: S608
        f" AND parent_id IS DISTINCT FROM successor_id; {RESTORE_TREE}",
    ),
    Check(
        "units.next_label",
        Text("Nhãn cấp cho đơn vị mới chưa ai dùng", "The label that a new unit is to get is free"),
        "SELECT u.id, 'units', u.id::text, coalesce(s.last_value, 0)::text, u.label::text FROM units u"
        " JOIN pg_sequences s ON s.sequencename = 'unit_label' AND s.schemaname = current_schema()"
        " WHERE u.label = (SELECT max(label) FROM units) AND u.label > coalesce(s.last_value, 0)",
        Text(
            "Bộ đếm unit_label bị lùi (thường do phục hồi thiếu sequence): không tạo được đơn vị mới. Lệnh sửa đặt lại"
            " bộ đếm",
            "The counter unit_label fell back (often a restore without sequences): no unit can be made."
            " Mending sets it",
        ),
        "SELECT setval('unit_label', (SELECT max(label) FROM units))",
        reach="installation",
    ),
    Check(
        "units.spelling",
        Text("Mã và tên đơn vị không có khoảng trắng thừa", "Codes and names of units have no stray spaces"),
        r"SELECT u.id, 'units', u.id::text, '«' || u.code || '» «' || u.name || '»',"
        r" '«' || btrim(u.code) || '» «' || btrim(regexp_replace(u.name, '\s+', ' ', 'g')) || '»' FROM units u"
        r" WHERE u.name <> btrim(regexp_replace(u.name, '\s+', ' ', 'g')) OR u.code <> btrim(u.code)",
        Text(
            "Khoảng trắng thừa làm không khớp mã khi nhập tệp. Lệnh sửa bỏ khoảng trắng ở đơn vị và thông tin của nó",
            "Stray spaces keep codes in files from matching. Mending takes them out of the unit and its facts",
        ),
        "; ".join(
            rf"UPDATE {table} SET code = btrim(code), name = btrim(regexp_replace(name, '\s+', ' ', 'g')),"  # noqa: S608
            r" short_name = btrim(regexp_replace(short_name, '\s+', ' ', 'g'))"
            r" WHERE name <> btrim(regexp_replace(name, '\s+', ' ', 'g')) OR code <> btrim(code)"
            for table in ("unit_facts", "units")
        ),
    ),
    Check(
        "units.twins",
        Text(
            "Không có hai đơn vị hành chính cùng loại, cùng tên dưới một cấp trên",
            "No two living administrative units of one kind and name stand under one unit",
        ),
        "SELECT u.id, 'units', u.id::text, u.code || ' = ' || t.code, u.name FROM units u JOIN units t"
        " ON t.parent_id = u.parent_id AND t.name = u.name AND t.kind = u.kind AND t.id <> u.id"
        " WHERE u.level <> 'base' AND u.ended_on IS NULL AND t.ended_on IS NULL",
        Text(
            "Thường do nạp hai lần cùng một đơn vị dưới hai mã. Giữ đơn vị đã có số liệu; đưa đơn vị kia vào đơn vị"
            " này bằng POST /reorganisations (kind=merged)",
            "Often one unit loaded twice under two codes. Keep the one that has records; merge the other into it: POST"
            " /reorganisations (kind `merged`)",
        ),
    ),
)

_TABLES: Final = """
SELECT quote_ident(c.relname) AS "table", CASE WHEN EXISTS (SELECT FROM pg_attribute i WHERE i.attrelid = c.oid
    AND i.attname = 'id' AND NOT i.attisdropped) THEN 't.id::text' ELSE 'NULL::text' END AS key
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'unit_path' AND NOT a.attisdropped
WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace
    AND has_table_privilege(c.oid, 'SELECT') ORDER BY 1"""

PATHS: Final = (
    Check(
        "paths.copies",
        Text("Mọi bản ghi mang đúng đường dẫn của đơn vị mình", "Every row bears its unit's path"),
        "SELECT t.unit_id, '{table}', {key}, t.unit_path, u.path FROM {table} t LEFT JOIN units u ON u.id = t.unit_id"
        " WHERE u.path IS DISTINCT FROM t.unit_path",
        Text(
            "Hàng rào dữ liệu dựa vào đường dẫn này: bản ghi sai có thể hiện ra với đơn vị khác. Lệnh sửa chép lại từ"
            " units; bản ghi của đơn vị không tồn tại thì phải phục hồi units từ bản sao lưu",
            "The fence goes by this path: a wrong one may show a row to another unit. Mending copies it from units; for"
            " rows of a unit that does not exist, restore units from a back-up",
        ),
        """DO $mend$ DECLARE t text; wrong boolean; BEGIN
FOR t IN SELECT quote_ident(c.relname) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    AND a.attname = 'unit_path' AND NOT a.attisdropped
    WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace
LOOP EXECUTE format('SELECT EXISTS (SELECT FROM %s t JOIN units u ON u.id = t.unit_id AND u.path <> t.unit_path)', t)
    INTO wrong; CONTINUE WHEN NOT wrong;
    -- What is published may be written by nobody, its owner neither, as long as the fence binds the owner.
    EXECUTE format('ALTER TABLE %s NO FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('UPDATE %s t SET unit_path = u.path FROM units u WHERE u.id = t.unit_id AND u.path <>
    t.unit_path', t);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', t); END LOOP; END $mend$""",
        each=_TABLES,
    ),
)

INSTALLATION: Final = (
    Check(
        "installation.fence",
        Text("Mọi bảng có đường dẫn đơn vị đều bật hàng rào dữ liệu", "Every table with a path is fenced"),
        "SELECT NULL::uuid, c.relname::text, NULL::text, 'row security: ' || c.relrowsecurity || ', forced: '"
        " || c.relforcerowsecurity, 'true, true' FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
        " AND a.attname = 'unit_path' WHERE c.relkind = 'r' AND NOT (c.relrowsecurity AND c.relforcerowsecurity)",
        Text(
            "Có người đã tắt row-level security: mọi người thấy dữ liệu của nhau. Dừng máy chủ, chạy lệnh sửa, rồi tìm"
            " xem ai đã tắt",
            "Somebody switched row-level security off: everyone sees everyone's rows. Stop serving, mend, then find out"
            " who did it",
        ),
        """DO $mend$ DECLARE t regclass; BEGIN
FOR t IN SELECT c.oid FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'unit_path'
    WHERE c.relkind = 'r' AND NOT (c.relrowsecurity AND c.relforcerowsecurity)
LOOP EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', t); END LOOP; END $mend$""",
        reach="installation",
    ),
    Check(
        "installation.keys",
        Text(
            "Ràng buộc của cơ sở dữ liệu còn đủ và đã được kiểm chứng",
            "Every row's unit is held by its key, and every constraint is validated",
        ),
        "SELECT NULL::uuid, c.relname::text, NULL::text, '-', 'FOREIGN KEY (unit_id, unit_path) REFERENCES units (id,"
        " path) ON UPDATE CASCADE' FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
        " AND a.attname = 'unit_path' WHERE c.relkind = 'r' AND NOT EXISTS (SELECT FROM pg_constraint k"
        " WHERE k.conrelid = c.oid AND k.confrelid = 'units'::regclass AND k.contype = 'f'"
        " AND k.confupdtype = 'c' AND cardinality(k.conkey) = 2)"
        " UNION ALL SELECT NULL, k.conrelid::regclass::text, k.conname::text, 'NOT VALID', 'VALID'"
        " FROM pg_constraint k WHERE k.connamespace = current_schema()::regnamespace AND NOT k.convalidated",
        Text(
            "Thiếu khóa: tạo lại bằng ALTER TABLE ... ADD CONSTRAINT fk_<bảng>_unit như cột expected, sau"
            " khi paths.copies"
            " đã đúng. Chưa kiểm chứng: chạy lệnh sửa; nếu bị từ chối, thông báo nêu bản ghi sai",
            "A key is missing: ALTER TABLE ... ADD CONSTRAINT fk_<table>_unit as `expected` says, once paths.copies is"
            " sound. Not validated: mend; when that is refused, the message names the row",
        ),
        """DO $mend$ DECLARE k record; BEGIN
FOR k IN SELECT conrelid::regclass AS t, quote_ident(conname) AS name FROM pg_constraint
    WHERE connamespace = current_schema()::regnamespace AND NOT convalidated
LOOP EXECUTE format('ALTER TABLE %s VALIDATE CONSTRAINT %s', k.t, k.name); END LOOP; END $mend$""",
        reach="installation",
    ),
    Check(
        "installation.triggers",
        Text("Không có trigger nào bị tắt", "No trigger is switched off"),
        "SELECT NULL::uuid, g.tgrelid::regclass::text, g.tgname::text, 'DISABLED', 'ENABLED' FROM pg_trigger g"
        " JOIN pg_class c ON c.oid = g.tgrelid WHERE c.relnamespace = current_schema()::regnamespace"
        " AND g.tgenabled NOT IN ('O', 'A')",
        Text(
            "Có người tắt trigger để sửa tay rồi quên bật: dữ liệu không còn được canh giữ. Lệnh sửa bật lại",
            "Somebody switched a trigger off for a repair and left it so: nothing guards the rows. Mending turns it on",
        ),
        """DO $mend$ DECLARE g record; BEGIN
FOR g IN SELECT x.tgrelid::regclass AS t, quote_ident(x.tgname) AS name FROM pg_trigger x
    JOIN pg_class c ON c.oid = x.tgrelid
    WHERE c.relnamespace = current_schema()::regnamespace AND x.tgenabled NOT IN ('O', 'A')
LOOP EXECUTE format('ALTER TABLE %s ENABLE TRIGGER %s', g.t, g.name); END LOOP; END $mend$""",
        reach="installation",
    ),
)
