#!/bin/sh
# A plug-in for Lockstep: whose network card does a node answer with? It measures of each node
# "network_card", the first three bytes of its MAC address, which name the vendor: clones have the same,
# and a node with another one is another machine, or was repaired. It asks nobody: the kernel of this
# machine knows its neighbours. docs/plugins.md is the contract. It wants jq and iproute2.

{ cat; ip -json neigh; } | jq -cs '
  .[0] as $request |
  (.[1] | map(select(.lladdr) | {key: .dst, value: .lladdr[0:8]}) | from_entries) as $vendors |
  $request.nodes[] | .name as $node |
  [.addresses[].address | $vendors[.] // empty] as $found |
  if $found == [] then
    {error: {node: $node, message: "none of its addresses is a neighbour of this machine"}}
  else
    {value: {node: $node, name: "network_card", value: $found[0]}}, {covered: {node: $node}}
  end'
