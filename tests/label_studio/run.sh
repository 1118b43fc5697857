#!/bin/sh
# Starts a real Label Studio on loopback, checks natostance's Label Studio format against it, and
# stops it again. Its environment stays in .venv-label-studio; its data are removed.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
python=${PYTHON:-python3}
venv=$root/.venv-label-studio
wanted="label-studio==1.23.2 playwright==1.65.2"

if ! chromium=$(command -v chromium); then
    echo "installing Debian's chromium"
    if ! { apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium; } \
        >/dev/null; then
        echo "chromium is missing: install it, as with 'apt-get install chromium' as root" >&2
        exit 1
    fi
    chromium=$(command -v chromium)
fi

if [ "$(cat "$venv/.installed" 2>/dev/null)" != "$wanted" ]; then
    echo "installing $wanted in $venv"
    rm -rf "$venv"
    "$python" -m venv "$venv"
    # shellcheck disable=SC2086  # one requirement a word
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check -e "$root" $wanted
    echo "$wanted" > "$venv/.installed"
fi

work=$(mktemp -d)
server=
check=
stop() {
    for process in $check $server; do
        kill "$process" 2>/dev/null || true
        wait "$process" 2>/dev/null || true
    done
    rm -rf "$work"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

free_port='import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])'
port=$("$venv/bin/python" -c "$free_port")
user=annotator@example.com
password=composed-for-this-test
token=0123456789abcdef0123456789abcdef01234567

# Nothing of the caller's settings, no home, and a proxy that nobody serves: whatever the server
# would ask of other hosts (its newest version, tips, error reports) ends on loopback. In the folder
# of its data, as it looks for a repository where it stands.
cd "$work"
env -i PATH="$venv/bin:$PATH" HOME="$work" LANG=C.UTF-8 OMP_NUM_THREADS=1 \
    HTTP_PROXY=http://127.0.0.1:9 HTTPS_PROXY=http://127.0.0.1:9 NO_PROXY=127.0.0.1,localhost \
    COLLECT_ANALYTICS=false LATEST_VERSION_CHECK=false SENTRY_DSN= FRONTEND_SENTRY_DSN= \
    LABEL_STUDIO_BASE_DATA_DIR="$work/data" LABEL_STUDIO_ENABLE_LEGACY_API_TOKEN=true \
    LABEL_STUDIO_USERNAME="$user" LABEL_STUDIO_PASSWORD="$password" \
    LABEL_STUDIO_USER_TOKEN="$token" LABEL_STUDIO_DISABLE_SIGNUP_WITHOUT_LINK=true \
    "$venv/bin/python" "$venv/bin/label-studio" start --no-browser --internal-host 127.0.0.1 \
    --port "$port" >"$work/server.log" 2>&1 &
server=$!

status=0
LABEL_STUDIO_URL="http://127.0.0.1:$port" LABEL_STUDIO_USERNAME="$user" \
    LABEL_STUDIO_PASSWORD="$password" LABEL_STUDIO_TOKEN="$token" LABEL_STUDIO_PID="$server" \
    CHROMIUM="$chromium" "$venv/bin/python" "$here/check.py" &
check=$!
# waited for in this way, a signal ends it at once
wait "$check" || status=$?
check=
if [ "$status" != 0 ]; then
    echo "the last lines of the server's log:" >&2
    tail -n 30 "$work/server.log" >&2
fi
exit "$status"
