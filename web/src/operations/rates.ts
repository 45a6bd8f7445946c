// How fast something goes that is counted, from what was counted when.

export interface Count {
  at: number; // milliseconds
  done: number;
}

const kPeriod_ms = 30_000; // of the latest so much

export class Rate {
  private counts: Count[] = [];

  /** What was counted at a moment. Less than before: it began anew. */
  learn(at: number, done: number): void {
    const last = this.counts.at(-1);
    if (last && done < last.done) this.counts = [];
    if (last && at <= last.at) return;
    this.counts.push({ at, done });
    while (this.counts.length > 2 && at - this.counts[0]!.at > kPeriod_ms) this.counts.shift();
  }

  /** A second; null: not known yet. */
  get perSecond(): number | null {
    const [first] = this.counts;
    const last = this.counts.at(-1);
    if (!first || !last || last.at === first.at) return null;
    return ((last.done - first.done) * 1000) / (last.at - first.at);
  }
}
