#!/bin/sh
# A plug-in for Lockstep: does the name service of this machine give a node the address that the
# inventory has? It measures of each node "resolves", the text "as expected", "otherwise" or "not".
# docs/plugins.md is the contract. It wants jq.

# One line a node: its name, a tab, and its first address.
jq -r '.nodes[] | [.name, (.addresses[0].address // "")] | @tsv' |
while IFS="$(printf '\t')" read -r name address; do
  resolved=$(getent ahosts "$name" | cut -d ' ' -f 1)
  if [ -z "$resolved" ]; then
    answer='not'
  elif printf '%s\n' "$resolved" | grep -qxF "$address"; then
    answer='as expected'
  else
    answer='otherwise'
  fi
  # Names may hold anything: jq makes the JSON, not echo.
  jq -nc --arg node "$name" --arg value "$answer" \
    '{value: {node: $node, name: "resolves", value: $value}}, {covered: {node: $node}}'
done
