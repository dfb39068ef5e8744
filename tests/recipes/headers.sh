#!/usr/bin/env bash
# Title: What a message says of itself: key, time and headers (CloudEvents)
# Needs: kcat
# Prints: ce_type=
kcat -q -b "$KAFKA" -C -t shop.view -o beginning -c 1 -f 'key %k, time %T, headers %h\n'
