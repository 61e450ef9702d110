"""The two scripts by which docker-compose.yml starts Elasticsearch and asks its health."""

import base64
import shutil
import stat
from pathlib import Path

import pytest

from tests.servers.process import free_ports
from tests.support.shell import ROOT, ran
from tests.support.small_server import answering


def test_health_tells_password_and_readiness(tmp_path):
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed; the image of Elasticsearch has it")
    password = 'pa"r\\ola ș'
    (tmp_path / "secret").write_text(password + "\n")
    login = "Basic " + base64.b64encode(f"elastic:{password}".encode()).decode()
    script = ROOT / "deploy/elasticsearch/health.sh"

    def code(address: str, **variables: str) -> int:
        return ran(
            "/bin/bash", script, **{"PASSWORD_FILE": str(tmp_path / "secret"), "ADDRESS": address, **variables}
        ).returncode

    with answering("/_cluster/health?wait_for_status=yellow", login) as address:
        assert code(address) == 0
        (tmp_path / "other").write_text("other")
        assert code(address, PASSWORD_FILE=str(tmp_path / "other")) != 0
        assert code(f"http://127.0.0.1:{free_ports(1)[0]}") != 0
        assert code(f"{address}/elsewhere") != 0


def test_it_starts_with_settings_and_keystore_of_its_own(tmp_path):
    """The script against a home of the same shape: what the real programs would be given."""
    home = tmp_path / "home"
    (home / "bin").mkdir(parents=True)
    (home / "config/jvm.options.d").mkdir(parents=True)
    (home / "config/elasticsearch.yml").write_text("cluster.name: of-the-image\n")
    (home / "config/log4j2.properties").write_text("of the image\n")
    seen = tmp_path / "seen"
    for name, body in {
        "elasticsearch-keystore": f'echo "$@" >>{seen}; [ "$1" = add ] && cat >>{seen} && echo >>{seen}; exit 0',
        "elasticsearch": f'echo "started $ES_PATH_CONF" >>{seen}; env >{seen}.env',
    }.items():
        (home / "bin" / name).write_text(f"#!/bin/sh\n{body}\n")
        (home / "bin" / name).chmod(0o755)
    (tmp_path / "secret").write_text("parola-foarte-lunga\n")
    variables = {
        "ES_HOME": str(home),
        "PASSWORD_FILE": str(tmp_path / "secret"),
        "SETTINGS_FILE": str(ROOT / "deploy/elasticsearch/elasticsearch.yml"),
        "ES_PATH_CONF_TARGET": str(tmp_path / "config"),
    }
    for _ in range(2):
        done = ran("/bin/bash", ROOT / "deploy/elasticsearch/start.sh", **variables)
        assert done.returncode == 0, done.stderr
    once = [
        "create --silent",
        "add --stdin --force bootstrap.password",
        "parola-foarte-lunga",
        f"started {tmp_path / 'config'}",
    ]
    assert seen.read_text().splitlines() == once * 2
    assert "parola-foarte-lunga" not in Path(f"{seen}.env").read_text()
    settings = (tmp_path / "config/elasticsearch.yml").read_text()
    assert "xpack.security.enabled: true" in settings and "of-the-image" not in settings
    assert (tmp_path / "config/log4j2.properties").read_text() == "of the image\n"
    assert stat.S_IMODE((tmp_path / "config").stat().st_mode) & 0o077 == 0
