"""Where webhooks may go, and where not, however it is written."""

import ipaddress
from collections.abc import Sequence
from uuid import uuid4

import pytest

from app.kernel.clock import wall
from app.kernel.settings import Settings
from app.webhooks.addresses import Addresses, Refused, addresses_of, is_public
from app.webhooks.sending import Message, sender
from app.webhooks.service import new_secret

pytestmark = pytest.mark.anyio
PUBLIC = "93.184.215.14"


class Names:
    """A name server that answers one thing after the other; the last one from then on."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def __call__(self, _host: str, _port: int) -> Sequence[str]:
        self.asked += 1
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/",
        "https://127.1/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0177.0.0.1/",
        "https://0/",
        "https://localhost/",
        "https://localhost./",
        "https://10.0.0.1/",
        "https://172.16.3.4/",
        "https://192.168.1.1/",
        "https://169.254.169.254/latest/meta-data/",
        "https://100.64.0.1/",
        "https://100.100.100.200/",
        "https://168.63.129.16/",
        "https://192.0.0.192/",
        "https://198.18.0.1/",
        "https://203.0.113.5/",
        "https://224.0.0.1/",
        "https://240.0.0.1/",
        "https://255.255.255.255/",
        "https://[::1]/",
        "https://[::]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:a9fe:a9fe]/",
        "https://[::127.0.0.1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[2002:7f00:1::]/",
        "https://[2001:0:7f00:1::]/",
        "https://[fe80::1]/",
        "https://[fd00:ec2::254]/",
        "https://[ff02::1]/",
        "https://[2001:db8::1]/",
    ],
)
async def test_hostile_addresses_are_refused(url: str) -> None:
    with pytest.raises(Refused) as refused:
        await Addresses().pin(url)
    assert refused.value.code in {"address_not_allowed", "unknown_host", "invalid_url"}, refused.value.code


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://hook.example/", "not_https"),
        ("ftp://hook.example/", "invalid_url"),
        ("file:///etc/passwd", "invalid_url"),
        ("gopher://hook.example/", "invalid_url"),
        ("https:///path", "invalid_url"),
        ("//hook.example/", "invalid_url"),
        ("hook.example", "invalid_url"),
        ("https://hook.example:99999/", "invalid_url"),
        ("https://[fe80::1%25eth0]/", "invalid_url"),
        ("https://hook.example\\@127.0.0.1/", "invalid_url"),
        ("https://hook.example/\r\nX: y", "invalid_url"),
        ("https://user:password@hook.example/", "userinfo"),
        ("https://127.0.0.1@hook.example/", "userinfo"),
        ("https://hook.example/#x", "fragment"),
        ("https://hook.example:22/", "port_not_allowed"),
        ("https://hook.example:8443/", "port_not_allowed"),
    ],
)
async def test_addresses_of_a_wrong_shape_are_refused(url: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        await Addresses(resolve=Names([PUBLIC])).pin(url)
    assert refused.value.code == code


async def test_a_public_address_is_pinned() -> None:
    pinned = await Addresses(resolve=Names([PUBLIC, "2606:2800:21f:cb07::1"])).pin("https://hook.example/a?b=c")
    assert (str(pinned.url), pinned.ip) == ("https://hook.example/a?b=c", PUBLIC)


async def test_one_private_address_among_public_ones_is_enough_to_refuse() -> None:
    with pytest.raises(Refused, match="private"):
        await Addresses(resolve=Names([PUBLIC, "10.0.0.1"])).pin("https://hook.example/")


async def test_what_the_operator_allows_may_be_private_plain_and_on_any_port() -> None:
    rule = addresses_of(
        Settings(_env_file=None, webhook_allow="10.20.0.0/16, fd00::/8, *.noibo.vn,esb.local", webhook_ports="443,8443")
    )

    async def asked(url: str, ip: str) -> str:
        found = Addresses(rule.hosts, rule.networks, rule.ports, Names([ip]))
        try:
            return (await found.pin(url)).ip
        except Refused as fault:
            return fault.code

    assert await asked("http://a.b:8080/", "10.20.3.4") == "10.20.3.4"
    assert await asked("http://a.b/", "::ffff:10.20.3.4") == str(ipaddress.ip_address("::ffff:10.20.3.4"))
    assert await asked("http://a.b/", "fd00::5") == "fd00::5"
    assert await asked("http://x.NOIBO.vn:81/", "192.168.0.5") == "192.168.0.5"
    assert await asked("http://esb.local/", "172.16.0.1") == "172.16.0.1"
    assert await asked("https://a.b:8443/", PUBLIC) == PUBLIC
    assert await asked("http://noibo.vn.evil.example/", PUBLIC) == "not_https"
    assert await asked("https://evilnoibo.vn/", "192.168.0.5") == "address_not_allowed"
    assert await asked("https://a.b/", "10.21.0.1") == "address_not_allowed"


@pytest.mark.parametrize(("allow", "ports"), [("10.0.0.1/8", "443"), (None, "https")])
def test_settings_that_are_none_stop_the_start(allow: str | None, ports: str) -> None:
    with pytest.raises(ValueError, match=r"host bits|invalid literal"):
        addresses_of(Settings(_env_file=None, webhook_allow=allow, webhook_ports=ports))


async def test_a_name_that_turns_private_after_it_was_saved_is_not_connected_to() -> None:
    names = Names([PUBLIC], ["127.0.0.1"])
    rule = Addresses(resolve=names)
    await rule.pin("https://hook.example/")
    async with sender(rule) as post:
        outcome = await post.send(Message("https://hook.example/", uuid4(), "{}", [new_secret()]), wall())
    assert (outcome.error, outcome.status) == ("address_not_allowed", None)
    assert names.asked == 2  # once each time: what was checked is what is connected to


def test_public_addresses_are_public() -> None:
    for text in (PUBLIC, "8.8.8.8", "203.162.4.190", "2606:2800:21f:cb07::1", "2400:cb00::1"):
        assert is_public(ipaddress.ip_address(text)), text
