#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# One request, by git's own backend. A push to a repository that is not there makes it; everything else does not.
set -eu
export GIT_PROJECT_ROOT=/srv/git GIT_HTTP_EXPORT_ALL=1 HOME=/srv/run PATH_INFO="/$REPOSITORY$SERVICE"
target=$GIT_PROJECT_ROOT/$REPOSITORY
is_push=
case "$SERVICE?$QUERY_STRING" in
  /git-receive-pack* | */info/refs?service=git-receive-pack*) is_push=yes ;;
esac
if [ "$is_push" ] && [ ! -d "$target" ]; then
  # Made beside and renamed: of two first pushes at once, one makes it.
  fresh=$(mktemp -d /srv/git/.new.XXXXXX)
  git init --quiet --bare --initial-branch=main "$fresh"
  git -C "$fresh" config http.receivepack true
  mkdir -p "$(dirname "$target")"
  mv -T "$fresh" "$target" 2>/dev/null || rm -rf "$fresh"
fi
exec git http-backend
