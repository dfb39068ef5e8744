#!/usr/bin/env bash
# Title: The last views, with kcat
# Needs: kcat, jq
# Prints: [0-9a-f]{32} .*(home|products)\.
kcat -q -b "$KAFKA" -C -t shop.view -o -5 -e -f '%s\n' | jq -r '[.session_id, .timestamp, .endpoint] | join(" ")'
