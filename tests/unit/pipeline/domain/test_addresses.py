import pytest

from pipeline.domain.addresses import without_password


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql+psycopg://opis:s3cret@db:5432/opis", "postgresql+psycopg://db:5432/opis"),
        ("postgresql+psycopg://opis:a@b@db/opis", "postgresql+psycopg://db/opis"),
        (
            "postgresql+psycopg:///opis?host=/run&password=x&port=1",
            "postgresql+psycopg:///opis?host=/run&password=…&port=1",
        ),
        ("elasticsearch+http://h:9200/opis", "elasticsearch+http://h:9200/opis"),
        ("s3://k:s@archive?endpoint=http://h:8333", "s3://archive?endpoint=http://h:8333"),
        ("s3://archive?endpoint=http://u:p@h:8333&region=a", "s3://archive?endpoint=http://h:8333&region=a"),
        ("s3://archive?secret_key=abc", "s3://archive?secret_key=…"),
        ("file:objects", "file:objects"),
    ],
)
def test_what_opens_the_door_is_not_shown(url: str, shown: str) -> None:
    assert without_password(url) == shown
