"""What the line alone answers, beside a web application that may run on the same machine."""

import json
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from opis.monitor import Monitor
from opis.serve import WebServer, port_beside
from opis.wiring import open_parts
from pipeline.domain.settings import Settings
from tests.servers.process import free_ports


@pytest.mark.parametrize(("port", "beside"), [(8000, 8001), (0, 0), (65535, 1), (65534, 65535)])
def test_the_port_beside(port: int, beside: int) -> None:
    assert port_beside(port) == beside


def get(address: str) -> tuple[int, str]:
    try:
        answer = urllib.request.urlopen(address, timeout=60)
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()
    return answer.status, answer.read().decode()


def test_health_and_numbers_but_no_pages(tmp_path: Path) -> None:
    parts = open_parts(Settings(tmp_path / "home", web_port=free_ports(1)[0]))
    monitor = Monitor(parts)
    web, line = WebServer(parts, monitor, needed=True), WebServer(parts, monitor, needed=False, pages=False)
    line.start()
    web.start()
    try:
        assert web.address == f"http://127.0.0.1:{parts.settings.web_port}", "the line never takes the web's port"
        assert line.address is not None
        assert get(f"{line.address}/health/live") == (200, "ok")
        status, told = get(f"{line.address}/health/ready")
        assert (status, json.loads(told)["parts"]["line"]["state"]) == (200, "down")
        assert "opis_build_info" in get(f"{line.address}/metrics")[1]
        assert get(f"{line.address}/")[0] == get(f"{line.address}/api/v1/loturi")[0] == 404
        assert get(f"{web.address}/")[0] == 200
        assert "opis_build_info" in get(f"{web.address}/metrics")[1]
    finally:
        web.stop()
        line.stop()
