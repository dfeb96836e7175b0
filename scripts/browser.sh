#!/usr/bin/env bash
# Makes sure that there is a Chromium for `make browser`. On Debian as root it
# installs what is missing; elsewhere it says what to install, and fails.
set -euo pipefail

have_browser() {
	command -v chromium || command -v chromium-browser || command -v google-chrome
}

have_browser >/dev/null && exit 0
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
	echo "The test visits a site with Chromium, which is not on this machine. On Debian: sudo apt-get install chromium" >&2
	exit 1
fi
echo "Installing what the test visits a site with: chromium"
export DEBIAN_FRONTEND=noninteractive
apt-get update
apt-get install --yes --no-install-recommends chromium
have_browser >/dev/null
