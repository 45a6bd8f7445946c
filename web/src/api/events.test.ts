import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { EventParser, listen, type LiveEvent } from './events';
import { setHooks } from './client';

const event = (id: number) =>
  `id: ${id}\nevent: alert-raised\ndata: {"subject":"c${id}","nodes":"n${id}"}\n\n`;

describe('a parser', () => {
  it('has told up to the latest event that came whole', () => {
    const parser = new EventParser();
    const heard: string[] = [];
    const push = (text: string) => parser.push(text, ({ subject }) => heard.push(subject));
    push(event(7) + 'id: 8\nevent: alert-ra');
    expect([parser.lastId, heard]).toEqual(['7', ['c7']]);
    push('ised\r\ndata: {"subject":"c8"}\r\n\r\n: still here\n\n');
    expect([parser.lastId, heard]).toEqual(['8', ['c7', 'c8']]);
  });
});

describe('listening', () => {
  let stream: ReadableStreamDefaultController<Uint8Array>;
  let status = 200;
  beforeEach(() => {
    status = 200;
    vi.useFakeTimers();
    vi.stubGlobal('fetch', (_: string, { signal }: RequestInit) => {
      const body = new ReadableStream<Uint8Array>({
        start: (controller) => {
          stream = controller;
          signal?.addEventListener('abort', () => controller.error(new Error('aborted')));
        },
      });
      return Promise.resolve(status === 200 ? new Response(body) : new Response('', { status }));
    });
  });
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.useRealTimers();
  });
  const say = async (text: string) => {
    stream.enqueue(new TextEncoder().encode(text));
    await vi.advanceTimersByTimeAsync(0);
  };
  function begin() {
    const heard: LiveEvent[] = [];
    const places: string[] = [];
    let outcome = '';
    const sink = {
      onSign: () => {},
      onPlace: (id: string) => void places.push(id),
      onEvent: (each: LiveEvent) => void heard.push(each),
    };
    listen('3', sink, new AbortController().signal).then(
      () => (outcome = 'ended'),
      () => (outcome = 'broken'),
    );
    return { heard, places, outcome: () => outcome };
  }

  it('knows its place when the stream breaks', async () => {
    const { heard, places, outcome } = begin();
    await vi.advanceTimersByTimeAsync(0);
    await say(event(4) + event(5));
    stream.error(new Error('broken'));
    await vi.advanceTimersByTimeAsync(0);
    expect([heard.length, places.at(-1), outcome()]).toEqual([2, '5', 'broken']);
  });

  it('takes a long silence for the end, and signs of life for none', async () => {
    const { outcome } = begin();
    await vi.advanceTimersByTimeAsync(0);
    for (let i = 0; i < 5; ++i) {
      await vi.advanceTimersByTimeAsync(15_000);
      await say(': still here\n\n');
    }
    expect(outcome()).toBe('');
    await vi.advanceTimersByTimeAsync(46_000);
    expect(outcome()).toBe('broken');
  });

  it('tells who has to log in again', async () => {
    const onUnknown = vi.fn();
    setHooks({ onUnknown, onServerTime() {} });
    status = 401;
    const { outcome } = begin();
    await vi.advanceTimersByTimeAsync(0);
    await vi.advanceTimersByTimeAsync(0);
    expect([onUnknown.mock.calls.length, outcome()]).toEqual([1, 'broken']);
  });
});
