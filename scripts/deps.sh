#!/usr/bin/env bash
# Makes sure that the servers that the tests start are on this machine. On
# Debian and Ubuntu as root it says what it will install and installs what is
# missing; elsewhere it says what to install, and fails.
set -euo pipefail

oldest_postgresql=15

# have PROGRAM: is it in PATH, or where packages keep servers?
have() {
	PATH="$PATH:/usr/sbin:/usr/local/sbin" command -v "$1" >/dev/null
}

# The same folders as in internal/testserver/launch/find.go.
have_postgresql() {
	local postgres version
	for postgres in "$(command -v postgres || true)" /usr/lib/postgresql/*/bin/postgres /usr/pgsql-*/bin/postgres \
		/opt/homebrew/opt/postgresql@*/bin/postgres /usr/local/opt/postgresql@*/bin/postgres; do
		[ -x "$postgres" ] && [ -x "${postgres%/*}/initdb" ] || continue
		version=$("$postgres" --version | sed 's/[^0-9]*\([0-9]*\).*/\1/')
		[ "$version" -ge "$oldest_postgresql" ] && return
	done
	return 1
}

# missing prints the Debian package of each server that is not there.
missing() {
	have redis-server || echo redis-server
	have memcached || echo memcached
	have_postgresql || echo postgresql
	have pgbouncer || echo pgbouncer
}

# install PACKAGES: with apt-get, and nothing is started.
install() {
	local policy=/usr/sbin/policy-rc.d
	if [ ! -e $policy ]; then
		# Packages ask it before they start their services. One that is there is
		# the administrator's.
		trap "rm -f $policy" EXIT
		printf '#!/bin/sh\nexit 101\n' >$policy
		chmod +x $policy
	fi
	export DEBIAN_FRONTEND=noninteractive
	apt-get update
	apt-get install --yes --no-install-recommends $1
}

how_to_install() {
	cat >&2 <<-END
		The tests start servers that are not on this machine. Missing: $1
		  Debian, Ubuntu  sudo apt-get install redis-server memcached postgresql pgbouncer
		  Fedora          sudo dnf install redis memcached postgresql-server pgbouncer
		  macOS           brew install redis memcached postgresql@17 pgbouncer
		PostgreSQL has to be $oldest_postgresql or newer. None of them has to be running. compose.yaml serves those who have Docker.
	END
}

packages=$(missing | xargs)
[ -n "$packages" ] || exit 0
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
	how_to_install "$packages"
	exit 1
fi
echo "Installing what the tests start: $packages (and starting none of it)"
install "$packages"

packages=$(missing | xargs)
if [ -n "$packages" ]; then
	how_to_install "$packages"
	exit 1
fi
