// Requests to /api/v1. A session's cookie goes along by itself; no secret is ever part of a URL.

export class ApiError extends Error {
  constructor(
    readonly status: number, // 0: nobody answered
    readonly kind: string, // "invalid", "denied", ... ; "unreachable" where nobody answered
    message: string,
  ) {
    super(message);
  }
}

export type Query = Record<string, string | number | boolean | null | undefined>;

/** What every request tells besides its answer. */
export interface ClientHooks {
  /** Somebody has to log in again. */
  onUnknown(): void;
  /** The server's clock, in milliseconds since 1970, to the second. */
  onServerTime(at: number): void;
}

let hooks: ClientHooks = { onUnknown() {}, onServerTime() {} };

export function setHooks(next: ClientHooks): void {
  hooks = next;
}

const kPatience_ms = 30_000;

export function pathOf(path: string, query: Query = {}): string {
  const fields = Object.entries(query).filter(
    ([, value]) => value !== undefined && value !== null && value !== '',
  );
  const text = new URLSearchParams(fields.map(([key, value]) => [key, String(value)])).toString();
  return `/api/v1${path}${text ? `?${text}` : ''}`;
}

/** The answer, whatever its status. Throws ApiError where nobody answers. */
export async function request(path: string, init: RequestInit = {}): Promise<Response> {
  const given = init.signal;
  const limit = AbortSignal.timeout(kPatience_ms);
  const headers = new Headers(init.headers);
  headers.set('X-Lockstep-Request', '1');
  let response: Response;
  try {
    response = await fetch(path, {
      ...init,
      headers,
      credentials: 'same-origin',
      redirect: 'error',
      signal: given ? AbortSignal.any([given, limit]) : limit,
    });
  } catch (error) {
    if (given?.aborted) throw error;
    throw new ApiError(0, 'unreachable', 'The server does not answer.');
  }
  const date = Date.parse(response.headers.get('Date') ?? '');
  if (!Number.isNaN(date)) hooks.onServerTime(date);
  return response;
}

/** Throws what the server said instead of an answer; tells where somebody has to log in again. */
export async function refuse(response: Response, { isLogin = false } = {}): Promise<never> {
  // Whoever logs in has no session yet: his wrong password is no reason to send him to log in.
  if (response.status === 401 && !isLogin) hooks.onUnknown();
  let kind = 'failed';
  let message = `The server answered ${response.status}.`;
  try {
    const { error } = await response.json();
    if (typeof error === 'string') message = error;
    else ({ kind, message } = error);
  } catch {
    // Not JSON: the status has to do.
  }
  throw new ApiError(response.status, kind, message);
}

async function ask<T>(method: string, path: string, query: Query, init: RequestInit): Promise<T> {
  const response = await request(pathOf(path, query), { method, ...init });
  const isLogin = method === 'POST' && path === '/session';
  if (!response.ok) await refuse(response, { isLogin });
  if (response.status === 204) return undefined as T;
  return (await response.json()) as T;
}

export function get<T>(path: string, query: Query = {}, signal?: AbortSignal): Promise<T> {
  return ask<T>('GET', path, query, { signal: signal ?? null });
}

/** A change, with a JSON body. */
export function send<T = void>(
  method: 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  path: string,
  body?: unknown,
): Promise<T> {
  const init: RequestInit = {};
  if (body !== undefined) {
    init.headers = { 'Content-Type': 'application/json' };
    init.body = JSON.stringify(body);
  }
  return ask<T>(method, path, {}, init);
}

/** A change whose body is a file. */
export function upload<T>(path: string, file: Blob): Promise<T> {
  const headers = { 'Content-Type': 'application/octet-stream' };
  return ask<T>('POST', path, {}, { headers, body: file });
}

/** For a person: what went wrong, and what to do. */
export function problemOf(error: unknown): string {
  if (error instanceof ApiError) return error.message;
  return error instanceof Error ? error.message : String(error);
}
