// Which classes are being learned, by this page's order: it goes on when one looks elsewhere.

import { get, problemOf, send } from '../../api/client';
import { moment } from '../../base/time';
import { cluster } from '../../cluster/cluster.svelte';
import { classOf } from '../../profiles/profiles';

interface Learned {
  since: number; // by the viewer's clock; 0: it is over
  problem: string;
}

interface History {
  entries: { at: string; by: string; action: string; detail: string }[];
}

const path = (name: string) => `/profiles/${encodeURIComponent(name)}`;

class Learning {
  classes = $state<Record<string, Learned>>({});
  private unhear: (() => void) | undefined;

  isBusy(name: string): boolean {
    return (this.classes[name]?.since ?? 0) > 0;
  }

  /** From one node that is trusted, or, without one, from what all have in common. */
  async order(name: string, node: string): Promise<void> {
    this.unhear ??= cluster.onEvent(({ kind, subject }) => {
      const known = classOf(subject);
      if (!this.isBusy(known)) return;
      if (kind === 'profile-waiting') this.end(known);
      if (kind === 'profile-not-learned') void this.fail(known);
    });
    this.classes[name] = { since: Date.now(), problem: '' };
    try {
      await send('POST', `${path(name)}/learn`, node ? { node } : {});
    } catch (error) {
      this.end(name, problemOf(error));
    }
  }

  end(name: string, problem = ''): void {
    this.classes[name] = { since: 0, problem };
  }

  /** It came to nothing; why, its history says. */
  private async fail(name: string): Promise<void> {
    let problem = 'It could not be learned.';
    try {
      const { entries } = await get<History>(`${path(name)}/history`);
      const latest = [...entries].sort((a, b) => moment(b.at) - moment(a.at))[0];
      if (latest?.detail) problem = latest.detail;
    } catch {
      // What is known has to do.
    }
    this.end(name, problem);
  }
}

export const learning = new Learning();
