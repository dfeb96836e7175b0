#!/usr/bin/env bash
# Checks that the commit that is checked out could be tagged as a release:
#
#   release-check.sh [VERSION]
#
# With a VERSION, such as v0.1.0, CHANGELOG.md has to have the section of it. Without
# one, it has to have something under Unreleased. The module is built as its users
# build it: as a zip file from a proxy, in a program and a module cache of their own.
set -euo pipefail
cd "$(dirname "$0")/.."

module=github.com/larder-go/larder
version=${1:-v0.1.0}
largest=1048576 # bytes of a file that is not a mistake

temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT

fail() {
	echo "release-check: $*" >&2
	exit 1
}

check_version() {
	[[ $version =~ ^v[0-9]+\.[0-9]+\.[0-9]+$ ]] || fail "$version is not a version such as v0.1.0"
	! git rev-parse -q --verify "refs/tags/$version" >/dev/null || fail "$version is tagged already"
}

check_checkout() {
	local changes
	changes=$(git status --porcelain)
	[ -z "$changes" ] || fail "a tag has only what is committed, and this is not: $changes"
	[ -f LICENSE ] || fail "there is no LICENSE"
	local large
	large=$(git ls-tree -r -l HEAD | awk -v largest=$largest '$4 > largest {print $5 " (" $4 " bytes)"}')
	[ -z "$large" ] || fail "too large to be source, remove it or raise the limit here: $large"
}

# section HEADING: the lines of that section of CHANGELOG.md, without its headings.
section() {
	awk -v heading="## [$1]" '/^## / {inside = index($0, heading) == 1; next} inside && !/^#/ && NF' CHANGELOG.md
}

check_changelog() {
	local heading=Unreleased
	[ -z "${1:-}" ] || heading=${version#v}
	[ -n "$(section "$heading")" ] || fail "CHANGELOG.md has nothing under \"## [$heading]\""
}

# A replacement holds in this module alone: users would get something else, and
# "go install MODULE@VERSION" refuses it.
check_requirements() {
	! go mod edit -json | grep -qE '"(Replace|Exclude)": \[' || fail "go.mod replaces or excludes modules"
	go mod tidy -diff
	go mod verify
}

# make_proxy DIRECTORY: the files of a module proxy that has this commit as VERSION.
# Directories with a go.mod of their own belong to other modules.
make_proxy() {
	local versions=$1/$module/@v others
	mkdir -p "$versions"
	others=$(git ls-files '*/go.mod' | sed 's,\(.*\)/go.mod,:(exclude)\1,')
	echo "$version" >"$versions/list"
	echo "{\"Version\":\"$version\",\"Time\":\"$(git log -1 --format=%cI)\"}" >"$versions/$version.info"
	git show HEAD:go.mod >"$versions/$version.mod"
	git archive --format=zip --prefix="$module@$version/" -o "$versions/$version.zip" HEAD -- . $others
}

# build_as_user: all public packages in a program, the examples, and the command.
build_as_user() {
	local packages
	packages=$(go list ./... | grep -v -E "^$module/(internal|cmd|examples|conformance|docs)(/|$)")
	make_proxy "$temporary/proxy"
	mkdir "$temporary/program"
	cp go.sum "$temporary/program/"
	(
		export GOPROXY="file://$temporary/proxy,file://$(go env GOMODCACHE)/cache/download,$(go env GOPROXY)"
		export GOMODCACHE=$temporary/modules GOBIN=$temporary/bin GONOSUMDB=$module GOWORK=off
		export GOFLAGS="-modcacherw -mod=mod"
		cd "$temporary/program"
		go mod init example.org/program
		go get "$module@$version"
		{
			echo "package main"
			for package in $packages; do echo "import _ \"$package\""; done
			echo "func main() {}"
		} >main.go
		go build -o "$temporary/program/program" .
		go build -o "$temporary/bin/" "$module/examples/..."
		GOFLAGS=-modcacherw go install "$module/cmd/larder@$version"
	)
}

check_version
check_checkout
check_changelog "$@"
check_requirements
go test -count=1 ./docs
build_as_user
echo "release-check: $(git rev-parse --short HEAD) could be tagged as $version"
