#!/bin/sh
# configure PREVIOUS-VERSION
set -e
[ "$1" = configure ] || exit 0

if ! getent passwd chartline >/dev/null; then
    adduser --system --group --quiet --no-create-home --home /var/lib/chartline chartline
fi
install -d -m 0700 -o chartline -g chartline /var/lib/chartline
chgrp chartline /etc/chartline /etc/chartline/chartline.env
chmod 0750 /etc/chartline
chmod 0640 /etc/chartline/chartline.env

if [ -d /run/systemd/system ]; then
    systemctl daemon-reload
    if [ -z "$2" ]; then
        systemctl enable --now chartline.service
    else
        systemctl try-restart chartline.service
    fi
fi
