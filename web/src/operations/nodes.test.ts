import { describe, expect, it } from 'vitest';
import { expand } from '../base/nodeset';
import { meant, meantText } from './nodes';

describe('what is meant', () => {
  const known = new Map(['node1', 'node2', 'login1'].map((name, index) => [name, index]));
  it.each([
    ['', 3, [], false],
    ['  ', 3, [], false],
    ['node[1-3]', 2, ['node3'], false],
    ['login1', 1, [], false],
    ['node[1-', 0, [], true],
    ['@nothing', 0, [], true],
  ])('by "%s"', (text, count, unknown, isProblem) => {
    const found = meant(text, known, (wanted) => expand(wanted));
    expect(found).toMatchObject({ count, unknown });
    expect(found.problem !== '').toBe(isProblem);
  });
  it('is said in one line', () => {
    const words = (text: string) => meantText(meant(text, known, (wanted) => expand(wanted)));
    expect(words('node[1-3]')).toBe('2 nodes; not there: node3');
    expect(words('node1')).toBe('1 node');
  });
});
