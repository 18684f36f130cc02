"""Texts that say the same with other accents, capitals or punctuation are one key."""

from typing import Any

from sqlalchemy import ColumnElement, String, Text, cast, func, literal_column

from app.statistics.declarations import Column


def folded_key(column: Column) -> ColumnElement[Any]:
    """A short name for what ``column`` says, accents, capitals and punctuation aside; null for nothing said.

    "Chưa đạt chỉ tiêu." and "chưa đạt  chỉ tiêu" are one key. Made by the database, which knows no ICU and perhaps no
    Vietnamese capitals: letters are first taken apart from their marks.
    """
    apart = func.normalize(func.translate(column, "đĐ", "dd"), literal_column("NFD"))
    plain = func.regexp_replace(func.lower(apart), "[\u0300-\u036f]+", "", "g")
    words = func.btrim(func.regexp_replace(plain, "[^a-z0-9]+", " ", "g"))
    named = func.encode(func.sha256(func.convert_to(func.nullif(words, ""), "UTF8")), "hex")
    return cast(func.left(cast(named, Text), 16), String)
