// Who looks at the page, and what he may.

import { ApiError, get, problemOf, send } from '../api/client';
import { suffices } from '../api/roles';
import type { Me, Role } from '../api/types';

const kRetry_ms = 3000;

/** Only this says that it is nobody: an answer that is lost says nothing of who asks. */
function isNobody(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 401 || error.status === 403);
}

export class Session {
  me = $state.raw<Me | null>(null);
  /** Nobody knows yet who it is. */
  unknown = $state(true);
  /** Why that is not known; empty: nothing is wrong. */
  problem = $state('');
  /** The session of `me` ended by itself: his view is kept until somebody logs in. */
  hasEnded = $state(false);

  may(role: Role): boolean {
    return this.me !== null && suffices(this.me.role, role);
  }

  /** Sees all classes: what concerns the cluster as a whole is for these. */
  get seesAll(): boolean {
    return this.me !== null && this.me.classes.length === 0;
  }

  /** Asks who it is until that is known. Returns how to end that; for $effect. */
  find(): () => void {
    let timer: ReturnType<typeof setTimeout>;
    const ending = new AbortController();
    const look = async () => {
      try {
        await this.load(ending.signal);
      } catch (error) {
        if (ending.signal.aborted) return;
        if (isNobody(error)) this.take(null);
        else {
          this.problem = problemOf(error);
          timer = setTimeout(look, kRetry_ms);
        }
      }
    };
    void look();
    return () => {
      ending.abort();
      clearTimeout(timer);
    };
  }

  private async load(signal?: AbortSignal): Promise<void> {
    const me = await get<Me>('/me', {}, signal);
    if (!signal?.aborted) this.take(me);
  }

  private take(me: Me | null): void {
    this.me = me;
    this.unknown = this.hasEnded = false;
    this.problem = '';
  }

  /** The server does not know him any more. */
  end(): void {
    this.hasEnded = this.me !== null;
  }

  /** Errors: ApiError, also where it is not known afterwards who it is. */
  async logIn(user: string, password: string): Promise<void> {
    await send('POST', '/session', { user, password });
    await this.load();
  }

  async logOut(): Promise<void> {
    try {
      await send('DELETE', '/session');
    } catch (error) {
      // Whose session has ended already is out.
      if (!(error instanceof ApiError) || error.status !== 401) throw error;
    }
    this.take(null);
  }
}

export const session = new Session();
