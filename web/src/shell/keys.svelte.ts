// Keys that work everywhere, and the commands behind them and behind the palette.

import { untrack } from 'svelte';

export interface Command {
  /** What it does, as the palette and the help say it. */
  title: string;
  /** "g w": one after the other; "?": as typed. None: by the palette alone. */
  keys?: string;
  run: () => void;
}

const kPatience_ms = 1200;

class Keys {
  paletteIsOpen = $state(false);
  helpIsOpen = $state(false);
  /** Of the view that is shown; it adds and removes its own. */
  commands = $state.raw<Command[]>([]);
  private typed = '';
  private typedAt = 0;

  openPalette(): void {
    this.paletteIsOpen = true;
  }

  /** For a view: its commands, as long as it is shown. Returns how to take them away. */
  add(commands: Command[]): () => void {
    // Called from effects, which are not to run again when the list changes.
    untrack(() => (this.commands = [...this.commands, ...commands]));
    return () =>
      untrack(() => {
        this.commands = this.commands.filter((command) => !commands.includes(command));
      });
  }

  /** Runs what was typed; true: it was a command, or the beginning of one. */
  press(event: KeyboardEvent): boolean {
    if (event.ctrlKey || event.metaKey || event.altKey) return false;
    const target = event.target as HTMLElement;
    if (target.closest('input, textarea, select, [contenteditable]')) return false;
    const now = Date.now();
    const before = now - this.typedAt < kPatience_ms ? this.typed : '';
    this.typedAt = now;
    for (const typed of before ? [`${before} ${event.key}`, event.key] : [event.key]) {
      const command = this.commands.find((each) => each.keys === typed);
      if (command) {
        this.typed = '';
        command.run();
        return true;
      }
      if (this.commands.some((each) => each.keys?.startsWith(`${typed} `))) {
        this.typed = typed;
        return true;
      }
    }
    this.typed = '';
    return false;
  }
}

export const keys = new Keys();
