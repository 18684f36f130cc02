"""The eight forms of a province as somebody would write them by hand in SQL: what the product is measured against.

Written from the forms' content and for this data alone: one statement for each form, paths cut by their length, one
tree, one campaign, two years, no address of records behind a figure. Each row begins with the table's code, the row's
key (a unit's or an indicator's code, an evaluation's id, or "total") and its title; then come the figures in the order
of the form's columns, rates among them.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

_GROUPS: Final = """(VALUES {pairs}) AS g (kind, tab)"""
_COMMUNES: Final = {"communes": ("commune", "ward", "township", "special_zone")}
_BODIES: Final = {"agencies": ("agency",), "enterprises": ("enterprise",), "schools": ("school",)}
_DISTRICTS: Final = {"districts": ("city", "town", "rural_district", "urban_district")}


def _groups(tables: Mapping[str, tuple[str, ...]]) -> str:
    pairs = ", ".join(f"('{kind}', '{table}')" for table, kinds in tables.items() for kind in kinds)
    return _GROUPS.format(pairs=pairs)


# The rows of a form by unit: the province's own, each unit directly below, the total.
_CHILDREN: Final = "(SELECT id, code, name, path, sort_key FROM units WHERE id = :unit OR parent_id = :unit)"
_CUT: Final = "left({path}, length(:path) + 7)"
_BELOW: Final = "{path} >= :path AND {path} < rtrim(:path, '.') || '/'"


def _standing(kinds: str) -> str:
    return f"""
        SELECT tab, {_CUT.format(path="path")} AS path, count(*) AS units FROM unit_facts JOIN {kinds} USING (kind)
        WHERE {_BELOW.format(path="path")} AND valid_from <= '2024-07-10'
            AND (valid_to IS NULL OR valid_to > '2024-07-10')
        GROUP BY 1, 2
    """


def _registered(kinds: str) -> str:
    return f"""
        SELECT tab, {_CUT.format(path="r.unit_path")} AS path, count(*) FILTER (WHERE year = 2023) AS registered_1,
            count(*) FILTER (WHERE year = 2024) AS registered_2
        FROM registrations r JOIN units u ON u.id = r.unit_id JOIN {kinds} USING (kind)
        WHERE {_BELOW.format(path="r.unit_path")} AND year IN (2023, 2024) AND status IN ('submitted', 'accepted')
            AND submitted_at IS NOT NULL
        GROUP BY 1, 2
    """


def _evaluated(kinds: str) -> str:
    return f"""
        SELECT tab, {_CUT.format(path="e.unit_path")} AS path,
            count(*) FILTER (WHERE year = 2023 AND stage = 'final' AND status = 'recognised') AS recognised_1,
            count(*) FILTER (WHERE year = 2023 AND stage = 'final' AND status = 'not_recognised') AS not_1,
            count(*) FILTER (WHERE year = 2023 AND stage = 'maintenance' AND status = 'recognised') AS kept_1,
            count(*) FILTER (WHERE year = 2024 AND stage = 'forecast' AND status = 'verified' AND passed_verified)
                AS expected_2,
            count(*) FILTER (WHERE year = 2024 AND stage = 'forecast' AND status = 'verified' AND NOT passed_verified)
                AS not_expected_2
        FROM evaluations e JOIN units u ON u.id = e.unit_id JOIN {kinds} USING (kind)
        WHERE {_BELOW.format(path="e.unit_path")} AND year IN (2023, 2024)
            AND status IN ('submitted', 'verified', 'recognised', 'not_recognised')
        GROUP BY 1, 2
    """


_COUNTS: Final = (
    *("units", "registered_1", "registered_2", "recognised_1", "not_1", "kept_1", "expected_2", "not_expected_2"),
)


def _exemplary(tables: Mapping[str, tuple[str, ...]]) -> str:
    kinds, names = _groups(tables), ", ".join(f"('{table}')" for table in tables)
    sums = ", ".join(f"sum({name})::int8 AS {name}" for name in _COUNTS)
    shown = ", ".join(f"coalesce({name}, 0)" for name in _COUNTS[:2])
    return f"""
    WITH unit AS ({_standing(kinds)}), registered AS ({_registered(kinds)}), evaluated AS ({_evaluated(kinds)}
    ), counted AS (
        SELECT tab, path, {sums} FROM unit FULL JOIN registered USING (tab, path) FULL JOIN evaluated USING (tab, path)
        GROUP BY GROUPING SETS ((tab, path), (tab))
    )
    SELECT t.tab, coalesce(c.code, 'total'), c.name, {shown}, coalesce(recognised_1, 0), coalesce(not_1, 0),
        round(recognised_1::numeric / nullif(registered_1, 0), 6)::float8, coalesce(kept_1, 0),
        round(kept_1::numeric / nullif(recognised_1, 0), 6)::float8, coalesce(registered_2, 0), coalesce(expected_2, 0),
        coalesce(not_expected_2, 0), round(expected_2::numeric / nullif(registered_2, 0), 6)::float8
    FROM (VALUES {names}) AS t (tab)
    CROSS JOIN (SELECT * FROM {_CHILDREN} AS child UNION ALL SELECT NULL, NULL, NULL, NULL, NULL) AS c
    LEFT JOIN counted ON counted.tab = t.tab AND counted.path IS NOT DISTINCT FROM c.path
    ORDER BY t.tab, c.sort_key
    """


_PROPAGANDA: Final = f"""
WITH counted AS (
    SELECT {_CUT.format(path="a.unit_path")} AS path,
        sum(sessions) FILTER (WHERE category = 'propaganda') AS c1,
        sum(sessions) FILTER (WHERE category = 'propaganda' AND venue_kind = 'commune') AS c2,
        sum(sessions) FILTER (WHERE category = 'propaganda' AND venue_kind = 'agency') AS c3,
        sum(sessions) FILTER (WHERE category = 'propaganda' AND venue_kind = 'enterprise') AS c4,
        sum(sessions) FILTER (WHERE category = 'propaganda' AND venue_kind = 'school') AS c5,
        sum(sessions) FILTER (WHERE group_code = 'direct') AS c6,
        sum(sessions) FILTER (WHERE group_code = 'broadcast') AS c7,
        sum(quantity) FILTER (WHERE group_code = 'news') AS c8,
        sum(quantity) FILTER (WHERE group_code = 'visual') AS c9,
        sum(quantity) FILTER (WHERE group_code = 'print') AS c10,
        sum(people_reached) FILTER (WHERE category = 'propaganda') AS c11,
        sum(sessions) FILTER (WHERE group_code = 'ceremony') AS c12,
        sum(sessions) FILTER (WHERE group_code = 'residents') AS c13,
        sum(sessions) FILTER (WHERE group_code = 'briefing') AS c14,
        sum(sessions) FILTER (WHERE group_code = 'combined') AS c15
    FROM propaganda_activities a JOIN activity_forms f ON f.id = a.form_id, campaigns c
    WHERE c.id = :campaign AND {_BELOW.format(path="a.unit_path")} AND date_to BETWEEN c.window_from AND c.window_to
    GROUP BY GROUPING SETS ((1), ())
)
SELECT 'activities', coalesce(c.code, 'total'), c.name, {", ".join(f"coalesce(c{n}, 0)::int8" for n in range(1, 16))}
FROM (SELECT * FROM {_CHILDREN} AS child UNION ALL SELECT NULL, NULL, NULL, NULL, NULL) AS c
LEFT JOIN counted ON counted.path IS NOT DISTINCT FROM c.path ORDER BY c.sort_key
"""


def _criteria(tables: Mapping[str, tuple[str, ...]]) -> str:
    kinds = _groups(tables)
    outcomes = ("final", "verified", "self")
    outcome = f"coalesce({', '.join(f'r.{name}_outcome' for name in outcomes)})"
    names = [f"{name}_{n}" for n in (1, 2) for name in ("assessed", "met", "not_met")]
    which = ("year = 2023 AND stage = 'final'", "year = 2024 AND stage = 'forecast'")
    asked = (f"{outcome} IN ('met', 'not_met')", f"{outcome} = 'met'", f"{outcome} = 'not_met'")
    counts = [f"count(*) FILTER (WHERE {when} AND {what})" for when in which for what in asked]
    rate = "round({part}::numeric / nullif({whole}, 0), 6)::float8"
    shown = [*names[:3], rate.format(part="met_1", whole="assessed_1")]
    shown += [*names[3:], rate.format(part="met_2", whole="assessed_2")]
    return f"""
    WITH counted AS (
        SELECT tab, r.criterion_id, {", ".join(f"{c} AS {name}" for c, name in zip(counts, names, strict=True))}
        FROM evaluation_results r JOIN evaluations e ON e.id = r.evaluation_id JOIN units u ON u.id = e.unit_id
        JOIN {kinds} USING (kind)
        WHERE {_BELOW.format(path="e.unit_path")}
            AND status IN ('submitted', 'verified', 'recognised', 'not_recognised')
            AND (year = 2023 AND stage = 'final' OR year = 2024 AND stage = 'forecast')
        GROUP BY GROUPING SETS ((tab, r.criterion_id), (tab))
    )
    SELECT tab, coalesce(c.code, 'total'), c.title, {", ".join(shown)}
    FROM counted LEFT JOIN criteria c ON c.id = criterion_id
    LEFT JOIN criteria_groups g ON g.id = c.group_id ORDER BY tab, g.position, c.position
    """


_SITUATION: Final = f"""
WITH summed AS (
    SELECT indicator_id, sum(before_value) AS before, sum(after_value) AS after FROM situation_figures
    WHERE campaign_id = :campaign AND {_BELOW.format(path="unit_path")} GROUP BY 1
), figures AS (
    SELECT i.position, i.code, i.title_vi, i.kind, CASE WHEN i.kind = 'count' THEN coalesce(f.before, 0)
            ELSE round(part.before / nullif(whole.before, 0), 6) END AS before,
        CASE WHEN i.kind = 'count' THEN coalesce(f.after, 0)
            ELSE round(part.after / nullif(whole.after, 0), 6) END AS after
    FROM indicators i LEFT JOIN summed f ON f.indicator_id = i.id LEFT JOIN summed part ON part.indicator_id = i.part_id
    LEFT JOIN summed whole ON whole.indicator_id = i.whole_id
)
SELECT 'indicators', code, title_vi, before::float8, after::float8, (after - before)::float8,
    CASE WHEN kind = 'count' THEN round((after - before) / nullif(before, 0), 6)::float8 END
