"""The test server is what it says: on loopback only, with two identities."""

import psutil
import pytest
from minio import Minio
from minio.error import S3Error

from tests.servers.plugin import shared_server
from tests.servers.process import LOOPBACK
from tests.servers.seaweed import SeaweedServer


@pytest.fixture
def server() -> SeaweedServer:
    return shared_server(SeaweedServer)


def test_it_listens_on_loopback_and_nowhere_else(server: SeaweedServer):
    opened = [one for one in psutil.Process(server.pid).net_connections("tcp") if one.status == psutil.CONN_LISTEN]
    assert {one.laddr.ip for one in opened} == {LOOPBACK}
    assert {one.laddr.port for one in opened} == set(server.ports)


def test_a_stranger_opens_no_bucket_of_the_tests(server: SeaweedServer):
    server.bucket_url("unit-seaweed")
    access, secret = server.stranger_environment.values()
    stranger = Minio(f"{LOOPBACK}:{server.port}", access, secret, secure=False, region="us-east-1")
    with pytest.raises(S3Error, match="AccessDenied"):
        list(stranger.list_objects("unit-seaweed"))
