import { describe, expect, it } from 'vitest';
import { uniqueKeys } from './table';

describe('keys of rows', () => {
  it.each([
    ['are theirs', ['a', 'b'], ['a', 'b']],
    ['are told apart by the place', ['a', 'a', 'b', 'a'], ['a', 'a\u00001', 'b', 'a\u00003']],
    ['of none', [], []],
  ])('%s', (_, keys, unique) => {
    expect(uniqueKeys(keys.map((key, place) => ({ key, place })))).toEqual(unique);
  });
});
