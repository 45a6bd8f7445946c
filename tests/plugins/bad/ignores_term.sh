#!/bin/sh
# Never ends, and does not mind being told to.
trap '' TERM INT HUP
cat > /dev/null
while :; do sleep 3600; done
