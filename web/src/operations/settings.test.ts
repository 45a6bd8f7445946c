import { describe, expect, it } from 'vitest';
import { changesOf, fieldsOf, keyOfProblem } from './settings';

describe('settings', () => {
  const before = { collector: 'ports', interval: '1h', window: '22:00-06:00' };
  it('are shown in their usual order, those of the collector last', () => {
    const keys = fieldsOf({ ...before, ports: '22', busy: 'scan' }).map(({ key }) => key);
    expect(keys).toEqual(['collector', 'interval', 'busy', 'window', 'ports']);
  });
  it.each([
    ['nothing', fieldsOf(before), {}],
    ['spaces', [...fieldsOf(before), { key: ' ', value: 'x' }], {}],
    [
      'another value',
      [
        { key: 'collector', value: 'ports' },
        { key: 'interval', value: ' 30m ' },
        { key: 'window', value: '22:00-06:00' },
      ],
      { interval: '30m' },
    ],
    [
      'one more and one less',
      [
        { key: 'collector', value: 'ports' },
        { key: 'interval', value: '1h' },
        { key: 'ports', value: '1-1024' },
      ],
      { ports: '1-1024', window: '' },
    ],
  ])('send %s', (_, after, expected) => {
    expect(changesOf(before, after)).toEqual(expected);
  });
  it.each([
    ['interval: "1x" will not do', 'interval'],
    ['nodes: there is no class', undefined],
    ['the store is away', undefined],
  ])('know which one a problem is of: %s', (message, key) => {
    expect(keyOfProblem(message, ['interval', 'window'])).toBe(key);
  });
});
