#!/bin/bash
# Starts Elasticsearch in a read-only container: its configuration and the keystore with the password are in memory.
#
# The image's own *_FILE variable is of no use here: it wants a file of mode 400 or 600 that belongs to the user of the
# container, and Compose mounts a secret as it is on the host.
set -euo pipefail
umask 077

home=${ES_HOME:-/usr/share/elasticsearch}
secret=${PASSWORD_FILE:-/run/secrets/elasticsearch_password}
settings=${SETTINGS_FILE:-/opt/opis/elasticsearch.yml}
export ES_PATH_CONF=${ES_PATH_CONF_TARGET:-/tmp/elasticsearch-config}

rm -rf "$ES_PATH_CONF"
cp -r "$home/config" "$ES_PATH_CONF"
rm -f "$ES_PATH_CONF/elasticsearch.keystore"
cat "$settings" >"$ES_PATH_CONF/elasticsearch.yml"

"$home/bin/elasticsearch-keystore" create --silent
tr -d '\r\n' <"$secret" | "$home/bin/elasticsearch-keystore" add --stdin --force bootstrap.password

exec "$home/bin/elasticsearch"
