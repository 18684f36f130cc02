"""Where a request comes from, and who may say so."""

from collections.abc import Sequence
from typing import Any

import pytest

from app.cli import runtime
from app.kernel.addresses import ClientAddress, address_of, client_of, network_of, networks_of
from app.kernel.settings import Settings

PROXY = "10.9.9.9"


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("203.0.113.7", "203.0.113.7"),
        (" 203.0.113.7 ", "203.0.113.7"),
        ("203.0.113.7:54321", "203.0.113.7"),
        ("2001:DB8::7", "2001:db8::7"),
        ("[2001:db8::7]", "2001:db8::7"),
        ("[2001:db8::7]:443", "2001:db8::7"),
        ("fe80::1%eth0", "fe80::1"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("::FFFF:cb00:7107", "203.0.113.7"),
        ("[::ffff:203.0.113.7]:80", "203.0.113.7"),
        ("::1", "::1"),
    ],
)
def test_one_place_has_one_address(written: str, address: str) -> None:
    assert str(address_of(written)) == address


@pytest.mark.parametrize(
    "written", ["", "unknown", "testclient", "203.0.113", "203.0.113.256", "[", "[]", "1:2", "0x7f.1"]
)
def test_what_names_no_address_is_none(written: str) -> None:
    assert address_of(written) is None


@pytest.mark.parametrize(
    ("written", "network"),
    [
        ("10.0.0.0/8", "10.0.0.0/8"),
        ("203.0.113.7", "203.0.113.7/32"),
        ("2001:db8::/32", "2001:db8::/32"),
        ("::ffff:10.0.0.0/104", "10.0.0.0/8"),
        ("::ffff:203.0.113.7", "203.0.113.7/32"),
    ],
)
def test_networks_are_kept_in_one_form(written: str, network: str) -> None:
    assert str(network_of(written)) == network


@pytest.mark.parametrize("written", ["10.0.0.1/8", "10.0.0.0/33", "", "all", "*", "10.0.0.0/8 10.1.0.0/16", "::/129"])
def test_what_is_no_network_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        network_of(written)


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        (PROXY, [], PROXY),
        (PROXY, ["203.0.113.7"], "203.0.113.7"),
        (PROXY, ["10.0.0.1, 203.0.113.7"], "203.0.113.7"),  # the left one is what the client claimed
        (PROXY, ["10.0.0.1", "203.0.113.7"], "203.0.113.7"),  # likewise in a header of its own
        (PROXY, ["203.0.113.7, 10.9.9.8"], "203.0.113.7"),  # two proxies in a row
        (PROXY, ["::ffff:203.0.113.7"], "203.0.113.7"),
        (PROXY, ["[2001:db8::7]:5000"], "2001:db8::7"),
        (PROXY, ["unknown"], None),
        (PROXY, ["203.0.113.7, "], None),
        (PROXY, ["garbage, 203.0.113.7"], "203.0.113.7"),
        (PROXY, ["10.9.9.8, 10.9.9.9"], "10.9.9.8"),
        ("203.0.113.7", ["10.0.0.1"], "203.0.113.7"),
        ("::ffff:203.0.113.7", ["10.0.0.1"], "203.0.113.7"),
        (f"::ffff:{PROXY}", ["203.0.113.7"], "203.0.113.7"),
    ],
)
def test_the_header_is_read_from_its_right_end_as_far_as_it_is_trusted(
    peer: str, forwarded: Sequence[str], client: str | None
) -> None:
    found = client_of(address_of(peer), forwarded, networks_of("10.9.9.8/31"))
    assert (None if found is None else str(found)) == client


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("trusted", "peer", "seen"),
    [
        ("", ("127.0.0.1", 5), ("127.0.0.1", 5)),
        (PROXY, ("127.0.0.1", 5), ("127.0.0.1", 5)),
        (PROXY, (PROXY, 5), ("203.0.113.7", 0)),
        (PROXY, None, None),
        (PROXY, ("testclient", 5), ("testclient", 5)),
    ],
)
async def test_the_application_is_told_who_asks(trusted: str, peer: Any, seen: Any) -> None:
    told = []

    async def application(scope: Any, _receive: Any, _send: Any) -> None:
        told.append(scope["client"])

    headers = [(b"x-forwarded-for", b"10.0.0.1, 203.0.113.7"), (b"forwarded", b"for=10.0.0.2"), (b"x-real-ip", b"::1")]
    scope = {"type": "http", "client": peer, "headers": headers}
    await ClientAddress(application, networks_of(trusted))(scope, None, None)
    assert told == [seen]


def test_the_server_itself_believes_no_header(monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, Any] = {}
    monkeypatch.setattr("uvicorn.run", lambda *_a, **options: given.update(options))
    monkeypatch.setenv("DIENHINH_DATABASE_URL", "postgresql://x@h/d")
    runtime.listen("postgresql://x@h/d", "127.0.0.1", 8000, 1)
    assert given["proxy_headers"] is False


def test_a_setting_that_names_no_network_stops_the_start() -> None:
    with pytest.raises(ValueError, match="trusted_proxies"):
        Settings(_env_file=None, trusted_proxies="proxy.example")
