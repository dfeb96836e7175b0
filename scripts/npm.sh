#!/usr/bin/env bash
# Installs npm packages into a directory, unless it is there:
#
#   npm.sh DIRECTORY PACKAGE@VERSION...
#
# There is no lock file: that would record where each dependency was downloaded.
set -euo pipefail

directory=$1
shift
[ ! -d "$directory" ] || exit 0

# Made beside it and then renamed, so that half of an installation is none.
unfinished=$directory.unfinished
rm -rf "$unfinished"
mkdir -p "$unfinished"
npm install --prefix "$unfinished" --no-save --no-package-lock --ignore-scripts --no-audit --no-fund "$@"
mv "$unfinished" "$directory"
