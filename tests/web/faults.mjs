/** What is wrong, and everywhere that it is. */
export class Faults {
  places = new Map();

  note(faults, ...where) {
    for (const fault of faults) {
      if (!this.places.has(fault)) this.places.set(fault, new Set());
      this.places.get(fault).add(where.filter(Boolean).join(' '));
    }
  }

  /** Throws if there are any. */
  check() {
    if (this.places.size === 0) return;
    const lines = [...this.places].map(([fault, places]) => `${[...places].join(', ')}: ${fault}`);
    throw new Error(`${lines.length} faults:\n${lines.join('\n')}`);
  }
}
