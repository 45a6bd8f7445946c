// The nodes of a cause.

import type { AlertRow } from '../api/types';
import { expand, NodesetError } from '../base/nodeset';

export interface Member {
  name: string;
  row: AlertRow; // how this node's part of the cause is dealt with
}

/** Each node of each row; a node stands in one of them. */
export function membersOf(rows: AlertRow[]): Member[] {
  const members: Member[] = [];
  for (const row of rows) {
    if (!row.nodes) continue;
    try {
      for (const name of expand(row.nodes)) members.push({ name, row });
    } catch (error) {
      if (!(error instanceof NodesetError)) throw error;
      members.push({ name: row.nodes, row }); // shown as it came rather than not at all
    }
  }
  return members;
}
