/** Work that is asked for more often than it has to be done: never twice at once, and not again
    before a while has passed. Asked for during the work, it is done once more. */
export class Throttle {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private isRunning = false;
  private isWanted = false;
  private ended = 0;

  constructor(
    private readonly run: () => Promise<void>,
    private readonly soonest_ms: number,
  ) {}

  ask(): void {
    this.isWanted = true;
    if (this.isRunning || this.timer !== undefined) return;
    const wait = Math.max(0, this.ended + this.soonest_ms - Date.now());
    this.timer = setTimeout(() => void this.work(), wait);
  }

  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.isWanted = false;
  }

  private async work(): Promise<void> {
    this.timer = undefined;
    this.isRunning = true;
    this.isWanted = false;
    try {
      await this.run();
    } finally {
      this.isRunning = false;
      this.ended = Date.now();
      if (this.isWanted) this.ask();
    }
  }
}
