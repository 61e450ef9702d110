"""docker-compose.yml, loaded as Docker Compose loads it: who may reach whom, as which user, and what waits for what."""

import re
from pathlib import Path
from typing import Any

import pytest

from tests.servers.plugin import covering
from tests.support import compose

ROOT = compose.ROOT
STORES = {"seaweedfs", "minio"}
ONCE = {"volumes", "init"}
AS_ROOT = {"volumes": "gives new volumes to who writes in them; without a network, with one capability, and ends"}
CREDENTIALS = re.compile(r"://[^/@]*:[^/@]*@")

Service = dict[str, Any]


def loaded(**choice: Any) -> dict[str, Any]:
    with covering("Compose loader"):
        return compose.load(**choice)


@pytest.fixture(params=[(), ("minio",)], ids=["as it comes", "--profile minio"])
def model(request: pytest.FixtureRequest) -> dict[str, Any]:
    return loaded(profiles=request.param)


@pytest.fixture
def services(model: dict[str, Any]) -> dict[str, Service]:
    found: dict[str, Service] = model["services"]
    return found


def test_it_starts_what_it_says(services):
    apart = {"volumes", "init", "web", "line", "scheduler", "worker", "postgres", "elasticsearch"}
    assert set(services) - STORES == apart
    assert services["worker"]["deploy"]["replicas"] == 2


@pytest.mark.parametrize(
    ("profiles", "store"), [((), "seaweedfs"), (("minio",), "minio"), (("seaweedfs",), "seaweedfs")]
)
def test_one_object_store_and_everybody_waits_for_it(profiles, store):
    services = loaded(profiles=profiles)["services"]
    assert STORES & set(services) == {store}
    assert services[store]["networks"] == {"objects": {"aliases": ["objects"]}}
    for name in ("init", "web", "line", "worker"):
        assert services[name]["depends_on"][store]["condition"] == "service_healthy"
        assert "http://objects:9000" in services[name]["environment"]["OPIS_OBJECTS__URL"]


def test_both_stores_listen_where_they_are_looked_for():
    assert "-s3.port=9000" in loaded()["services"]["seaweedfs"]["command"]
    assert "--address=:9000" in loaded(profiles=["minio"])["services"]["minio"]["command"]


def test_only_the_web_is_published_and_on_loopback_alone(services):
    published = {name: service["ports"] for name, service in services.items() if service.get("ports")}
    assert list(published) == ["web"]
    assert [port["host_ip"] for port in published["web"]] == ["127.0.0.1"]
    assert [service for service in services.values() if service.get("network_mode") == "host"] == []
    assert [service for service in services.values() if service.get("privileged")] == []


def test_networks_lead_nowhere_but_for_the_web(model, services):
    outward = {name for name, network in model["networks"].items() if not network.get("internal")}
    assert outward == {"front"}
    assert {name for name, service in services.items() if "front" in service.get("networks", {})} == {"web"}
    members = {
        network: {name for name, service in services.items() if network in service.get("networks", {})} - STORES
        for network in model["networks"]
    }
    assert members == {
        "front": {"web"},
        "catalog": {"init", "web", "line", "postgres"},
        "index": {"init", "web", "line", "elasticsearch"},
        "objects": {"init", "web", "line", "worker"},
        "work": {"line", "scheduler", "worker"},
    }
    assert [name for name, service in services.items() if not service.get("networks")] == ["volumes"]


def test_images_are_pinned(services):
    for name, service in services.items():
        tag = service["image"].rpartition(":")[2]
        assert re.search(r"\d+\.\d+|RELEASE\.\d{4}-\d\d-\d\d", tag) and "/" not in tag, (name, service["image"])
        assert "latest" not in tag


def test_the_image_is_of_this_version_and_built_once(services):
    import tomllib

    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    own = {name: service for name, service in services.items() if service["image"].startswith("opis:")}
    assert {service["image"] for service in own.values()} == {f"opis:{version}"}
    assert [name for name, service in own.items() if service.get("build")] == ["volumes"]
    assert {service["pull_policy"] for name, service in own.items() if name != "volumes"} == {"never"}


def test_nobody_is_root_without_a_reason(services):
    for name, service in services.items():
        user, _, group = service["user"].partition(":")
        if name in AS_ROOT:
            assert service["network_mode"] == "none" and service["restart"] == "no" and service["cap_add"] == ["CHOWN"]
        else:
            assert int(user) > 0 and group, name
            assert not service.get("cap_add"), name


def test_containers_are_closed(services):
    for name, service in services.items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert "no-new-privileges:true" in service["security_opt"], name
        assert service["ulimits"]["core"] in ({}, 0), f"{name} may leave a core dump"
        assert "/tmp" in {entry.partition(":")[0] for entry in service["tmpfs"]}, name


def test_limits(services):
    for name, service in services.items():
        limits = service["deploy"]["resources"]["limits"]
        assert limits["cpus"] > 0 and int(limits["memory"]) >= 64 * 2**20 and limits["pids"] > 0, name
        in_memory = sum(size_of(entry) for entry in service["tmpfs"])
        assert in_memory < int(limits["memory"]), name


