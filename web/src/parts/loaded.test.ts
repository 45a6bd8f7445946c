import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { LiveEvent } from '../api/events';
import { cluster } from '../cluster/cluster.svelte';
import { Loaded, ofKinds } from './loaded.svelte';

let end = () => {};
let listener: (event: LiveEvent) => void = () => {};
beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
  const document = { hidden: false, addEventListener() {}, removeEventListener() {} };
  vi.stubGlobal('document', document);
  vi.spyOn(cluster, 'onEvent').mockImplementation((given) => {
    listener = given;
    return () => {};
  });
});
afterEach(() => {
  end();
  cluster.paused = false;
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** Answers that come when a test says so. */
function questions() {
  const asked: { answer: (value: string) => void; fail: (why: string) => void }[] = [];
  const ask = () =>
    new Promise<string>((resolve, reject) =>
      asked.push({ answer: resolve, fail: (why) => reject(new Error(why)) }),
    );
  const loaded = new Loaded<string>(ask, { concerns: ofKinds('run-') });
  end = loaded.follow();
  return { asked, loaded };
}
const settle = () => vi.advanceTimersByTimeAsync(0);
const tell = (kind: string) => listener({ kind, subject: '', nodes: '' });

describe('what is loaded', () => {
  it('keeps what it has, and says why there is nothing newer', async () => {
    const { asked, loaded } = questions();
    asked[0]!.answer('old');
    await settle();
    const { at } = loaded;
    expect([loaded.value, loaded.isOld]).toEqual(['old', false]);
    void loaded.reload();
    asked[1]!.fail('away');
    await settle();
    expect([loaded.value, loaded.problem, loaded.at]).toEqual(['old', 'away', at]);
    expect(loaded.isOld).toBe(true);
    void loaded.reload();
    asked[2]!.answer('new');
    await settle();
    expect([loaded.value, loaded.problem]).toEqual(['new', '']);
  });

  it('asks one question at a time, and once more where it was asked meanwhile', async () => {
    const { asked, loaded } = questions();
    let isDone = false;
    void loaded.reload().then(() => (isDone = true));
    void loaded.reload();
    expect(asked).toHaveLength(1);
    asked[0]!.answer('of before');
    await settle();
    expect([asked.length, isDone]).toEqual([2, false]);
    asked[1]!.answer('of after');
    await settle();
    expect([asked.length, isDone, loaded.value]).toEqual([2, true, 'of after']);
  });

  it('takes no answer to what was asked before it was begun anew', async () => {
    const { asked, loaded } = questions();
    end();
    end = loaded.follow();
    asked[1]!.answer('new');
    await settle();
    asked[0]!.answer('old');
    await settle();
    expect(loaded.value).toBe('new');
  });

  it('is not starved by events that come without end', async () => {
    const { asked } = questions();
    asked[0]!.answer('x');
    await settle();
    for (let i = 0; i < 20; ++i) {
      tell('run-ended');
      await vi.advanceTimersByTimeAsync(100);
    }
    expect(asked).toHaveLength(2);
  });

  it.each([
    ['alert-raised', 1],
    ['run-ended', 2],
    ['reset', 2],
  ])('after %s', async (kind, questionsThen) => {
    const { asked } = questions();
    asked[0]!.answer('x');
    await settle();
    tell(kind);
    await vi.advanceTimersByTimeAsync(2000);
    expect(asked).toHaveLength(questionsThen);
  });

  it('stands still while the page is paused, and goes on then', async () => {
    const { asked } = questions();
    asked[0]!.answer('x');
    await settle();
    cluster.paused = true;
    tell('run-ended');
    await vi.advanceTimersByTimeAsync(120_000);
    expect(asked).toHaveLength(1);
    cluster.paused = false;
    await vi.advanceTimersByTimeAsync(1000);
    expect(asked).toHaveLength(2);
  });
});
