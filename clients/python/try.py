"""Tries the generated client: ``python try.py http://127.0.0.1:8000 dhk_... 17509``. Prints what it found as JSON."""

import datetime as dt
import json
import sys

from dienhinh_client import AuthenticatedClient
from dienhinh_client.api.directives import create_directive, delete_directive, read_directive
from dienhinh_client.api.submissions import submit_bundle
from dienhinh_client.api.units import list_units
from dienhinh_client.models import Bundle, DirectiveIn, PageSinceUnitOut, Problem, RegistrationItem, TakenOut
from dienhinh_client.models.directive_in_document_kind import DirectiveInDocumentKind
from dienhinh_client.models.directive_in_track import DirectiveInTrack
from dienhinh_client.models.directive_out import DirectiveOut

url, key, code = sys.argv[1:]
client = AuthenticatedClient(base_url=url, token=key, headers={"Accept-Language": "en"})
units = list_units.sync(client=client, code=code)
assert isinstance(units, PageSinceUnitOut), units
unit = units.items[0]
body = DirectiveIn(
    unit_id=unit.id,
    track=DirectiveInTrack.ADVISED,
    document_kind=DirectiveInDocumentKind.PLAN,
    number_symbol="1/PY",
    issued_on=dt.date(2024, 6, 3),
    title="Kế hoạch từ Python (mẫu)",
    issuing_body="Ủy ban nhân dân xã",
)
retry = '"8e03978e-40d5-43dd-bc93-6894a57f9325"'
made = create_directive.sync_detailed(client=client, body=body, idempotency_key=retry)
again = create_directive.sync_detailed(client=client, body=body, idempotency_key=retry)
assert isinstance(made.parsed, DirectiveOut), made
assert isinstance(again.parsed, DirectiveOut), again
read = read_directive.sync(made.parsed.id, client=client)
assert isinstance(read, DirectiveOut), read
body.issued_on = dt.date(2999, 1, 1)
refused = create_directive.sync(client=client, body=body)
assert isinstance(refused, Problem), refused
bundle = submit_bundle.sync(
    client=client, body=Bundle(unit=unit.code, registrations=[RegistrationItem(year=2024)]), dry_run=True
)
assert isinstance(bundle, TakenOut), bundle
stale = delete_directive.sync_detailed(made.parsed.id, client=client, if_match='"99"')
delete_directive.sync_detailed(made.parsed.id, client=client, if_match=made.headers["ETag"])
gone = read_directive.sync_detailed(made.parsed.id, client=client)
found = {
    "unit": unit.name,
    "same": made.parsed.id == again.parsed.id,
    "replayed": again.headers.get("Idempotency-Replayed"),
    "title": read.title,
    "refused": refused.errors[0].pointer,
    "bundle": bundle.summary.to_dict(),
    "stale": stale.status_code,
    "gone": gone.status_code,
}
print(json.dumps(found))
