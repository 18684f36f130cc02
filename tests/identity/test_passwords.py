"""Passwords: stored slowly and in one spelling; the weak ones are named for what they are."""

import asyncio
import threading
import unicodedata
from collections.abc import Sequence

import pytest
from pwdlib.exceptions import UnknownHashError
from pwdlib.hashers.argon2 import Argon2Hasher

from app.identity import passwords
from app.identity.guessing import common_passwords, estimate
from app.identity.passwords import DUMMY_HASH, MIN_GUESS_BITS, hash_password, needs_rehash, verify, weaknesses

CONTEXT = ["yenthanh.editor", "Huyện Yên Thành", "Trần Thị Bưởi"]
GOOD = "mưa rơi trên mái nhà tranh"


def codes(password: str, *, second_factor: bool = False, context: Sequence[str] = CONTEXT) -> list[str]:
    return [found.code for found in weaknesses(password, context=context, second_factor=second_factor)]


class TestStored:
    def test_the_right_password_passes_and_a_wrong_one_does_not(self) -> None:
        stored = asyncio.run(hash_password(GOOD))
        assert asyncio.run(verify(stored, GOOD))
        assert not asyncio.run(verify(stored, GOOD + " "))

    def test_it_is_argon2id_at_the_owasp_minimum(self) -> None:
        assert asyncio.run(hash_password(GOOD)).startswith("$argon2id$v=19$m=19456,t=2,p=1$")

    def test_the_same_password_is_stored_differently_each_time(self) -> None:
        assert asyncio.run(hash_password(GOOD)) != asyncio.run(hash_password(GOOD))

    @pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC", "NFKD"])
    def test_every_keyboard_spells_the_same_password(self, form: str) -> None:
        stored = asyncio.run(hash_password("Điển hình ﬁrst Å"))
        assert asyncio.run(verify(stored, unicodedata.normalize(form, "Điển hình ﬁrst Å")))  # type: ignore[arg-type]

    def test_accents_and_case_are_part_of_it(self) -> None:
        stored = asyncio.run(hash_password(GOOD))
        assert not asyncio.run(verify(stored, "mua roi tren mai nha tranh"))
        assert not asyncio.run(verify(stored, GOOD.upper()))

    def test_nothing_is_cut_off(self) -> None:
        stored = asyncio.run(hash_password("x" * 255 + "y"))
        assert not asyncio.run(verify(stored, "x" * 255 + "z"))

    @pytest.mark.parametrize("text", ["\ud800" * 15, "a" * 1025], ids=["lone surrogate", "too long"])
    def test_impossible_text_never_reaches_the_hash(self, text: str) -> None:
        assert not asyncio.run(verify(DUMMY_HASH, text))
        with pytest.raises(ValueError):
            asyncio.run(hash_password(text))

    def test_a_broken_row_is_an_error_and_not_a_wrong_password(self) -> None:
        with pytest.raises(UnknownHashError):
            asyncio.run(verify("plain text", GOOD))

    def test_the_event_loop_is_free_meanwhile(self, monkeypatch: pytest.MonkeyPatch) -> None:
        seen: list[str] = []

        class Watched(Argon2Hasher):
            def verify(self, password: str | bytes, hash: str | bytes) -> bool:
                seen.append(threading.current_thread().name)
                return super().verify(password, hash)

        monkeypatch.setattr(passwords._HASHES, "hashers", [Watched()])
        assert not asyncio.run(verify(DUMMY_HASH, GOOD))
        assert [name.startswith("argon2") for name in seen] == [True]


class TestTheDummy:
    def test_it_costs_what_a_real_one_costs(self) -> None:
        real = asyncio.run(hash_password(GOOD))
        assert DUMMY_HASH.split("$")[:4] == real.split("$")[:4]
        assert [len(part) for part in DUMMY_HASH.split("$")] == [len(part) for part in real.split("$")]
        assert not needs_rehash(DUMMY_HASH)

    @pytest.mark.parametrize("guess", ["", "password", GOOD])
    def test_nothing_opens_it(self, guess: str) -> None:
        assert not asyncio.run(verify(DUMMY_HASH, guess))

    def test_a_hash_with_less_memory_is_to_be_renewed(self) -> None:
        assert needs_rehash(Argon2Hasher(memory_cost=8192, time_cost=2, parallelism=1).hash(GOOD))


class TestLength:
    @pytest.mark.parametrize(("length", "second_factor"), [(14, False), (7, True), (1, True), (0, False)])
    def test_too_short(self, length: int, second_factor: bool) -> None:
        strong = "v8kQz2Lm9wTbXe"[:length]
        assert codes(strong, second_factor=second_factor) == ["too_short"]

    @pytest.mark.parametrize(("password", "second_factor"), [("v8kQz2Lm9wTbXe4", False), ("v8kQz2Lm", True)])
    def test_just_long_enough(self, password: str, second_factor: bool) -> None:
        assert codes(password, second_factor=second_factor) == []

    def test_letters_are_counted_and_not_their_accents(self) -> None:
        fourteen = unicodedata.normalize("NFD", "ếồữậịợểẵỡựẫốặộ")
        assert len(fourteen) > 30
        assert "too_short" in codes(fourteen)

    def test_the_longest_and_one_more(self) -> None:
        longest = (GOOD * 20)[:256]
        assert codes(longest) == []
        assert codes(longest + "x") == ["too_long"]
        assert codes("\ufdfa" * 200) == ["too_long"]  # one character that NFKC makes eighteen
        assert codes("a" * 10_000_000) == ["too_long"]

    def test_the_message_names_the_length_in_both_languages(self) -> None:
        (found,) = weaknesses("v8kQz2Lm", context=[], second_factor=False)
        assert (found.vi, found.en) == (
            "Mật khẩu phải có ít nhất 15 ký tự",
            "The password must have at least 15 characters",
        )


