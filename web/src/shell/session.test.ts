import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Session } from './session.svelte';

const kMe = { user: 'ada', role: 'operator', classes: [], via: 'session' };
const ok = (body: unknown) => Response.json(body);
const refusal = (status: number) =>
  Response.json({ error: { kind: 'failed', message: `no: ${status}` } }, { status });
const nobodyAnswers = () => Promise.reject(new TypeError('failed to fetch'));

let fetched: ReturnType<typeof vi.fn>;
beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('fetch', (fetched = vi.fn()));
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});
const settle = () => vi.advanceTimersByTimeAsync(0);

describe('who it is', () => {
  it.each([401, 403])('is nobody after %s', async (status) => {
    fetched.mockResolvedValue(refusal(status));
    const session = new Session();
    const end = session.find();
    await settle();
    expect([session.unknown, session.me, session.problem]).toEqual([false, null, '']);
    end();
  });

  it.each([
    ['503', () => Promise.resolve(refusal(503)), 'no: 503'],
    ['429', () => Promise.resolve(refusal(429)), 'no: 429'],
    ['a lost answer', nobodyAnswers, 'The server does not answer.'],
    ['no JSON', () => Promise.resolve(new Response('<p>')), expect.any(String)],
  ])('is not known after %s, and is asked again', async (_, answer, problem) => {
    fetched.mockImplementationOnce(answer).mockResolvedValue(ok(kMe));
    const session = new Session();
    const end = session.find();
    await settle();
    expect([session.unknown, session.problem]).toEqual([true, problem]);
    await vi.advanceTimersByTimeAsync(5000);
    expect([session.unknown, session.problem, session.me]).toEqual([false, '', kMe]);
    end();
  });

  it('is asked no more once nobody wants to know', async () => {
    fetched.mockImplementation(nobodyAnswers);
    const end = new Session().find();
    await settle();
    end();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(fetched).toHaveBeenCalledTimes(1);
  });
});

describe('a session', () => {
  async function loggedIn() {
    fetched.mockResolvedValueOnce(new Response(null, { status: 204 }));
    fetched.mockResolvedValueOnce(ok(kMe));
    const session = new Session();
    await session.logIn('ada', 'secret');
    return session;
  }

  it('tells what keeps somebody from logging in', async () => {
    fetched.mockResolvedValueOnce(new Response(null, { status: 204 }));
    fetched.mockResolvedValueOnce(refusal(503));
    await expect(new Session().logIn('ada', 'secret')).rejects.toThrow('no: 503');
  });
  it('keeps whose view it is when it ends by itself', async () => {
    const session = await loggedIn();
    session.end();
    expect([session.hasEnded, session.me]).toEqual([true, kMe]);
    fetched.mockResolvedValueOnce(new Response(null, { status: 204 }));
    fetched.mockResolvedValueOnce(ok({ ...kMe, user: 'bob' }));
    await session.logIn('bob', 'secret');
    expect([session.hasEnded, session.me?.user]).toEqual([false, 'bob']);
  });
  it.each([204, 401])('is over when he logs out, after %s', async (status) => {
    const session = await loggedIn();
    fetched.mockResolvedValueOnce(
      status === 204 ? new Response(null, { status }) : refusal(status),
    );
    await session.logOut();
    expect([session.hasEnded, session.me]).toEqual([false, null]);
  });
});
