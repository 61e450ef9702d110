#!/bin/sh
# The image's entry: makes libpq's password file, readable by this user only, out of a secret; then is the command.
#
# libpq refuses a password file that others may read, and Compose mounts secrets as they are on the host.
set -eu
if [ -n "${OPIS_POSTGRES_PASSWORD_FILE:-}" ]; then
	[ -r "$OPIS_POSTGRES_PASSWORD_FILE" ] || { echo "$OPIS_POSTGRES_PASSWORD_FILE cannot be read" >&2; exit 2; }
	umask 077
	password=$(tr -d '\r\n' <"$OPIS_POSTGRES_PASSWORD_FILE" | sed 's/[\\:]/\\&/g')
	printf '*:*:*:*:%s\n' "$password" >"${PGPASSFILE:?names the file that is written}"
	unset password
	umask 022
fi
exec "$@"
