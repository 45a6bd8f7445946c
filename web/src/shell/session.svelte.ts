// Who looks at the page, and what he may.

import { get, send } from '../api/client';
import { suffices } from '../api/roles';
import type { Me, Role } from '../api/types';

class Session {
  me = $state.raw<Me | null>(null);
  /** Nobody has asked yet who it is. */
  unknown = $state(true);

  may(role: Role): boolean {
    return this.me !== null && suffices(this.me.role, role);
  }

  /** Sees all classes: what concerns the cluster as a whole is for these. */
  get seesAll(): boolean {
    return this.me !== null && this.me.classes.length === 0;
  }

  async load(): Promise<void> {
    try {
      this.me = await get<Me>('/me');
    } catch {
      this.me = null;
    }
    this.unknown = false;
  }

  async logIn(user: string, password: string): Promise<void> {
    await send('POST', '/session', { user, password });
    await this.load();
  }

  async logOut(): Promise<void> {
    await send('DELETE', '/session');
    this.me = null;
  }
}

export const session = new Session();