@pytest.mark.parametrize("bad", ["\x00", "\x1b", "\n", "\ud800", "\u0378"])
def test_control_characters_surrogates_and_unassigned_ones_are_refused(bad: str) -> None:
    assert codes(GOOD + bad) == ["unusable_characters"]


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("aaaaaaaaaaaaaaa", "repetition"),
        ("...............", "repetition"),
        ("abcabcabcabcabc", "repetition"),
        ("x7Kqx7Kqx7Kqx7Kq", "repetition"),
        ("aababbabaabbabab", "repetition"),
        ("123456789012345", "sequence"),
        ("qwertyuiopasdfg", "sequence"),
        ("poiuytrewqlkjhg", "sequence"),
        ("qazwsxedcrfvtgb", "sequence"),
        ("abcdefghijklmnop", "sequence"),
        ("!@#$%^&*()_+!@#$", "sequence"),
        ("15071999-15072024", "sequence"),
        ("passwordpassword", "common_password"),
        ("password1234567", "common_password"),
        ("Password@2024xyz", "common_password"),
        ("P@ssw0rd!P@ssw0rd!", "common_password"),
        ("iloveyouiloveyou", "common_password"),
        ("anhyeuememyeuanh", "common_password"),
        ("Anh yêu em 123456", "common_password"),
        ("Tôi yêu Việt Nam", "common_password"),
        ("nguyenvana1990!!", "common_password"),
        ("matkhaumatkhau1", "context_word"),
        ("Mật khẩu Công an", "context_word"),
        ("Dienhinh@Nghean2024", "context_word"),
        ("Nghệ An Công An 24", "context_word"),
        ("yenthanh.editor2024", "context_word"),
        ("Yên Thành, Yên Thành!", "context_word"),
        ("TRANTHIBUOI@2024", "context_word"),
        ("tran.thi.buoi x7Kq", "context_word"),
    ],
)
def test_a_long_but_predictable_password_is_refused_for_what_it_is(password: str, code: str) -> None:
    assert len(password) >= 15
    assert codes(password) == [code]


@pytest.mark.parametrize(
    "password",
    [
        GOOD,
        "con trâu ăn cỏ bờ đê",
        "tôi đi chợ mua cá rô",
        "correct horse battery staple",
        "lemon tractor window",
        "v8#kQ!z2Lm$9wTb",
        "khjqwzxnvbplmrt",
        "Nghệ An có 7 con vịt xanh biết bay",
        "гора река облако свет",
    ],
)
def test_a_passphrase_or_a_random_text_is_taken_whatever_characters_it_has(password: str) -> None:
    assert codes(password) == []


def test_a_second_factor_shortens_but_does_not_excuse() -> None:
    assert codes("matkhau1", second_factor=True, context=[]) == ["context_word"]
    assert codes("98765432", second_factor=True) == ["sequence"]
    assert codes("92750481", second_factor=True) == ["guessable"]


def test_short_and_predictable_is_told_both() -> None:
    assert codes("123456") == ["too_short", "common_password"]


def test_the_name_of_another_unit_is_no_context() -> None:
    password = "Quỳnh Lưu Hoàng Mai"
    assert codes(password) == []
    assert codes(password, context=["Huyện Quỳnh Lưu", "Thị xã Hoàng Mai"]) == ["context_word"]


def test_every_weakness_speaks_both_languages_and_never_repeats_the_password() -> None:
    for password in ("aaaaaaaaaaaaaaa", "matkhaumatkhau1", "passwordpassword", "qwertyuiopasdfg", "\x00", "Kx7mQ2"):
        for found in weaknesses(password, context=CONTEXT, second_factor=False):
            assert found.vi
            assert found.en
            assert found.vi != found.en
            assert password not in found.vi + found.en


class TestTheEstimate:
    def test_eight_random_letters_are_enough_and_seven_are_not(self) -> None:
        assert estimate("khjqwzxn", []).bits >= MIN_GUESS_BITS
        assert estimate("khjqwzx", []).bits < MIN_GUESS_BITS

    def test_a_complete_word_is_cheaper_than_its_beginning(self) -> None:
        assert estimate("anhyeuem", []).bits < estimate("anhyeue", []).bits

    def test_the_shipped_list_is_long_folded_and_ranked(self) -> None:
        ranks = common_passwords()
        assert len(ranks) >= 3000
        assert all(word.isascii() and word.isalnum() and word == word.lower() and len(word) >= 4 for word in ranks)
        assert ranks["123456"] == 1
        assert {"matkhau", "anhyeuem", "congan", "nghean", "motconvit"} <= ranks.keys()
        assert sorted(ranks.values()) == list(range(1, len(ranks) + 1))

    def test_the_empty_text_withstands_nothing(self) -> None:
        assert estimate("", []).bits == 0
