#!/usr/bin/env bash
# Installs the applications that the tests of this folder visit:
#
#   install.sh DIRECTORY
#
# nginx, Django and Node.js come from Debian, and none of them is started; Express
# comes from npm into DIRECTORY. Elsewhere than on Debian and Ubuntu as root it says
# what is missing, and fails. The npm packages have no lock file here: that would
# record where each of their dependencies was downloaded.
set -euo pipefail

directory=$1
root=$(cd "$(dirname "$0")/../../.." && pwd)

# missing prints the Debian package of each program that is not there. Django has to
# be that of the system's Python, which the tests run.
missing() {
	/usr/bin/python3 -c 'import django' 2>/dev/null || echo python3-django
	command -v node >/dev/null || echo nodejs
	command -v npm >/dev/null || echo npm
}

"$root/benchmarks/deps.sh" nginx
packages=$(missing | xargs)
if [ -n "$packages" ]; then
	if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
		echo "Missing for the tests of applications: $packages (the names of Debian's packages)" >&2
		exit 1
	fi
	export DEBIAN_FRONTEND=noninteractive
	apt-get update
	apt-get install --yes --no-install-recommends $packages
fi

[ ! -d "$directory" ] || exit 0
# Made beside it and then renamed, so that half of an installation is none.
unfinished=$directory.unfinished
rm -rf "$unfinished"
mkdir -p "$unfinished"
npm install --prefix "$unfinished" --no-save --no-package-lock --ignore-scripts --no-audit --no-fund \
	express@5.1.0 compression@1.8.1 express-session@1.18.2
mv "$unfinished" "$directory"
