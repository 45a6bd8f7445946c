#!/bin/sh
# Reads its request and never ends.
cat > /dev/null
sleep 3600
