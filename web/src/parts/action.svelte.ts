// Something that somebody does: whether it is on its way, and why it did not work.

import { problemOf } from '../api/client';

export class Action {
  busy = $state(false);
  problem = $state('');

  /** True: it is done. False: `problem` says why not, or it is being done already. */
  async run(act: () => Promise<unknown>): Promise<boolean> {
    if (this.busy) return false;
    this.busy = true;
    this.problem = '';
    try {
      await act();
      return true;
    } catch (error) {
      this.problem = problemOf(error);
      return false;
    } finally {
      this.busy = false;
    }
  }
}
