"""Configuration: defaults, file, environment; every fault names its key."""

from pathlib import Path

import pytest

from opis.config import load_settings
from pipeline.domain.errors import ConfigurationError
from pipeline.domain.settings import Blanks, Lane, Profile, Settings


def load(tmp_path: Path, text: str = "", environment: dict[str, str] | None = None) -> Settings:
    file = tmp_path / "opis.toml"
    file.write_text(text, encoding="utf-8")
    return load_settings(file, tmp_path / "home", environment or {})


def test_defaults(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = load_settings(None, None, {})
    assert settings == Settings(home=tmp_path / "opis-data")
    assert settings.profiles == (Profile(),)
    assert settings.web_port == 8000


def test_the_file_here_is_found(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "opis.toml").write_text('[institution]\ncode = "PS3"\n')
    assert load_settings(None, None, {}).institution.code == "PS3"


def test_environment_names_home_and_file(tmp_path):
    file = tmp_path / "other.toml"
    file.write_text("[web]\nport = 8100\n")
    settings = load_settings(None, None, {"OPIS_CONFIG": str(file), "OPIS_HOME": str(tmp_path / "h")})
    assert settings.web_port == 8100
    assert settings.home == tmp_path / "h"


def test_profiles(tmp_path):
    settings = load(
        tmp_path,
        """
        [profiles.arhiva]
        lane = "retro"
        duplex = true
        separators = ["fixed:PATCHT", "sticker"]
        blanks = "set-aside"
        settle_seconds = 0.5
        department = ""
        [profiles.Urbanism]
        department = "URBANISM"
        """,
    )
    archive, planning = settings.profiles
    assert (archive.name, archive.lane, archive.duplex, archive.blanks) == (
        "arhiva",
        Lane.RETRO,
        True,
        Blanks.SET_ASIDE,
    )
    assert archive.separators == ("fixed:PATCHT", "sticker")
    assert archive.settle_seconds == 0.5
    assert archive.department is None
    assert planning.department == "URBANISM"


def test_environment_overrides(tmp_path):
    environment = {"OPIS_WEB__PORT": "8123", "OPIS_PROFILES__ARHIVA__DUPLEX": "true", "OPIS_INSTITUTION__NAME": "A B"}
    settings = load(tmp_path, "[profiles.Arhiva]\nduplex = false\n", environment)
    assert settings.web_port == 8123
    assert settings.profiles[0].duplex is True
    assert settings.institution.name == "A B"


def test_departments_file_is_relative_to_the_configuration(tmp_path):
    settings = load(tmp_path, '[institution]\ndepartments = "d.toml"\n')
    assert settings.institution.departments == tmp_path / "d.toml"


FAULTS = {
    '[institution]\ncod = "X"\n': ("institution.cod", "institution.code"),
    "[wbe]\n": ("wbe", "web"),
    "[web]\nport = 70000\n": ("web.port", "65535"),
    '[web]\nport = "a"\n': ("web.port", "whole number"),
    '[institution]\ncode = "ps3"\n': ("institution.code", "A-Z"),
    '[profiles.x]\nlane = "x"\n': ("profiles.x.lane", "registry, retro"),
    '[profiles.x]\nduplex = "yes"\n': ("profiles.x.duplex", "true or false"),
    '[profiles.x]\nseparators = ["opsi"]\n': ("profiles.x.separators", "opis, sticker"),
    '[profiles.x]\nseparators = ["fixed:"]\n': ("profiles.x.separators", "fixed:TEXT"),
    "[profiles.x]\nsticker_pattern = '('\n": ("profiles.x.sticker_pattern", "regular expression"),
    "[profiles.x]\nsticker_pattern = 'a'\n": ("profiles.x.sticker_pattern", "number"),
    "[profiles.x]\nsettle_seconds = -1\n": ("profiles.x.settle_seconds", "seconds"),
    "[profiles.x]\nsetle_seconds = 1\n": ("profiles.x.setle_seconds", "profiles.x.settle_seconds"),
    '[profiles."../x"]\n': ("profiles.../x", "letters"),
    "profiles = 3\n": ("profiles", "table"),
    "x = \n": ("opis.toml", "line 1"),
}


@pytest.mark.parametrize("text", FAULTS)
def test_faults_name_their_key(tmp_path, text):
    with pytest.raises(ConfigurationError) as fault:
        load(tmp_path, text)
    for part in FAULTS[text]:
        assert part in str(fault.value)


def test_a_missing_file_is_a_fault(tmp_path):
    with pytest.raises(ConfigurationError, match="no such configuration file"):
        load_settings(tmp_path / "none.toml", None, {})
