#!/usr/bin/env bash
# Makes sure that the programs named are on this machine: nginx, varnishd,
# valgrind. On Debian and Ubuntu as root it installs what is missing, and starts
# none of it; elsewhere it says what is missing, and fails.
set -euo pipefail

missing=()
for program in "$@"; do
	PATH="$PATH:/usr/sbin:/usr/local/sbin" command -v "$program" >/dev/null && continue
	case $program in
	nginx) missing+=(nginx-light) ;;
	varnishd) missing+=(varnish) ;;
	*) missing+=("$program") ;;
	esac
done
[ ${#missing[@]} -gt 0 ] || exit 0
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
	echo "Missing for the benchmarks: ${missing[*]} (the names of Debian's packages)" >&2
	exit 1
fi

policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
	# Packages ask it before they start their services.
	trap "rm -f $policy" EXIT
	printf '#!/bin/sh\nexit 101\n' >$policy
	chmod +x $policy
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update
apt-get install --yes --no-install-recommends "${missing[@]}"
