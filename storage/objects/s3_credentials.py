"""Where the keys of the object store come from: the URL, the environment, a secret file, the file of the AWS tools."""

import configparser
import os
from collections.abc import Mapping
from pathlib import Path

from pipeline.domain.errors import PartUnfit
from pipeline.domain.messages import say
from storage.objects.s3_address import Address, Credentials

_VARIABLES = (
    ("OPIS_S3_ACCESS_KEY", "OPIS_S3_SECRET_KEY", None),
    ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"),
    ("MINIO_ACCESS_KEY", "MINIO_SECRET_KEY", None),
    ("MINIO_ROOT_USER", "MINIO_ROOT_PASSWORD", None),
)
"""Asked in this order; each may also be given as the path of a file in the variable with ``_FILE`` behind its name."""


def find_credentials(address: Address, environment: Mapping[str, str] | None = None) -> Credentials:
    """The first complete pair. Raises ``PartUnfit``: none, half a pair, a file that cannot be read."""
    if address.credentials is not None:
        return address.credentials
    env = os.environ if environment is None else environment
    for access, secret, token in _VARIABLES:
        pair = _value(address, env, access), _value(address, env, secret)
        if all(pair):
            return Credentials(pair[0], pair[1], (token and _value(address, env, token)) or None)
        if any(pair):
            missing = secret if pair[0] else access
            raise _unfit(address, f"{missing} is not set", say("s3.half_credentials", name=missing))
    found = _shared_file(address, env)
    if found is None:
        raise _unfit(address, "no credentials", say("s3.no_credentials"))
    return found


def _value(address: Address, env: Mapping[str, str], name: str) -> str:
    """Empty when it is not set."""
    file = env.get(f"{name}_FILE", "")
    if env.get(name) or not file:
        return env.get(name, "")
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        mend = say("s3.credentials_file", path=file)
        raise _unfit(address, f"{name}_FILE cannot be read ({_reason(error)})", mend) from None


def _shared_file(address: Address, env: Mapping[str, str]) -> Credentials | None:
    default = Path(env.get("HOME") or "/") / ".aws" / "credentials"
    path = Path(env.get("AWS_SHARED_CREDENTIALS_FILE") or default)
    profile = env.get("AWS_PROFILE") or "default"
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return None
    except (OSError, UnicodeDecodeError, configparser.Error) as error:
        # a parser's own message quotes the line, and the line may be the secret
        mend = say("s3.credentials_file", path=path)
        raise _unfit(address, f"{path} cannot be read ({_reason(error)})", mend) from None
    access = parser.get(profile, "aws_access_key_id", fallback="")
    secret = parser.get(profile, "aws_secret_access_key", fallback="")
    token = parser.get(profile, "aws_session_token", fallback="") or None
    return Credentials(access, secret, token) if access and secret else None


def _reason(error: Exception) -> str:
    return error.strerror or type(error).__name__ if isinstance(error, OSError) else type(error).__name__


def _unfit(address: Address, what: str, mend: str) -> PartUnfit:
    return PartUnfit(f"objects: {address.shown}: {what}", mend)
