#!/usr/bin/env bash
# Title: An output topic of your own, made on first use
# Needs: kcat, jq
# Prints: ^/products/[0-9]+$
kcat -q -b "$KAFKA" -C -t shop.view -o beginning -e -f '%s\n' | jq -r .path | kcat -b "$KAFKA" -P -t my.paths -z lz4
kcat -q -b "$KAFKA" -C -t my.paths -o beginning -e | sort -u