FROM figures ORDER BY position
"""

_LISTED_KINDS: Final = {"bodies": tuple(kind for kinds in _BODIES.values() for kind in kinds)}
_FAILING: Final = f"""
WITH listed AS (
    SELECT tab || CASE WHEN e.year = 2023 THEN '_1' ELSE '_2' END AS tab, e.id, e.unit_path, e.decline_note, u.name
    FROM evaluations e JOIN units u ON u.id = e.unit_id
    JOIN {_groups({**_COMMUNES, **_LISTED_KINDS, **_DISTRICTS})} USING (kind)
    WHERE {_BELOW.format(path="e.unit_path")} AND (e.year = 2023 AND stage = 'final' AND status = 'not_recognised'
        OR e.year = 2024 AND stage = 'forecast' AND status = 'verified' AND NOT passed_verified)
)
SELECT tab, listed.id::text, concat(listed.name, ' (' || (
        SELECT string_agg(a.name, ', ' ORDER BY a.path DESC) FROM units a
        WHERE a.path IN (left(unit_path, length(:path) + 7), left(unit_path, length(:path) + 14)) AND a.path < unit_path
    ) || ')'), codes, coalesce(reasons, decline_note)
FROM listed LEFT JOIN (
    SELECT evaluation_id, string_agg(c.code, ', ' ORDER BY position, code) AS codes, string_agg(concat_ws(': ', c.code,
        coalesce(final_reason, verified_reason, self_reason)), '; ' ORDER BY position, code) AS reasons
    FROM evaluation_results r JOIN criteria c ON c.id = r.criterion_id
    WHERE coalesce(final_outcome, verified_outcome, self_outcome) = 'not_met'
        AND evaluation_id IN (SELECT id FROM listed)
    GROUP BY 1
) AS not_met ON evaluation_id = listed.id
ORDER BY tab, unit_path
"""

STATEMENTS: Final = {
    1: _exemplary(_COMMUNES),
    2: _exemplary({**_BODIES, **_DISTRICTS}),
    3: _PROPAGANDA,
    4: _criteria(_COMMUNES),
    5: _criteria(_BODIES),
    6: _criteria(_DISTRICTS),
    7: _SITUATION,
    8: _FAILING,
}
"""By the form's number."""

