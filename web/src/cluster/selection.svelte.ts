// Which nodes are meant: selected on the wall or by a nodeset, and lit up while something that is
// about them is pointed at. One of it, for the wall and for what stands beside it.

import { expand, fold, NodesetError } from '../base/nodeset';
import { cluster } from './cluster.svelte';

const kNone: ReadonlySet<string> = new Set();

class Selection {
  /** Names; of nodes that there are. */
  nodes = $state.raw<ReadonlySet<string>>(kNone);
  /** Names; as long as something is pointed at. */
  lit = $state.raw<ReadonlySet<string>>(kNone);

  /** As a nodeset; empty: nothing is selected. */
  text = $derived(fold(this.nodes));

  select(names: Iterable<string>): void {
    this.nodes = new Set(names);
  }

  /** Returns why the text cannot be read; empty: it is selected. */
  selectText(text: string): string {
    try {
      const { indices } = cluster.nodes;
      this.nodes = new Set([...expand(text, cluster.group)].filter((name) => indices.has(name)));
      return '';
    } catch (error) {
      if (error instanceof NodesetError) return error.message;
      throw error;
    }
  }

  clear(): void {
    this.nodes = kNone;
  }

  /** Lights up the nodes of a nodeset; null: none any more. */
  light(nodeset: string | null): void {
    this.lit = nodeset ? expand(nodeset) : kNone;
  }
}

export const selection = new Selection();
