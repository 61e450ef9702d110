"""Where the keys are found, in which order, and that no error shows them."""

from pathlib import Path

import pytest

from pipeline.domain.errors import PartUnfit
from storage.objects.s3_address import Credentials, parse_address
from storage.objects.s3_credentials import find_credentials

URL = "s3://bucket?endpoint=http://127.0.0.1:1"
PLAIN = parse_address(URL)


@pytest.mark.parametrize(
    "names",
    [
        ("OPIS_S3_ACCESS_KEY", "OPIS_S3_SECRET_KEY"),
        ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
        ("MINIO_ACCESS_KEY", "MINIO_SECRET_KEY"),
        ("MINIO_ROOT_USER", "MINIO_ROOT_PASSWORD"),
    ],
)
def test_from_variables_and_from_files_that_variables_name(names: tuple[str, str], tmp_path: Path):
    assert find_credentials(PLAIN, dict(zip(names, ("a", "b"), strict=True))) == Credentials("a", "b")
    for name, value in zip(names, ("fa", "fb"), strict=True):
        (tmp_path / name).write_text(f"{value}\n")
    files = {f"{name}_FILE": str(tmp_path / name) for name in names}
    assert find_credentials(PLAIN, files) == Credentials("fa", "fb")


def test_a_session_token_goes_with_its_keys():
    env = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_SESSION_TOKEN": "t"}
    assert find_credentials(PLAIN, env) == Credentials("a", "b", "t")


def test_the_url_goes_before_opis_and_opis_before_the_others():
    env = {
        "OPIS_S3_ACCESS_KEY": "o",
        "OPIS_S3_SECRET_KEY": "p",
        "AWS_ACCESS_KEY_ID": "a",
        "AWS_SECRET_ACCESS_KEY": "b",
    }
    assert find_credentials(parse_address(URL.replace("bucket", "u:v@bucket")), env) == Credentials("u", "v")
    assert find_credentials(PLAIN, env) == Credentials("o", "p")


def test_the_file_of_the_aws_tools(tmp_path: Path):
    file = tmp_path / "credentials"
    file.write_text(
        "[default]\naws_access_key_id = a\naws_secret_access_key = 100%sure\n"
        "[archive]\naws_access_key_id = c\naws_secret_access_key = d\naws_session_token = t\n"
    )
    env = {"AWS_SHARED_CREDENTIALS_FILE": str(file)}
    assert find_credentials(PLAIN, env) == Credentials("a", "100%sure")
    assert find_credentials(PLAIN, {**env, "AWS_PROFILE": "archive"}) == Credentials("c", "d", "t")
    (tmp_path / ".aws").mkdir()
    file.rename(tmp_path / ".aws" / "credentials")
    assert find_credentials(PLAIN, {"HOME": str(tmp_path)}) == Credentials("a", "100%sure")


def test_none_half_a_pair_and_files_that_cannot_be_read(tmp_path: Path):
    broken = tmp_path / "broken"
    broken.write_text("aws_secret_access_key hushhush\n")
    cases = {
        "no credentials": {"HOME": str(tmp_path)},
        "AWS_SECRET_ACCESS_KEY is not set": {"AWS_ACCESS_KEY_ID": "hushhush"},
        "MINIO_ROOT_USER is not set": {"MINIO_ROOT_PASSWORD": "hushhush"},
        "OPIS_S3_ACCESS_KEY_FILE cannot be read": {"OPIS_S3_ACCESS_KEY_FILE": str(tmp_path / "none")},
        "MissingSectionHeaderError": {"AWS_SHARED_CREDENTIALS_FILE": str(broken)},
    }
    for named, env in cases.items():
        with pytest.raises(PartUnfit) as caught:
            find_credentials(PLAIN, env)
        assert named in str(caught.value)
        assert "s3://bucket" in str(caught.value)
        assert "hushhush" not in str(caught.value) + caught.value.advice
        assert "S3" in caught.value.advice


def test_no_repr_shows_them():
    assert "hush" not in repr(Credentials("hush", "hush", "hush"))
