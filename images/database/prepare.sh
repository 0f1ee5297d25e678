#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes the data folder with Trillian's schema. The password keeps nobody out: only the stage's own network leads here.
set -eu
mariadb-install-db --user=mysql --skip-test-db --auth-root-authentication-method=normal >/dev/null
mkdir -p /run/mysqld
chown mysql:mysql /run/mysqld
{
  echo "CREATE DATABASE trillian;"
  echo "CREATE USER 'trillian'@'%' IDENTIFIED BY 'trillian';"
  echo "GRANT ALL ON trillian.* TO 'trillian'@'%';"
  echo "USE trillian;"
  sed '/^ *--/d' "$1"
} >/tmp/all.sql
mariadbd --user=mysql --skip-networking &
server=$!
until mariadb-admin --user=root ping >/dev/null 2>&1; do kill -0 $server && sleep 0.1; done
mariadb --user=root </tmp/all.sql
mariadb-admin --user=root shutdown
wait $server
rm /tmp/all.sql
