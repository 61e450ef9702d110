"""Payload vectors: what is obeyed, what is held, what is content."""

import pytest

from pipeline.domain.payload import Payload, PayloadKind, claims_to_be_ours, make_payload, parse_payload
from pipeline.domain.registry import RegistryNumber

VALID = {
    "OPIS1:D:PS3:RG:2021:156746:4:E": (PayloadKind.DOCUMENT, RegistryNumber("RG", 2021, "156746"), 4),
    "OPIS1:D:PS3:::::H": (PayloadKind.DOCUMENT, None, None),
    "OPIS1:D:PS3:RG:2021:48213::A": (PayloadKind.DOCUMENT, RegistryNumber("RG", 2021, "48213"), None),
    "OPIS1:B:PS3:RG:2021:17:32:F": (PayloadKind.BATCH_SLIP, RegistryNumber("RG", 2021, "17"), 32),
    "OPIS1:E:PS3:RG:2021:17:32:U": (PayloadKind.BATCH_END, RegistryNumber("RG", 2021, "17"), 32),
    "OPIS1:A:PS3:RG:2021:156746:2:P": (PayloadKind.ANNEX, RegistryNumber("RG", 2021, "156746"), 2),
    "OPIS1:D:PMT:CAB-1:2019:13956/CP:1:T": (PayloadKind.DOCUMENT, RegistryNumber("CAB-1", 2019, "13956/CP"), 1),
    "OPIS1:D:DEMO:RG:2026:1.665:12:G": (PayloadKind.DOCUMENT, RegistryNumber("RG", 2026, "1.665"), 12),
}
HELD = [
    "OPIS1:D:PS3:RG:2021:156746:4:A",
    "OPIS1:X:PS3:RG:2021:1:1:9",
    "OPIS1:F:PS3:RG:2021:1:1:4",
    "OPIS1:D:PS3:156746/2021",
    "OPIS1:D:PS3:RG:2021:156746:4:E:9",
    "opis1:d:ps3:rg:2021:156746:4:e",
    "OPIS2:D:PS3:RG:2021:156746:4:E",
    "OPIS1:D:PS3:RG::156746:4:L",
    "OPIS1:D:PS3:RG:21:156746:4:Z",
    "OPIS1:D:PS3:RG:2021:15 6746:4:E",
    "OPIS1:D:PS3:REGISTRU-GENERAL:2021:1:1:K",
    "OPIS",
    "OPIS1:D:PS3:RG:2021:156746:4:E\n",
    "OPIS1:D:PS3:RG:２０２１:156746:4:E",
]


@pytest.mark.parametrize("text", VALID)
def test_valid(text):
    payload = parse_payload(text)
    assert payload is not None
    assert (payload.kind, payload.number, payload.count) == VALID[text]
    assert make_payload(payload.kind, payload.institution, payload.number, payload.count) == text


@pytest.mark.parametrize("text", HELD)
def test_held(text):
    assert parse_payload(text) is None
    assert claims_to_be_ours(text)


@pytest.mark.parametrize("text", ["PATCHT", "5941234567899", "opis.example", "", "XOPIS1:D", "OPISUL 3"])
def test_content(text):
    assert parse_payload(text) is None
    assert not claims_to_be_ours(text)


def test_a_payload_that_does_not_fit_is_not_made():
    with pytest.raises(ValueError):
        make_payload(PayloadKind.DOCUMENT, "PS3", RegistryNumber("REGISTRU-GENERAL", 2021, "1"), 1)
    with pytest.raises(ValueError):
        make_payload(PayloadKind.DOCUMENT, "PRIMARIA-123", RegistryNumber("REG-NUMBER-1", 2021, "1" * 20), 100)
    with pytest.raises(ValueError):
        make_payload(PayloadKind.BATCH_SLIP, "PS3", None, 3)


def test_payload_is_a_value():
    assert Payload(PayloadKind.ANNEX, "X", None, None) == Payload(PayloadKind.ANNEX, "X", None, None)
