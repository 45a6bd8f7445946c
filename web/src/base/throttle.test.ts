import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Throttle } from './throttle';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

it('works at once, and then not before its time', async () => {
  const run = vi.fn(() => Promise.resolve());
  const throttle = new Throttle(run, 1000);
  for (let i = 0; i < 10; ++i) {
    throttle.ask();
    await vi.advanceTimersByTimeAsync(90);
  }
  expect(run).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(200);
  expect(run).toHaveBeenCalledTimes(2);
  await vi.advanceTimersByTimeAsync(5000);
  expect(run).toHaveBeenCalledTimes(2);
});

it('works once more where it is asked during its work', async () => {
  const run = vi.fn(() => new Promise<void>((resolve) => setTimeout(resolve, 500)));
  const throttle = new Throttle(run, 1000);
  throttle.ask();
  await vi.advanceTimersByTimeAsync(100);
  throttle.ask();
  throttle.ask();
  await vi.advanceTimersByTimeAsync(1000);
  expect(run).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(1000);
  expect(run).toHaveBeenCalledTimes(2);
});

it('does nothing any more when it is stopped', async () => {
  const run = vi.fn(() => Promise.resolve());
  const throttle = new Throttle(run, 1000);
  throttle.ask();
  throttle.stop();
  await vi.advanceTimersByTimeAsync(2000);
  expect(run).not.toHaveBeenCalled();
});
