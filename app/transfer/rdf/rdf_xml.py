"""RDF/XML: internal entities as editors write them, within bounds; nothing external, whatever names it."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any, NoReturn
from xml.sax import SAXException, SAXParseException
from xml.sax.expatreader import ExpatParser
from xml.sax.handler import ErrorHandler, feature_external_ges, feature_external_pes, feature_namespaces
from xml.sax.xmlreader import InputSource

from rdflib.exceptions import Error
from rdflib.plugins.parsers.rdfxml import RDFXMLHandler

from app.domain.errors import BadInput
from app.domain.gauge import add, begin
from app.transfer.rdf.syntax import BASE
from app.transfer.text import checked

if TYPE_CHECKING:
    from app.transfer.rdf.statements import Statements

DEEPEST = 500  # elements
PREFIXES = 1_000  # in force at one place
ENTITIES = 1_000
ENTITY = 2_048  # characters of one entity
_GROWTH, _AT_LEAST = 10, 1024 * 1024  # how much longer entities may make a file, and what is always allowed
_NO_RDF = "this is XML, and not RDF/XML"
_BUFFER = 1024 * 1024  # characters: the library joins what comes in pieces, which takes the square of their number


def rdf_xml(content: bytes, statements: Statements) -> None:
    """Read the file's own encoding; BadInput says line and column."""
    source = InputSource(BASE)
    source.setByteStream(BytesIO(checked(content)))
    parser = _Parser()
    begin("PARSE", len(content), "bytes")
    handler = _Handler(statements, max(_AT_LEAST, _GROWTH * len(content)))
    parser.setContentHandler(handler)
    parser.setErrorHandler(ErrorHandler())
    parser.setFeature(feature_namespaces, 1)
    parser.setFeature(feature_external_ges, 0)
    parser.setFeature(feature_external_pes, 0)
    try:
        parser.parse(source)
    except SAXParseException as refused:
        raise BadInput(
            f"Line {refused.getLineNumber()}, column {(refused.getColumnNumber() or 0) + 1}: this is not XML: {refused.getMessage()}."
        ) from None
    except (_Refused, Error, SAXException, ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError) as refused:
        # The library refuses what is XML and not RDF in many ways; a plain LookupError is of an encoding.
        reason = str(refused) if isinstance(refused, _Refused) or type(refused) is LookupError else _NO_RDF
        raise BadInput(f"{parser.place()}: {reason}.") from None


class _Refused(Exception):
    """A bound of ours; the message says which."""


class _Parser(ExpatParser):
    """expat with bounds on what a document type may declare."""

    def reset(self) -> None:
        super().reset()
        self._declared = 0
        expat: Any = self._parser  # type: ignore[attr-defined]  # the stubs do not know it
        expat.buffer_size = _BUFFER
        expat.EntityDeclHandler = self._entity
        expat.ExternalEntityRefHandler = self._external
        expat.SetParamEntityParsing(0)  # parameter entities are what makes a document type a program

    def feed(self, data: Any, isFinal: bool = False) -> None:  # noqa: FBT001, FBT002, N803 - the library's signature
        super().feed(data, isFinal)
        add(len(data))

    def place(self) -> str:
        """Where the parser is."""
        return f"Line {self.getLineNumber()}, column {(self.getColumnNumber() or 0) + 1}"

    def _entity(self, name: str, is_parameter: int, value: str | None, *_: Any) -> None:
        self._declared += 1
        if value is None:
            raise _Refused(f"the entity {name[:100]!r} stands for another file, and nothing is fetched")
        if is_parameter:
            raise _Refused(f"the parameter entity {name[:100]!r} is not allowed")
        if self._declared > ENTITIES or len(value) > ENTITY:
            raise _Refused(f"a document type has up to {ENTITIES:,} entities of up to {ENTITY:,} characters")
        if "&" in value:
            raise _Refused(f"the entity {name[:100]!r} is made of other entities, which is not allowed")

    def _external(self, *_: Any) -> NoReturn:
        raise _Refused("an entity stands for another file, and nothing is fetched")


class _Handler(RDFXMLHandler):
    """The library's reading of RDF/XML, within bounds."""

    def __init__(self, statements: Statements, longest: int) -> None:
        super().__init__(statements)  # type: ignore[arg-type]  # stands where a graph does
        self._longest = longest
        self._read = 0

    def startPrefixMapping(self, prefix: str | None, namespace: str) -> None:  # noqa: N802 - SAX's name
        if len(self._ns_contexts) > PREFIXES:
            raise _Refused(f"more than {PREFIXES:,} prefixes are in force at once")
        super().startPrefixMapping(prefix, namespace)

    def startElementNS(self, name: Any, qname: Any, attrs: Any) -> None:  # noqa: N802 - SAX's name
        if len(self.stack) > DEEPEST:
            raise _Refused(f"elements are nested more than {DEEPEST} deep")
        if not name[0]:
            raise _Refused(_NO_RDF)
        self._count(sum(len(value) for value in attrs.values()))
        super().startElementNS(name, qname, attrs)

    def characters(self, content: str) -> None:
        self._count(len(content))
        super().characters(content)

    def _count(self, more: int) -> None:
        self._read += more
        if self._read > self._longest:
            raise _Refused(f"entities make the file more than {_GROWTH} times as long as it is")
