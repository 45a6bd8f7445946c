// What time it is, here and at the server. Ages are reckoned by the server's clock: the viewer's
// may be wrong.

const kTick_ms = 1000;
const kWorthTelling_ms = 5000;

export class Clock {
  /** The viewer's clock, to the second; milliseconds since 1970. */
  local = $state(Date.now());
  /** How far the server's is ahead of it; milliseconds. */
  private offset = $state(0);

  /** The server's clock. */
  now = $derived(this.local + this.offset);
  /** By how much the two differ, where that is worth telling; 0: it is not. */
  skew = $derived(Math.abs(this.offset) >= kWorthTelling_ms ? this.offset : 0);

  constructor() {
    setInterval(() => this.tick(), kTick_ms);
  }

  tick(): void {
    this.local = Date.now();
  }

  /** What the server's clock showed at a moment of the viewer's; for <Time>, which goes by it. */
  atServer(local: number): number {
    return local + this.offset;
  }

  /** The server's clock as it said, to the second. */
  learn(server: number): void {
    const offset = server + 500 - Date.now();
    // Within what rounding and the way explain, one stays with what one has.
    if (Math.abs(offset - this.offset) > 1500) this.offset = Math.abs(offset) <= 1500 ? 0 : offset;
  }
}

export const clock = new Clock();
