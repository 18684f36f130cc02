"""Vietnamese in the encodings of before Unicode, for files of the tests: TCVN3 and VNI, one letter a byte.

The tables are those of the standards (TCVN 5712:1993, VNI for Windows), written out here apart from the library that
reads them.
"""

import unicodedata

_TCVN3 = dict(
    zip(
        "ĂÂÊÔƠƯĐăâêôơưđàảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ",
        "\xa1\xa2\xa3\xa4\xa5\xa6\xa7\xa8\xa9\xaa\xab\xac\xad\xae"
        "\xb5\xb6\xb7\xb8\xb9\xbb\xbc\xbd\xbe\xc6\xc7\xc8\xc9\xca\xcb\xcc\xce\xcf\xd0\xd1\xd2\xd3\xd4\xd5\xd6"
        "\xd7\xd8\xdc\xdd\xde\xdf\xe1\xe2\xe3\xe4\xe5\xe6\xe7\xe8\xe9\xea\xeb\xec\xed\xee"
        "\xef\xf1\xf2\xf3\xf4\xf5\xf6\xf7\xf8\xf9\xfa\xfb\xfc\xfd\xfe",
        strict=True,
    )
)
_VNI_TONES = {"\u0300": "\xf8", "\u0301": "\xf9", "\u0309": "\xfb", "\u0303": "\xf5", "\u0323": "\xef"}
_VNI_CIRCUMFLEX = {"": "\xe2", "\u0300": "\xe0", "\u0301": "\xe1", "\u0309": "\xe5", "\u0303": "\xe3", "\u0323": "\xe4"}
_VNI_BREVE = {"": "\xea", "\u0300": "\xe8", "\u0301": "\xe9", "\u0309": "\xfa", "\u0303": "\xfc", "\u0323": "\xeb"}
_VNI_I = {"\u0300": "\xec", "\u0301": "\xed", "\u0309": "\xe6", "\u0303": "\xf3", "\u0323": "\xf2"}


def tcvn3(text: str) -> str:
    """``text`` as TCVN3 shows it to who takes its bytes for Latin-1. Capitals with a tone are written small."""
    letters = []
    for letter in unicodedata.normalize("NFC", text):
        if letter.isascii():
            letters.append(letter)
        else:
            letters.append(_TCVN3.get(letter) or _TCVN3[letter.lower()])
    return "".join(letters)


def vni(text: str) -> str:
    """``text`` as VNI shows it to who takes its bytes for Latin-1."""
    return "".join(_vni(letter) for letter in unicodedata.normalize("NFC", text))


def _vni(letter: str) -> str:
    if letter.isascii():
        return letter
    if letter in "đĐ":
        return "\xf1" if letter == "đ" else "\xd1"
    base, *marks = list(unicodedata.normalize("NFD", letter))
    tone = next((mark for mark in marks if mark in _VNI_TONES), "")
    if "\u031b" in marks:
        base = {"o": "\xf4", "O": "\xd4", "u": "\xf6", "U": "\xd6"}[base]
        sign = _VNI_TONES.get(tone, "")
    elif "\u0302" in marks:
        sign = _VNI_CIRCUMFLEX[tone]
    elif "\u0306" in marks:
        sign = _VNI_BREVE[tone]
    elif base in "iI":
        return _VNI_I[tone] if base == "i" else _VNI_I[tone].upper()
    elif base in "yY" and tone == "\u0323":
        return "\xee" if base == "y" else "\xce"
    else:
        sign = _VNI_TONES[tone]
    return base + (sign.upper() if base.isupper() else sign)
