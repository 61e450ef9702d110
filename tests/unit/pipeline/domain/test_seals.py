import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.domain.seals import seal_holds, sealed

RECORD = b'{"state":1,"batch":{"id":"ab","source":"\xc8\x99.pdf"}}'


def test_a_sealed_record_is_json_with_all_that_it_had():
    record = json.loads(sealed(RECORD))
    assert len(record.pop("seal")) == 64
    assert record == json.loads(RECORD)
    assert seal_holds(sealed(RECORD)) is True


@given(st.integers(0, len(sealed(RECORD)) * 8 - 1))
def test_no_flipped_bit_is_missed(bit):
    data = bytearray(sealed(RECORD))
    data[bit // 8] ^= 1 << (bit % 8)
    assert not seal_holds(bytes(data))


def test_what_was_never_sealed_says_nothing():
    assert seal_holds(RECORD) is None
    with pytest.raises(ValueError, match="sealed"):
        sealed(b"[]")
