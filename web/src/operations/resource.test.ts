import { describe, expect, it } from 'vitest';
import { Resource } from './resource.svelte';

/** Answers that come when a test says so. */
function questions() {
  const asked: { answer: (value: string) => void; fail: (why: string) => void }[] = [];
  const ask = () =>
    new Promise<string>((resolve, reject) =>
      asked.push({ answer: resolve, fail: (why) => reject(new Error(why)) }),
    );
  return { asked, resource: new Resource<string>(ask) };
}

describe('a resource', () => {
  it('keeps what it has, and says why there is nothing newer', async () => {
    const { asked, resource } = questions();
    const first = resource.reload();
    asked[0]!.answer('old');
    await first;
    const at = resource.at;
    expect(resource.value).toBe('old');
    const second = resource.reload();
    asked[1]!.fail('away');
    await second;
    expect([resource.value, resource.problem, resource.at]).toEqual(['old', 'away', at]);
  });
  it('never takes an answer that was overtaken', async () => {
    const { asked, resource } = questions();
    const slow = resource.reload();
    const quick = resource.reload();
    asked[1]!.answer('new');
    await quick;
    asked[0]!.answer('old');
    await slow;
    expect(resource.value).toBe('new');
  });
  it('does not complain of a question that was overtaken', async () => {
    const { asked, resource } = questions();
    const slow = resource.reload();
    const quick = resource.reload();
    asked[1]!.answer('new');
    await quick;
    asked[0]!.fail('away');
    await slow;
    expect([resource.value, resource.problem]).toEqual(['new', '']);
  });
  it('forgets what was wrong once it is answered', async () => {
    const { asked, resource } = questions();
    const first = resource.reload();
    asked[0]!.fail('away');
    await first;
    expect(resource.problem).toBe('away');
    const second = resource.reload();
    asked[1]!.answer('x');
    await second;
    expect(resource.problem).toBe('');
  });
});
