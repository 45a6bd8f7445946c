// The alerts by cause as the page knows them, kept up to date as long as somebody looks at them.
// One of it for the open ones, for whatever shows them side by side.

import { untrack } from 'svelte';
import { get, problemOf } from '../api/client';
import type { AlertPage, AlertRow, Me } from '../api/types';
import { Throttle } from '../base/throttle';
import { cluster } from '../cluster/cluster.svelte';
import { session } from '../shell/session.svelte';

const kPage = 1000;
/** Causes beyond these are asked for when somebody wants them: people read no more. */
const kAtOnce = 10_000;
const kSoonest_ms = 1000; // between two loads
const kPatience_ms = 15_000; // what no event tells of, such as an acknowledgement that is over

export class AlertList {
  rows = $state.raw<AlertRow[]>([]);
  /** Counts the loads; 0: nothing is known yet. */
  revision = $state(0);
  /** When it was so; milliseconds, local clock. */
  loadedAt = $state(0);
  /** Of all causes; more than `rows` has: the rest was not asked for. */
  total = $state(0);
  /** Every node that is to be examined is proven. */
  complete = $state(false);
  unproven = $state(0);
  problem = $state('');

  private readonly all: boolean;
  private viewers = 0;
  private most = kAtOnce;
  private running: Promise<void> | undefined;
  private again = false;
  private seen = -1;
  private whose: Me | null = null;
  private readonly soon = new Throttle(async () => {
    if (cluster.paused || cluster.halted || document.hidden) return;
    if (this.viewers > 0) await this.load();
  }, kSoonest_ms);

  constructor({ all }: { all: boolean }) {
    this.all = all;
  }

  get hasMore(): boolean {
    return this.total > this.rows.length;
  }

  /** Keeps it up to date until the answer is called. For an $effect. */
  watch = (): (() => void) => {
    ++this.viewers;
    untrack(() => this.forgetOthers());
    const endEvents = cluster.onEvent((event) => {
      if (event.kind.startsWith('alert') || event.kind === 'reset') this.soon.ask();
    });
    const endRevision = $effect.root(() => {
      $effect(() => {
        const { revision, paused } = cluster;
        if (!paused && revision !== this.seen) {
          this.seen = revision;
          this.soon.ask();
        }
      });
    });
    const beat = setInterval(() => this.soon.ask(), kPatience_ms);
    this.soon.ask();
    return () => {
      --this.viewers;
      endEvents();
      endRevision();
      clearInterval(beat);
      if (this.viewers === 0) this.soon.stop();
    };
  };

  loadMore(): Promise<void> {
    this.most += kAtOnce;
    return this.load();
  }

  /** As things are now; one that has begun already does not count. */
  async load(): Promise<void> {
    if (this.running) {
      this.again = true;
      return this.running;
    }
    this.running = this.loadUntilDone();
    try {
      await this.running;
    } finally {
      this.running = undefined;
    }
  }

  /** What somebody else may see is none of the business of who logs in after him. */
  private forgetOthers(): void {
    const { me } = session;
    if (me === this.whose) return;
    this.whose = me;
    this.rows = [];
    this.revision = this.total = this.loadedAt = this.unproven = 0;
    this.complete = false;
    this.problem = '';
  }

  private async loadUntilDone(): Promise<void> {
    do {
      this.again = false;
      try {
        await this.loadPages();
        this.problem = '';
      } catch (error) {
        this.problem = problemOf(error);
      }
    } while (this.again);
  }

  private async loadPages(): Promise<void> {
    const rows: AlertRow[] = [];
    const began = Date.now();
    const { me } = session;
    let page: AlertPage | undefined;
    do {
      const cursor = page?.next;
      page = await get<AlertPage>('/alerts', { limit: kPage, cursor, all: this.all || undefined });
      if (session.me !== me) return; // it is somebody else's answer
      rows.push(...page.alerts);
      // Whoever sees nothing yet is shown the gravest at once.
      if (this.revision === 0 && page.next) this.take(page, [...rows], began);
    } while (page.next && rows.length < this.most);
    this.take(page, rows, began);
  }

  private take(page: AlertPage, rows: AlertRow[], began: number): void {
    this.rows = rows;
    this.total = page.total;
    this.complete = page.complete;
    this.unproven = page.unproven;
    this.loadedAt = began;
    ++this.revision;
  }
}

export const openAlerts = new AlertList({ all: false });
export const allAlerts = new AlertList({ all: true });
