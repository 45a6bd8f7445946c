#!/bin/sh
# Ends by a signal in the middle of its work.
echo '{"covered": {"node": "node001"}}'
kill -SEGV $$
