#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes a certificate for this container alone, then serves git until one of the two servers ends.
set -eu
cd /srv
if [ ! -s tls/certificate.pem ]; then
  umask 077
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 7 -subj /CN=stampede-git \
    -addext 'subjectAltName=DNS:localhost,DNS:git,IP:127.0.0.1' -addext 'basicConstraints=critical,CA:TRUE' \
    -keyout tls/key.pem -out tls/certificate.new 2>/dev/null
  chmod 644 tls/certificate.new
  mv tls/certificate.new tls/certificate.pem
fi
rm -f run/fcgiwrap.sock
fcgiwrap -f -c 8 -s unix:/srv/run/fcgiwrap.sock &
exec nginx -g 'daemon off;'
