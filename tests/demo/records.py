"""Rules for the sample's directives, practices, activities and security figures: each counts what breaks one."""

RECORDS = {
    "no directive is from the future": """
        SELECT count(*) FROM directives
        WHERE updated_at > timestamptz '2024-07-10 08:00+07' OR issued_on > created_at
           OR issued_on NOT BETWEEN '2023-01-15' AND '2024-07-10'""",
    "no activity is from the future": """
        SELECT count(*) FROM propaganda_activities
        WHERE updated_at > timestamptz '2024-07-10 08:00+07' OR date_to > created_at
           OR date_from < '2023-01-15' OR date_to > '2024-07-10'""",
    "no practice is from the future, nor changed before it last moved": """
        SELECT count(*) FROM practices
        WHERE updated_at > timestamptz '2024-07-10 08:00+07' OR started_on > created_at
           OR updated_at < greatest(proposed_at, selected_at, replicated_at)
           OR started_on NOT BETWEEN '2023-01-15' AND '2024-07-10'""",
    "no figure is from the future": """
        SELECT count(*) FROM situation_figures WHERE updated_at > timestamptz '2024-07-10 08:00+07'""",
    "totals of the same unit, form and venue share no day": """
        SELECT count(*) FROM propaganda_activities a
        JOIN propaganda_activities b ON (a.unit_id, a.form_id) = (b.unit_id, b.form_id) AND a.id < b.id
         AND a.venue_kind IS NOT DISTINCT FROM b.venue_kind AND a.date_from <= b.date_to AND b.date_from <= a.date_to
        WHERE a.nature = 'period_total' AND b.nature = 'period_total'""",
    "an activity counts what its form counts, at a venue of its form": """
        SELECT count(*) FROM propaganda_activities a JOIN activity_forms f ON f.id = a.form_id
        WHERE CASE f.counted WHEN 'sessions' THEN a.sessions ELSE a.quantity END = 0
           OR CASE WHEN f.venue_kinds = '{}' THEN a.venue_kind IS NOT NULL
              ELSE (a.venue_kind = ANY (f.venue_kinds)) IS NOT TRUE END""",
    "every commune has directives, activities and all figures": """
        SELECT count(*) FROM units u WHERE level = 'commune' AND (
            (SELECT count(*) FROM directives d WHERE d.unit_id = u.id) NOT BETWEEN 2 AND 4
            OR (SELECT count(*) FROM propaganda_activities a WHERE a.unit_id = u.id) NOT BETWEEN 6 AND 17
            OR (SELECT count(*) FROM situation_figures f WHERE f.unit_id = u.id)
               <> (SELECT count(*) FROM indicators WHERE kind = 'count'))""",
    "every district and the province have their own": """
        SELECT count(*) FROM units u WHERE level IN ('district', 'province') AND (
            NOT EXISTS (SELECT FROM directives d WHERE d.unit_id = u.id AND track = 'issued_directly')
            OR NOT EXISTS (SELECT FROM propaganda_activities a WHERE a.unit_id = u.id))""",
    "some base units have their own": """
        SELECT (count(*) < 200)::int FROM propaganda_activities a JOIN units u ON u.id = a.unit_id
        WHERE u.level = 'base'""",
    "the records are of both years": """
        SELECT count(*) FROM (VALUES (2023), (2024)) AS y (year)
        WHERE NOT EXISTS (SELECT FROM propaganda_activities WHERE extract(year FROM date_to) = year)
           OR NOT EXISTS (SELECT FROM directives WHERE extract(year FROM issued_on) = year)""",
    "no part exceeds its whole": """
        SELECT count(*) FROM indicators r
        JOIN situation_figures p ON p.indicator_id = r.part_id
        JOIN situation_figures w ON w.indicator_id = r.whole_id
         AND (w.unit_id, w.campaign_id) = (p.unit_id, p.campaign_id)
        WHERE p.before_value > w.before_value OR p.after_value > w.after_value""",
    "the unit's own editor, or its manager's, entered each record": """
        SELECT count(*) FROM (
            SELECT unit_id, created_by FROM directives UNION ALL SELECT unit_id, created_by FROM practices
            UNION ALL SELECT unit_id, created_by FROM propaganda_activities
            UNION ALL SELECT unit_id, created_by FROM situation_figures
        ) AS r JOIN units u ON u.id = r.unit_id
        WHERE NOT EXISTS (
            SELECT FROM grants g WHERE g.user_id = r.created_by AND g.role = 'editor'
            AND g.unit_id = CASE u.level WHEN 'base' THEN u.parent_id ELSE u.id END)""",
    "the unit's own approver proposed each practice": """
        SELECT count(*) FROM practices p WHERE proposed_at IS NOT NULL AND NOT EXISTS (
            SELECT FROM grants g WHERE (g.user_id, g.unit_id, g.role) = (p.proposed_by, p.unit_id, 'approver'))""",
    "an approver directly above selected": """
        SELECT count(*) FROM practices p JOIN units u ON u.id = p.unit_id
        WHERE selected_at IS NOT NULL AND (selected_unit_id <> u.parent_id OR NOT EXISTS (
            SELECT FROM grants g WHERE (g.user_id, g.unit_id, g.role) = (p.selected_by, u.parent_id, 'approver')))""",
    "an approver further above replicates": """
        SELECT count(*) FROM practices p JOIN units u ON u.id = p.unit_id
        JOIN units a ON a.id = p.replicated_unit_id JOIN units parent ON parent.id = u.parent_id
        WHERE a.id = parent.id OR NOT parent.path ^@ a.path OR NOT EXISTS (
            SELECT FROM grants g WHERE (g.user_id, g.unit_id, g.role) = (p.replicated_by, a.id, 'approver'))""",
    "there are practices in all five states": "SELECT 5 - count(DISTINCT status) FROM practices",
    "all that the sample invented says so": """
        SELECT (SELECT count(*) FROM directives WHERE title NOT LIKE '%mẫu)' OR number_symbol NOT LIKE '%(mẫu)')
             + (SELECT count(*) FROM propaganda_activities WHERE title NOT LIKE '%mẫu)')
             + (SELECT count(*) FROM practices WHERE title NOT LIKE '%mẫu)' OR summary NOT LIKE '%mẫu)')
             + (SELECT count(*) FROM situation_figures WHERE note IS DISTINCT FROM 'Dữ liệu mẫu')""",
    "what a report counts was entered before it was handed in": """
        SELECT count(*) FROM reports r JOIN campaigns c ON c.id = r.campaign_id
        JOIN propaganda_activities a ON a.unit_id = r.unit_id AND a.date_to BETWEEN c.window_from AND c.window_to
        WHERE a.created_at > r.submitted_at""",
}
