"""The contract matrix in docs is that of the tests."""

import pytest

from tests.servers.matrix import PAGE, cell_of, collected, page


def test_the_page_is_what_the_contract_tests_are():
    wanted = page(collected())
    assert PAGE.read_text(encoding="utf-8") == wanted, "run: python -m tests.servers.matrix"
    for port in ("objects", "catalog", "index", "workers"):
        (head,) = [part for part in wanted.split("\n## ") if part.startswith(port)]
        assert "| — |" not in head, f"a check of {port} does not run on every adapter"


@pytest.mark.parametrize(
    ("test", "cell"),
    [
        ("tests/contracts/test_objects.py::test_a_b[folder]", ("objects", "a_b", "folder")),
        ("tests/contracts/test_objects.py::test_a[seaweedfs-by-turns]", ("objects", "a", "seaweedfs-by-turns")),
        ("tests/contracts/test_catalog_line.py::test_a[sqlite-renew]", ("catalog", "a", "sqlite")),
        ("tests/contracts/test_catalog_copying.py::test_a[sqlite-to-postgresql]", None),
        ("tests/contracts/test_index.py::test_a", None),
    ],
)
def test_where_a_test_belongs(test, cell):
    assert cell_of(test) == cell
