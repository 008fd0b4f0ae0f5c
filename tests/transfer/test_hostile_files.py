"""Whatever a file holds, its refusal is one sentence with the place; nothing is fetched, and nothing is stored."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from rdflib import OWL, RDF, RDFS

from app.domain.errors import BadInput
from app.transfer.files import Form, form_of, read
from tests.transfer.hostile_files import HOSTILE

ALONE = """
import resource, sys

def refuse(event, arguments):
    if event.startswith("socket.") or event.startswith("urllib.") or event in {"subprocess.Popen", "os.system", "os.exec"}:
        print("FETCHED", event, arguments, flush=True)
        sys.exit(3)

from app.transfer.files import Form, read
from app.domain.errors import BadInput
from tests.transfer.hostile_files import HOSTILE

before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
sys.addaudithook(refuse)
for name, case in HOSTILE.items():
    try:
        read(case.content, case.form)
    except BadInput:
        continue
    print("ACCEPTED", name, flush=True)
grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024
print("GREW", grown if grown > 400 else "little")
"""


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_file_is_refused_in_one_sentence_that_says_the_place(case: str):
    hostile = HOSTILE[case]
    with pytest.raises(BadInput) as refused:
        read(hostile.content, hostile.form)
    message = refused.value.message
    assert hostile.said in message
    assert message.startswith(hostile.place)
    assert "\n" not in message
    assert len(message) < 400
    assert "Traceback" not in message
    assert "rdflib" not in message


def test_no_hostile_file_opens_a_socket_starts_a_process_or_takes_much_memory():
    ended = subprocess.run([sys.executable, "-c", ALONE], capture_output=True, text=True, check=False, timeout=300)
    assert (ended.stdout.split(), ended.returncode) == (["GREW", "little"], 0), ended.stderr[-2_000:]


@pytest.mark.parametrize(
    ("ending", "head", "form"),
    [
        (".owl", b"<?xml version='1.0'?><rdf:RDF>", Form.RDF_XML), (".owl", b"\n<rdf:RDF xmlns='a'>", Form.RDF_XML),
        (".owl", b"@prefix a: <b:c> .", Form.TURTLE), (".owl", b"<http://a.example/a> a <b:c> .", Form.TURTLE),
        (".rdf", b"<!DOCTYPE rdf:RDF [", Form.RDF_XML), (".rdf", b"# a comment", Form.TURTLE), (".OWL", b"<!-- a --><rdf:RDF>", Form.RDF_XML),
        (".jsonld", b"{}", Form.JSON_LD), (".nt", b"", Form.N_TRIPLES), (".pdf", b"", None),
    ],
)  # fmt: skip
def test_an_ending_that_stands_for_two_forms_is_told_apart_by_how_the_file_begins(ending: str, head: bytes, form: Form | None):
    assert form_of(ending, head) is form


def test_internal_entities_are_read_as_editors_write_them():
    text = """<?xml version="1.0"?>
<!DOCTYPE rdf:RDF [<!ENTITY owl "http://www.w3.org/2002/07/owl#"> <!ENTITY o "https://example.org/o#">]>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:owl="&owl;" xml:base="https://example.org/o">
  <owl:Class rdf:about="&o;Person"/>
</rdf:RDF>"""
    made = read(text.encode(), Form.RDF_XML)
    assert [each.fields["apiName"] for each in made.operations] == ["Person", "iri"]


LABELLED = {
    Form.TURTLE: '<a:A> a <OWLClass> ; <RDFSlabel> "TEXT" .',
    Form.N_QUADS: '<a:A> <RDFtype> <OWLClass> .\n<a:A> <RDFSlabel> "TEXT" <a:g> .',
    Form.JSON_LD: '{"@id": "a:A", "@type": "OWLClass", "RDFSlabel": "TEXT"}',
    Form.RDF_XML: '<r:RDF xmlns:r="RDF" xmlns:o="OWL" xmlns:s="RDFS"><o:Class r:about="a:A"><s:label>TEXT</s:label></o:Class></r:RDF>',
}


@pytest.mark.parametrize("form", LABELLED)
def test_one_text_of_many_megabytes_is_shortened_and_listed(form: Form):
    text = LABELLED[form].replace("TEXT", "a" * (8 * 1024 * 1024))
    for name, namespace in (("RDFS", RDFS), ("RDF", RDF), ("OWL", OWL)):
        text = re.sub(rf"{name}(?=[\"a-zC])", str(namespace), text)
    made = read(text.encode(), form)
    assert len(made.operations[0].fields["displayName"]) == 200
    assert re.search("longer than 200 characters", made.receipt.lines[-1].sentence)


def test_markup_in_a_literal_is_text_and_never_parsed():
    bomb = '<!DOCTYPE a [<!ENTITY x SYSTEM \\"file:///etc/passwd\\">]><a>&x;</a>'
    turtle = f'<a:A> a <http://www.w3.org/2002/07/owl#Class> ; <a:note> "{bomb}"^^<http://www.w3.org/1999/02/22-rdf-syntax-ns#XMLLiteral> .'
    made = read(turtle.encode(), Form.TURTLE)
    assert made.operations[0].fields["annotations"]["a:note"] == [{"text": bomb.replace("\\", "")}]
