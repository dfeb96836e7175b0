#!/usr/bin/env bash
# Makes sure that the programs that are named are on this machine:
#
#   install.sh redis-server postgresql chromium
#
# On Debian and Ubuntu as root it installs what is missing, all at once, and starts none of
# it. Elsewhere it says what is missing and how to install it, and fails.
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

is_there() {
	case $1 in
	postgresql) have_postgresql ;;
	chromium) have chromium || have chromium-browser || have google-chrome ;;
	django) /usr/bin/python3 -c 'import django' 2>/dev/null ;; # of the system's Python, which the tests run
	*) have "$1" ;;
	esac
}

# debian PROGRAM: the name of its package.
debian() {
	case $1 in
	nginx) echo nginx-light ;;
	varnishd) echo varnish ;;
	django) echo python3-django ;;
	node) echo nodejs ;;
	*) echo "$1" ;;
	esac
}

# missing PROGRAM...: the packages of those that are not there.
missing() {
	local program
	for program in "$@"; do
		is_there "$program" || debian "$program"
	done
}

how_to_install() {
	cat >&2 <<-END
		Missing on this machine: $1 (the names of Debian's packages)
		  Debian, Ubuntu  sudo apt-get install $1
		  Fedora          sudo dnf install, with redis for redis-server and postgresql-server for postgresql
		  macOS           brew install, with redis for redis-server, postgresql@17 for postgresql, node for nodejs
		PostgreSQL has to be $oldest_postgresql or newer, Node.js 14.8 or newer. Nothing of it has to be running. For the
		servers compose.yaml serves those who have Docker.
	END
	exit 1
}

packages=$(missing "$@" | xargs)
[ -n "$packages" ] || exit 0
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
	how_to_install "$packages"
fi

policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
	# Packages ask it before they start their services. One that is there is the
	# administrator's.
	trap "rm -f $policy" EXIT
	printf '#!/bin/sh\nexit 101\n' >$policy
	chmod +x $policy
fi
echo "Installing what is missing: $packages (and starting none of it)"
export DEBIAN_FRONTEND=noninteractive
apt-get update
apt-get install --yes --no-install-recommends $packages

packages=$(missing "$@" | xargs)
[ -z "$packages" ] || how_to_install "$packages"
