#!/usr/bin/env bash
# Installs a version of the npm package http-cache-tests into a directory:
#
#   install.sh VERSION DIRECTORY
#
# On Debian and Ubuntu as root it installs node and npm before, if they are
# missing; elsewhere it says what to install, and fails. The package has no lock
# file here: that would record where each of its dependencies was downloaded.
set -euo pipefail

version=$1
directory=$2

# missing prints the Debian package of each program that is not there.
missing() {
	command -v node >/dev/null || echo nodejs
	command -v npm >/dev/null || echo npm
}

packages=$(missing | xargs)
if [ -n "$packages" ]; then
	if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
		cat >&2 <<-END
			The tests of HTTP caches run on Node.js 14.8 or newer. Missing: $packages
			  Debian, Ubuntu  sudo apt-get install nodejs npm
			  Fedora          sudo dnf install nodejs npm
			  macOS           brew install node
		END
		exit 1
	fi
	echo "Installing what the tests of HTTP caches run on: $packages"
	export DEBIAN_FRONTEND=noninteractive
	apt-get update
	apt-get install --yes --no-install-recommends $packages
fi

# Made beside it and then renamed, so that half of an installation is none.
unfinished=$directory.unfinished
rm -rf "$unfinished"
mkdir -p "$unfinished"
npm install --prefix "$unfinished" --no-save --no-package-lock --ignore-scripts --no-audit --no-fund "http-cache-tests@$version"
rm -rf "$directory"
mv "$unfinished" "$directory"
