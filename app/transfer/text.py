"""Bytes to text: one encoding, and every refusal says the place."""

from __future__ import annotations

import codecs
import re

from app.domain.errors import BadInput

LARGEST = 256 * 1024 * 1024  # bytes
_SIGNATURES = {
    b"\x1f\x8b": "compressed by gzip",
    b"BZh": "compressed by bzip2",
    b"\xfd7zXZ": "compressed by xz",
    b"\x28\xb5\x2f\xfd": "compressed by zstd",
    b"PK\x03\x04": "a ZIP archive",
    b"%PDF": "a PDF",
    b"\x7fELF": "a program",
    b"\x89PNG": "an image",
}
_OTHER_ENCODINGS = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}
# A surrogate is half a character: JSON may write two of them for one character, Turtle never writes one.
_HALF = re.compile(r"(?<!\\)(?:\\\\)*\\(?:u[dD][89a-fA-F][0-9a-fA-F]{2}|U0000[dD][89a-fA-F][0-9a-fA-F]{2})")
_LONE = re.compile(
    r"(?<!\\)(?:\\\\)*(?:\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F][0-9a-fA-F]{2})"
    r"|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2})"
)


def checked(content: bytes) -> bytes:
    """The content, unless it is too large or something that no form of ours is."""
    if len(content) > LARGEST:
        raise BadInput(f"The file has {len(content):,} bytes, more than the {LARGEST:,} that are read.")
    for signature, what in _SIGNATURES.items():
        if content.startswith(signature):
            raise BadInput(f"Byte 1: the file is {what}; it must be unpacked or converted before it is imported.")
    return content


def text_of(content: bytes) -> str:
    """The file as text; UTF-8 is the only encoding of all forms but RDF/XML, which names its own."""
    content = checked(content)
    for mark, name in _OTHER_ENCODINGS.items():
        if content.startswith(mark):
            raise BadInput(f"Byte 1: the file is encoded in {name}, not in UTF-8.")
    try:
        text = content.removeprefix(codecs.BOM_UTF8).decode()
    except UnicodeDecodeError as refused:
        line, column = _place(content, refused.start)
        found = f"byte {refused.start + 1:,} is 0x{content[refused.start]:02X}"
        raise BadInput(f"Line {line}, column {column}: the file is not encoded in UTF-8 ({found}).") from None
    if (nul := text.find("\0")) >= 0:
        raise BadInput(f"{at(text, nul)}: the file holds a NUL character, which no text may hold.")
    return text


def at(text: str, offset: int) -> str:
    """Where an offset is, as people count."""
    line, column = text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)
    return f"Line {line}, column {column}"


def without_half_characters(text: str, *, pairs: bool) -> str:
    """The text, unless an escape stands for half a character; where `pairs` are allowed, two may make one."""
    found = (_LONE if pairs else _HALF).search(text)
    if found is not None:
        raise BadInput(f"{at(text, found.end() - 1)}: an escape stands for half a character (a lone surrogate).")
    return text


def _place(content: bytes, offset: int) -> tuple[int, int]:
    start = content.rfind(b"\n", 0, offset) + 1
    return content.count(b"\n", 0, offset) + 1, len(content[start:offset].decode(errors="replace")) + 1
