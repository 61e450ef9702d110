#!/bin/bash
# Is the node there, does it take the password, and is every primary shard? The password is in no command line.
set -euo pipefail
secret=${PASSWORD_FILE:-/run/secrets/elasticsearch_password}
address=${ADDRESS:-http://127.0.0.1:9200}

password=$(tr -d '\r\n' <"$secret")
password=${password//\\/\\\\}
password=${password//\"/\\\"}
printf 'user = "elastic:%s"\n' "$password" |
	curl --config - --silent --fail --max-time 8 --output /dev/null \
		"$address/_cluster/health?wait_for_status=yellow&timeout=5s"
