"""What docker-compose.yml and the Dockerfile tell the application: every key is known, every command is understood."""

import re
from pathlib import Path
from typing import Any

import click
import pytest

from deploy.image_check import dockerfile
from opis.config import load_settings
from tests.servers.plugin import covering
from tests.support import compose
from tests.support.command_line import parsed

ROOT = compose.ROOT
OWN = {
    "volumes": (),
    "init": ("init",),
    "web": ("run",),
    "line": ("run",),
    "scheduler": (),
    "worker": ("worker",),
}


@pytest.fixture
def services() -> dict[str, Any]:
    with covering("Compose loader"):
        found: dict[str, Any] = compose.load()["services"]
    return {name: service for name, service in found.items() if service["image"].startswith("opis:")}


def test_every_key_of_the_application_is_known(services, tmp_path):
    assert set(services) == set(OWN)
    for name, service in services.items():
        variables = {**(service.get("environment") or {})}
        if "OPIS_CONFIG" in variables:
            target = service["configs"][0]["target"]
            assert variables["OPIS_CONFIG"] == target
            variables["OPIS_CONFIG"] = str(ROOT / "deploy" / "opis.toml")
        settings = load_settings(None, tmp_path, variables)
        for key in ("objects", "catalog", "index"):
            wanted = variables.get(f"OPIS_{key.upper()}__URL")
            assert wanted is None or getattr(settings, f"{key}_url") == wanted, (name, key)
        assert settings.scheduler == variables.get("OPIS_WORK__SCHEDULER", "")


def test_credentials_are_read_from_the_secrets(services, tmp_path):
    """By the modules that use them, from files as Compose mounts them."""
    from storage.index.elastic_address import read_address
    from storage.objects.s3_address import parse_address
    from storage.objects.s3_credentials import find_credentials

    for name in ("init", "web", "line", "worker"):
        variables = dict(services[name]["environment"])
        for secret in services[name]["secrets"]:
            file = tmp_path / secret["source"]
            file.write_text(f"the {secret['source']}\n", encoding="utf-8")
            variables = {key: str(file) if value == secret["target"] else value for key, value in variables.items()}
        keys = find_credentials(parse_address(variables["OPIS_OBJECTS__URL"]), variables)
        assert (keys.access_key, keys.secret_key) == ("the s3_access_key", "the s3_secret_key")
        if name != "worker":
            index = read_address(variables["OPIS_INDEX__URL"], variables)
            assert (index.user, index.password) == ("elastic", "the elasticsearch_password")


def test_a_lock_may_be_asked_of_the_bucket(tmp_path):
    from storage.objects.s3_address import parse_address

    example = compose.VARIABLES.read_text(encoding="utf-8")
    asked = re.search(r"example (&lock=\S+),", example)[1]
    (tmp_path / "env").write_text(example.replace("OPIS_BUCKET=\n", f"OPIS_BUCKET={asked}\n"), encoding="utf-8")
    with covering("Compose loader"):
        services = compose.load(variables=tmp_path / "env")["services"]
    for name in ("init", "web", "line", "worker"):
        address = parse_address(services[name]["environment"]["OPIS_OBJECTS__URL"])
        assert address.lock_required and (address.retention.mode, address.retention.days) == ("COMPLIANCE", 3650)


def test_single_variables_are_read_by_somebody(services):
    """A variable that nothing reads would be a promise that nobody keeps."""
    names = {
        variable
        for service in services.values()
        for variable in (service.get("environment") or {})
        if variable.startswith("OPIS_") and "__" not in variable and not variable.startswith("OPIS_ELASTICSEARCH_")
    }
    assert {"OPIS_IN_CONTAINER", "OPIS_POSTGRES_PASSWORD_FILE"} <= names
    sources = [ROOT / "opis", ROOT / "storage", ROOT / "deploy" / "entry"]
    files = [path for source in sources for path in [*source.rglob("*.py"), *source.rglob("*.sh")]]
    text = "\n".join(path.read_text(encoding="utf-8") for path in files)
    assert [name for name in sorted(names) if name not in text and name.removesuffix("_FILE") not in text] == []


def test_every_command_is_understood(services):
    for name, commands in OWN.items():
        given = services[name]["command"]
        assert given[0] == "opis" or not commands
        if commands:
            assert parsed(given[1:]) == commands[0], name


def test_commands_that_do_not_exist_are_refused():
    with pytest.raises(click.UsageError):
        parsed(["run", "--only", "scheduler"])
    with pytest.raises(click.UsageError):
        parsed(["serve"])


def test_the_scheduler_takes_its_options(services):
    from distributed.cli.dask_scheduler import main

    module = ["python", "-m", "distributed.cli.dask_scheduler"]
    given = services["scheduler"]["command"]
    assert given[:3] == module
    values = main.make_context("scheduler", list(given[3:])).params
    assert (values["host"], values["port"], values["dashboard"]) == ("tcp://0.0.0.0", "8786", False)
    assert values["dashboard_address"] == "127.0.0.1:8787"


def test_checks_are_ones_that_the_entry_knows(services):
    known = set(re.findall(r'case \["(\w+)"', (ROOT / "deploy/entry/health.py").read_text(encoding="utf-8")))
    for name, service in services.items():
        if service.get("healthcheck"):
            program, kind, *_ = service["healthcheck"]["test"][1:]
            assert (program, kind in known) == ("/opt/opis/entry/health.py", True), name


def test_the_image_says_the_same():
    steps = dockerfile.steps((ROOT / "Dockerfile").read_text(encoding="utf-8"))
    one = {step.word: step for step in steps}
    command = dockerfile.exec_form(one["CMD"])
    assert command[0] == "opis" and parsed(command[1:]) == "run"
    copied = [dockerfile.copied(step) for step in steps if step.word == "COPY"]
    assert (("deploy/entry",), "entry") in copied
    assert dockerfile.exec_form(one["ENTRYPOINT"]) == ("/opt/opis/entry/start.sh",)
    assert dockerfile.health(one["HEALTHCHECK"]).command[0] == "/opt/opis/entry/health.py"
    with_compose = {"10001"} & {one["USER"].rest.partition(":")[0]}
    assert with_compose, "the image's user is the one that .env.example names"
    assert Path(ROOT / "deploy/entry/start.sh").stat().st_mode & 0o111
    assert Path(ROOT / "deploy/entry/health.py").stat().st_mode & 0o111
