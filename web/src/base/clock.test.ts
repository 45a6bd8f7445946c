import { afterEach, expect, it, vi } from 'vitest';
import { Clock } from './clock.svelte';

afterEach(() => vi.useRealTimers());

it('tells moments of here by the clock of the server', () => {
  vi.useFakeTimers({ now: 1_000_000 });
  const clock = new Clock();
  const loaded = Date.now();
  clock.learn(loaded - 3_600_000);
  expect(clock.now - clock.atServer(loaded)).toBe(0);
  vi.advanceTimersByTime(5000);
  expect(clock.now - clock.atServer(loaded)).toBe(5000);
});
