import { expect, it } from 'vitest';
import { nameText } from './names';

it.each([
  ['n1', 60, 'n1'],
  ['node017', 60, 'node017'],
  ['verylongcluster-node0017', 60, '…ode0017'],
])('%j in %i pixels', (name, cell, expected) => {
  expect(nameText(name, cell)).toBe(expected);
});

it('has nothing in it that would be drawn as something else', () => {
  expect(nameText('a\u202eb\u0007', 112)).not.toMatch(/[\u202e\u0007]/);
});
