#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds the programs of modules.txt, and Trillian's database schema, into the folder given as argument.
# The checksum database of Go's modules vouches for the sources: https://go.dev/ref/mod#checksum-database
set -eu
cd "$(dirname "$0")"
out=$1
mkdir -p "$out"
export CGO_ENABLED=0 GOBIN="$out" GOFLAGS=-buildvcs=false GOTOOLCHAIN=auto
sed -e 's/#.*//' -e '/^ *$/d' modules.txt | while read -r module tags; do
  echo "building ${module##*/}"
  go install -trimpath -ldflags='-s -w' -tags "${tags:-none}" "$module"
done
trillian=$(sed -n 's/^\(github.com\/google\/trillian\)[^@]*\(@[^ ]*\).*/\1\2/p' modules.txt | head -n 1)
schema=$(go mod download -json "$trillian" | sed -n 's/.*"Dir": "\(.*\)".*/\1/p')/storage/mysql/schema/storage.sql
cp "$schema" "$out/trillian.sql"
chmod 644 "$out/trillian.sql"
