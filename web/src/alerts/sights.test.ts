import { expect, it } from 'vitest';
import { sightsOf } from './sights';

it('counts what has been looked at', () => {
  expect(sightsOf(new Uint8Array([0, 1, 2, 4, 5, 5, 6, 6, 6]))).toEqual({
    proven: 3,
    partial: 2,
    never: 1,
    unwatched: 3,
  });
});
