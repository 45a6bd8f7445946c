// What has been looked at becomes stale without any change: by time alone.

import { untrack } from 'svelte';
import { clock } from '../base/clock.svelte';
import { cluster } from './cluster.svelte';
import { staleAfter, type Age } from './coverage';

/** How often it is looked whether nodes have become stale. */
const kAging_ms = 10_000;

class Aging {
  /** Another number now and then: whoever shows coverage watches it. */
  turn = $derived(Math.floor(clock.now / kAging_ms));
  /** Of the nodes as they are now. */
  age: Age = $derived.by(() => {
    void [cluster.revision, this.turn];
    const now_s = untrack(() => clock.now) / 1000;
    return { now_s, stale_s: staleAfter(cluster.nodes.columns.looked, now_s) };
  });
}

export const aging = new Aging();
