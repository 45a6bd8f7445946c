import { expect, it } from 'vitest';
import type { Nodes } from './cluster.svelte';
import { classSizes, combinationSizes } from './classes';

const classes = [['compute'], [], ['gpu', 'compute'], ['login']];
const classSet = Uint16Array.of(0, 0, 2, 1);

it('counts the nodes of each class, and those of none', () => {
  const { sizes, unclassed } = classSizes(classes, classSet);
  expect([...sizes]).toEqual([
    ['compute', 3],
    ['gpu', 1],
  ]);
  expect(unclassed).toEqual([3]);
});

it('counts those of several classes together, as alerts name them', () => {
  const nodes = { columns: { classSet }, dictionary: { classes } } as unknown as Nodes;
  expect([...combinationSizes(nodes)]).toEqual([
    ['compute', 2],
    ['', 1],
    ['compute+gpu', 1],
    ['login', 0],
  ]);
});
