import { describe, expect, it, vi } from 'vitest';
import { actionCommands, onActionKey } from './action_keys';

const press = (key: string, more: object = {}, isInField = false) => {
  const act = vi.fn();
  const event = {
    key,
    target: { closest: () => (isInField ? {} : null) },
    preventDefault: vi.fn(),
    ...more,
  };
  onActionKey(event as unknown as KeyboardEvent, act);
  return act.mock.calls.flat();
};

describe('the keys', () => {
  it.each([
    ['acknowledge', press('a'), ['acknowledge']],
    ['silence', press('s'), ['silence']],
    ['resolve', press('r'), ['resolve']],
    ['are letters of what is typed in a field', press('a', {}, true), []],
    ['leave those of the browser alone', press('r', { ctrlKey: true }), []],
    ['leave alone what somebody has dealt with', press('a', { defaultPrevented: true }), []],
    ['are no others', press('x'), []],
  ])('%s', (_, done, wanted) => expect(done).toEqual(wanted));

  it('are not those of the page beside the wall', () => {
    const act = vi.fn();
    expect(actionCommands('A-1', true, act).map(({ keys }) => keys)).toEqual(['a', 's', 'r']);
    expect(actionCommands('A-1', false, act).map(({ keys }) => keys)).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});