def size_of(tmpfs: str) -> int:
    amount, unit = re.search(r"size=(\d+)([mg])", tmpfs).groups()
    return int(amount) * {"m": 2**20, "g": 2**30}[unit]


def test_everything_that_stays_is_watched_and_comes_back(services):
    for name, service in services.items():
        if name in ONCE:
            assert service["restart"] == "no"
        else:
            assert service["restart"] == "unless-stopped", name
            assert service["healthcheck"]["test"][0] == "CMD", name


def test_what_waits_for_what(services):
    conditions = {
        "service_healthy": set(services) - ONCE,
        "service_completed_successfully": ONCE,
    }
    for name, service in services.items():
        for needed, dependency in service.get("depends_on", {}).items():
            if needed in services:
                assert needed in conditions[dependency["condition"]], (name, needed)
                assert dependency["required"] or needed in STORES
    for name in ("web", "line"):
        assert {"init", "postgres", "elasticsearch"} <= set(services[name]["depends_on"])
    assert "scheduler" in services["worker"]["depends_on"]
    assert "scheduler" in services["line"]["depends_on"]


def test_secrets_are_files_and_never_variables(model, services):
    for name, service in services.items():
        mounted = {secret["target"] for secret in service.get("secrets", [])}
        for variable, value in (service.get("environment") or {}).items():
            assert not CREDENTIALS.search(value or ""), (name, variable)
            if re.search(r"PASSWORD|SECRET|KEY", variable):
                assert variable.endswith("_FILE"), (name, variable)
                assert value in mounted, (name, variable)
    for secret in model["secrets"].values():
        assert Path(secret["file"]).parent == ROOT / "secrets"
        assert not secret.get("environment")


def test_a_worker_knows_nothing_of_catalog_and_index(services):
    assert {secret["source"] for secret in services["worker"]["secrets"]} == {"s3_access_key", "s3_secret_key"}
    assert not [key for key in services["worker"]["environment"] if re.search("CATALOG|POSTGRES|INDEX|ELASTIC", key)]
    assert not services["scheduler"].get("secrets")


def test_what_must_last_is_in_named_volumes(model, services):
    for service in services.values():
        for volume in service.get("volumes", []):
            if volume["type"] == "volume":
                assert volume["source"] in model["volumes"]
            else:
                assert volume["target"] == "/data/hot" and not volume["bind"].get("create_host_path")
    kept = {
        "postgres": "/var/lib/postgresql/data",
        "elasticsearch": "/usr/share/elasticsearch/data",
        "seaweedfs": "/data",
        "minio": "/data",
    }
    for name, target in kept.items():
        if name in services:
            assert [(v["source"], v["target"]) for v in services[name]["volumes"]] == [(name, target)]
    assert {v["target"] for v in services["line"]["volumes"]} == {"/data", "/data/hot"}


def test_files_that_are_mounted_are_there(model):
    assert [config["file"] for config in model["configs"].values() if not Path(config["file"]).is_file()] == []


def test_every_variable_is_in_the_example():
    used = set(re.findall(r"\$\{([A-Z_]+)", compose.COMPOSE_FILE.read_text(encoding="utf-8")))
    lines = compose.VARIABLES.read_text(encoding="utf-8").splitlines()
    set_there = {line.partition("=")[0] for line in lines if line and not line.startswith("#")}
    assert set_there == used | {"COMPOSE_PROFILES"}


def test_without_an_environment_file_it_says_what_to_do():
    with covering("Compose loader"), pytest.raises(compose.NotValid, match=r"copy \.env\.example to \.env"):
        compose.load(variables=None)


BROKEN = {
    "a key that does not exist": ("    stop_grace_period: 30s\n", "    stop_grace: 30s\n"),
    "a service that does not exist": ("      scheduler: {condition", "      sheduler: {condition"),
    "a network that does not exist": ("networks: [objects, work]", "networks: [objects, wurk]"),
    "a secret that does not exist": ("secrets: [s3_access_key, s3_secret_key]", "secrets: [s3_acces_key]"),
    "a volume that does not exist": ('"postgres:/var', '"postgre:/var'),
    "a condition that does not exist": ("condition: service_completed_successfully", "condition: service_done"),
    "a memory limit that is none": ("memory: 4g", "memory: plenty"),
    "a circle": ("    networks: [work]\n    depends_on:\n      volumes: {condition: service_completed_successfully}",
                 "    networks: [work]\n    depends_on:\n      worker: {condition: service_healthy}"),
}  # fmt: skip


@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_copy_is_refused(tmp_path, fault):
    right, wrong = BROKEN[fault]
    text = compose.COMPOSE_FILE.read_text(encoding="utf-8")
    assert right in text
    copy = tmp_path / "docker-compose.yml"
    copy.write_text(text.replace(right, wrong, 1), encoding="utf-8")
    with covering("Compose loader"), pytest.raises(compose.NotValid):
        compose.load(file=copy)
