"""The systemd units: systemd has no complaint, they are closed up, and what they start is understood."""

import shlex
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from tests.support.command_line import parsed

UNITS = Path(__file__).parents[3] / "deploy" / "systemd"
INSTALLED = "/opt/opis/.venv/bin/"
NAMES = ["opis.service", "opis-worker@.service", "opis-scheduler.service"]
_SERVICE = """
Type User Group Environment EnvironmentFile WorkingDirectory ExecStart Restart RestartSec
RestartPreventExitStatus KillMode TimeoutStopSec OOMPolicy MemoryMax TasksMax LimitCORE LimitNOFILE UMask
StateDirectory StateDirectoryMode ReadWritePaths NoNewPrivileges CapabilityBoundingSet AmbientCapabilities
ProtectSystem ProtectHome PrivateTmp PrivateDevices PrivateIPC ProtectClock ProtectControlGroups
ProtectHostname ProtectKernelLogs ProtectKernelModules ProtectKernelTunables ProtectProc LockPersonality
RemoveIPC RestrictAddressFamilies RestrictNamespaces RestrictRealtime RestrictSUIDSGID
SystemCallArchitectures SystemCallFilter SystemCallErrorNumber
"""
KNOWN = {
    "Unit": {"Description", "Documentation", "Wants", "After", "RequiresMountsFor"},
    "Install": {"WantedBy"},
    "Service": set(_SERVICE.split()),
}
"""as systemd.unit(5), systemd.service(5), systemd.exec(5) and systemd.resource-control(5) of version 252 name them"""
CLOSED = {
    "User": "opis",
    "Restart": "on-failure",
    "LimitCORE": "0",
    "NoNewPrivileges": "yes",
    "CapabilityBoundingSet": "",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "PrivateDevices": "yes",
    "RestrictSUIDSGID": "yes",
    "SystemCallFilter": "@system-service",
}
WORST_EXPOSURE = 2.5
"""of 10, as systemd-analyze counts"""

Unit = dict[str, dict[str, list[str]]]


def read(path: Path) -> Unit:
    """Section → directive → its values, in order; a directive that is no directive is an error."""
    unit: Unit = defaultdict(lambda: defaultdict(list))
    section = ""
    for line in path.read_text(encoding="utf-8").replace("\\\n", " ").splitlines():
        if not line.strip() or line.startswith(("#", ";")):
            continue
        if line.startswith("["):
            section = line.strip("[]")
            continue
        name, equals, value = line.partition("=")
        assert equals and section, line
        unit[section][name].append(value.strip())
    return unit


def test_these_and_no_others():
    assert sorted(path.name for path in UNITS.glob("*.service")) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_directive_is_one(name):
    unit = read(UNITS / name)
    assert set(unit) == set(KNOWN)
    for section, directives in unit.items():
        assert set(directives) - KNOWN[section] == set()
    many = {key for key, values in unit["Service"].items() if len(values) > 1}
    assert many <= {"Environment"}, "the later one would win in silence"


@pytest.mark.parametrize("name", NAMES)
def test_closed_up(name):
    service = read(UNITS / name)["Service"]
    assert {key: service[key][-1] for key in CLOSED} == CLOSED
    assert service["MemoryMax"][0] and service["TasksMax"][0]
    own = f"/var/lib/{service['StateDirectory'][0]}"
    assert service["WorkingDirectory"] == service["ReadWritePaths"] == [own]


def test_what_a_page_may_do_to_its_process_does_not_stop_the_unit():
    for name in ("opis.service", "opis-worker@.service"):
        service = read(UNITS / name)["Service"]
        assert service["OOMPolicy"] == ["continue"]
        assert set(service["RestrictNamespaces"][0].split()) == {"user", "net"}


def test_what_they_start_is_understood():
    line = command("opis.service")
    assert parsed(line[1:]) == "run" and line[0] == f"{INSTALLED}opis"
    worker = command("opis-worker@.service")
    assert parsed(worker[1:]) == "worker" and worker[0] == f"{INSTALLED}opis"


def test_the_scheduler_takes_its_options():
    from distributed.cli.dask_scheduler import main

    program, *rest = command("opis-scheduler.service")
    assert program == f"{INSTALLED}python" and rest[:2] == ["-m", "distributed.cli.dask_scheduler"]
    assert rest[-1] == "$OPIS_SCHEDULER_TLS"
    values = main.make_context("scheduler", rest[2:-1]).params
    assert (values["port"], values["dashboard"], values["dashboard_address"]) == ("8786", False, "127.0.0.1:8787")
    variables = environment("opis-scheduler.service")
    assert variables["OPIS_SCHEDULER_HOST"] == "tcp://127.0.0.1", "nobody else reaches it unless somebody says so"
    assert variables["DASK_DISTRIBUTED__SCHEDULER__HTTP__ROUTES"] == '["distributed.http.health"]'


def test_homes_are_where_they_may_write():
    for name in ("opis.service", "opis-worker@.service"):
        assert environment(name)["OPIS_HOME"] == read(UNITS / name)["Service"]["ReadWritePaths"][0]


def command(name: str) -> list[str]:
    return shlex.split(read(UNITS / name)["Service"]["ExecStart"][0])


def environment(name: str) -> dict[str, str]:
    words = [word for value in read(UNITS / name)["Service"]["Environment"] for word in shlex.split(value)]
    return dict(word.split("=", 1) for word in words)


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The units as on a machine that has the programs: systemd looks whether they are there."""
    for name in NAMES:
        text = (UNITS / name).read_text(encoding="utf-8").replace(INSTALLED, f"{Path(sys.executable).parent}/")
        (tmp_path / name.replace("@", "@1")).write_text(text, encoding="utf-8")
    return tmp_path


def analyze(*arguments: object) -> str:
    """What systemd says; empty when it has no complaint."""
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is not installed")
    done = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, timeout=60)
    return done.stderr + done.stdout


def test_systemd_has_no_complaint(installed):
    assert analyze("verify", "--man=no", *sorted(installed.iterdir())) == ""


def test_systemd_would_complain(installed):
    unit = installed / "opis.service"
    unit.write_text(unit.read_text(encoding="utf-8").replace("ProtectHome", "ProtectHouse"), encoding="utf-8")
    assert "ProtectHouse" in analyze("verify", "--man=no", unit)


@pytest.mark.parametrize("name", NAMES)
def test_exposure(installed, name):
    told = analyze("security", "--offline=true", "--no-pager", installed / name.replace("@", "@1"))
    level = next(line for line in told.splitlines() if "Overall exposure level" in line)
    assert float(level.partition(": ")[2].split()[0]) <= WORST_EXPOSURE