_NAMES: Final = re.compile(r"(?<!:):(path|unit|campaign)\b")


def numbered(number: int, values: Mapping[str, Any]) -> tuple[str, list[Any]]:
    """The statement of a form as PostgreSQL takes it, and what of ``values`` (path, unit, campaign) it binds."""
    statement = STATEMENTS[number]
    names = list(dict.fromkeys(_NAMES.findall(statement)))

    def placed(found: re.Match[str]) -> str:
        return f"${names.index(found[1]) + 1}::{'text' if found[1] == 'path' else 'uuid'}"

    return _NAMES.sub(placed, statement), [values[name] for name in names]


_LISTED: Final = 8
_TITLES: Final = frozenset({"tt", "code", "title", "unit_of_count"})


def differences(number: int, product: Mapping[str, Any], raw: Sequence[Sequence[Any]]) -> list[str]:
    """Where the form of the product, as JSON, and the rows of the statement say different things; none = they agree.

    Rows that only one of them shows may hold nothing but zeros and what follows from them.
    """
    wanted = {(row[0], row[1]): list(row[3:]) for row in raw}
    if number == _LISTED:
        wanted = {(row[0], row[1]): list(row[2:]) for row in raw}
    found: dict[tuple[str, str], list[Any]] = {}
    for table in product["tables"]:
        codes = [column["code"] for column in table["columns"]]
        for row in table["rows"]:
            if row["kind"] == "group":
                continue
            cells = {code: row["cells"][code]["value"] for code in codes}
            names = [code for code in codes if code not in _TITLES or (number == _LISTED and code == "title")]
            found[table["code"], _key(number, row)] = [cells[code] for code in names]
    return [
        f"form {number} {key}: {found.get(key)} and by hand {wanted.get(key)}"
        for key in found.keys() | wanted.keys()
        if found.get(key) != wanted.get(key) and any(found.get(key) or ()) | any(wanted.get(key) or ())
    ]


def _key(number: int, row: Mapping[str, Any]) -> str:
    if row["kind"] == "total":
        return "total"
    if row["unit"] is not None and number != _LISTED:
        return str(row["unit"]["code"])
    key = str(row["key"])
    return key if number == _LISTED else key.rpartition(".")[2]
