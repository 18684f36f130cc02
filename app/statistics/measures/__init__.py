"""Every figure of the product, each declared once: what is counted, as what, by what it can be grouped.

The predicates belong to the slices whose records they judge and stand next to their tables. Statements are made of
these declarations by ``statements.py``; nothing else computes a figure.
"""

from typing import Final

from app.statistics.declarations import Measure
from app.statistics.measures.awarding import AWARDS
from app.statistics.measures.criteria import CRITERION_RESULTS, VERIFICATION
from app.statistics.measures.exemplary import RECOGNITIONS, REGISTRATIONS
from app.statistics.measures.reporting import REPORTS
from app.statistics.measures.situation import SITUATION, SITUATION_RATES
from app.statistics.measures.units import UNITS
from app.statistics.measures.work import DIRECTIVES, PRACTICES, PROPAGANDA

MEASURES: Final[dict[str, Measure]] = {
    measure.code: measure
    for measure in (
        *(UNITS, DIRECTIVES, PROPAGANDA, REGISTRATIONS, RECOGNITIONS, CRITERION_RESULTS, VERIFICATION),
        *(SITUATION, SITUATION_RATES, PRACTICES, AWARDS, REPORTS),
    )
}
