"""What an s3 URL may say, and that none of its errors shows a password."""

from pathlib import Path

import pytest

from pipeline.domain.errors import ConfigurationError
from storage.objects.s3_address import Retention, parse_address

PLAIN = "s3://opis-bucket?endpoint=http://127.0.0.1:8333"


def test_the_least_that_must_be_said():
    address = parse_address(PLAIN)
    assert (address.bucket, address.prefix, address.host, address.secure) == (
        "opis-bucket",
        "",
        "127.0.0.1:8333",
        False,
    )
    assert (address.region, address.lock_required, address.retention) == ("us-east-1", False, None)
    assert address.conditional
    assert address.credentials is None


def test_all_that_may_be_said(tmp_path: Path):
    authority = tmp_path / "ca.pem"
    authority.write_text("x")
    address = parse_address(
        f"s3://user:p%40ss@b.ucket/a/b%C4%83/?endpoint=https://s3.example.ro&region=eu-1&ca={authority}"
        "&lock=required&retention=compliance:3650&conditional=no"
    )
    assert (address.bucket, address.prefix, address.host, address.secure) == ("b.ucket", "a/bă/", "s3.example.ro", True)
    assert (address.region, address.ca, address.lock_required) == ("eu-1", authority, True)
    assert address.retention == Retention("COMPLIANCE", 3650)
    assert not address.conditional
    assert address.credentials is not None
    assert (address.credentials.access_key, address.credentials.secret_key) == ("user", "p@ss")
    assert "p@ss" not in repr(address)
    assert "p%40ss" not in repr(address)
    assert "user" not in repr(address)


def test_days_alone_are_governance():
    assert parse_address(f"{PLAIN}&retention=30").retention == Retention("GOVERNANCE", 30)


@pytest.mark.parametrize(
    ("url", "named"),
    [
        ("s3://?endpoint=http://h", "bucket"),
        ("s3://ab?endpoint=http://h", "bucket"),
        ("s3://UPPER?endpoint=http://h", "bucket"),
        ("s3://a..b?endpoint=http://h", "bucket"),
        ("s3://bucket", "endpoint"),
        ("s3://bucket?endpoint=", "endpoint"),
        ("s3://bucket?endpoint=127.0.0.1:8333", "endpoint"),
        ("s3://bucket?endpoint=ftp://h", "endpoint"),
        ("s3://bucket?endpoint=http://h:99999", "endpoint"),
        ("s3://bucket?endpoint=http://h/path", "endpoint"),
        ("s3://bucket?endpoint=http://u:secret@h", "endpoint"),
        (f"{PLAIN}&endpoint=http://other", "endpoint is given twice"),
        (f"{PLAIN}&regoin=x", "'regoin' is no parameter"),
        (f"{PLAIN}&region=a%20b", "region"),
        (f"{PLAIN}&lock=maybe", "lock"),
        (f"{PLAIN}&conditional=yes", "conditional"),
        (f"{PLAIN}&retention=0", "retention"),
        (f"{PLAIN}&retention=forever", "retention"),
        (f"{PLAIN}&ca=/somewhere.pem", "ca is of use only with an https"),
        ("s3://bucket?endpoint=https://h&ca=relative.pem", "ca: an absolute path"),
        ("s3://bucket/.opis?endpoint=http://h", "prefix"),
        ("s3://bucket/a//b?endpoint=http://h", "prefix"),
        (f"s3://bucket/{'x' * 201}?endpoint=http://h", "prefix"),
        ("s3://user@bucket?endpoint=http://h", "USER:PASSWORD"),
        ("s3://:secret@bucket?endpoint=http://h", "USER:PASSWORD"),
        (f"{PLAIN}#fragment", "#"),
    ],
)
def test_what_is_wrong_is_named_without_secrets(url: str, named: str):
    with pytest.raises(ConfigurationError) as caught:
        parse_address(url)
    assert named in str(caught.value)
    assert "secret" not in str(caught.value)
