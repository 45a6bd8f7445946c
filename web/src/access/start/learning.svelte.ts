// Which classes are being learned, by this page's order: it goes on when one looks elsewhere.

import { get, problemOf } from '../../api/client';
import type { Profiles } from '../../api/types';
import { clock } from '../../base/clock.svelte';
import { cluster } from '../../cluster/cluster.svelte';
import { askHistory, learn } from '../../profiles/ask';
import { failureSince, isLearnedSince } from '../../profiles/learning';
import { classOf } from '../../profiles/profiles';

const kEach_ms = 10_000; // in case an event is missed

interface Learned {
  since: number; // by the viewer's clock; 0: it is over
  problem: string;
}

class Learning {
  classes = $state<Record<string, Learned>>({});
  private unhear: (() => void) | undefined;
  private timer: ReturnType<typeof setInterval> | undefined;

  isBusy(name: string): boolean {
    return (this.classes[name]?.since ?? 0) > 0;
  }

  /** From one node that is trusted, or, without one, from what all have in common. */
  async order(name: string, node: string): Promise<void> {
    this.unhear ??= cluster.onEvent(({ kind, subject }) => {
      if (kind === 'reset') void this.lookAtAll();
      const known = classOf(subject);
      if (!this.isBusy(known)) return;
      if (kind === 'profile-waiting') this.end(known);
      if (kind === 'profile-not-learned') void this.look(known);
    });
    this.classes[name] = { since: Date.now(), problem: '' };
    try {
      await learn(name, node);
      this.timer ??= setInterval(() => void this.lookAtAll(), kEach_ms);
    } catch (error) {
      this.end(name, problemOf(error));
    }
  }

  end(name: string, problem = ''): void {
    this.classes[name] = { since: 0, problem };
    if (Object.keys(this.classes).some((each) => this.isBusy(each))) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private async lookAtAll(): Promise<void> {
    if (cluster.halted) return;
    for (const name of Object.keys(this.classes)) if (this.isBusy(name)) await this.look(name);
  }

  /** Whether it has ended, and if it came to nothing, why: its history says. */
  private async look(name: string): Promise<void> {
    const { since } = this.classes[name]!;
    const at = clock.atServer(since);
    try {
      const failure = failureSince((await askHistory(name)).entries, at);
      const waiting = failure === null ? (await get<Profiles>('/profiles')).waiting : [];
      if (this.classes[name]?.since !== since) return; // it was ordered anew
      if (failure !== null) this.end(name, failure);
      else if (isLearnedSince(waiting, name, at)) this.end(name);
    } catch {
      // It is looked at again.
    }
  }
}

export const learning = new Learning();
