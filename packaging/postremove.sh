#!/bin/sh
# Recordings and the proof of who heard them are never removed with the
# program, not by purge either: /var/lib/chartline stays until somebody means it.
set -e
if [ -d /run/systemd/system ]; then
    systemctl daemon-reload
fi
