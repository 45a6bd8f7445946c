import { beforeEach, expect, it, vi } from 'vitest';

const { get } = vi.hoisted(() => ({ get: vi.fn() }));
vi.mock('../api/client', async (original) => ({ ...(await original<object>()), get }));

import { OneAlert } from './one.svelte';
import { row } from './test_rows';

beforeEach(() => {
  get.mockReset();
});

it('an answer that comes after a later one is left out', async () => {
  const answers: ((answer: unknown) => void)[] = [];
  get.mockImplementation(() => new Promise((resolve) => answers.push(resolve)));
  const alert = new OneAlert('A-1');
  const first = alert.load();
  const second = alert.load();
  answers[1]!({ rows: [row({ status: 'acknowledged' })] });
  await second;
  answers[0]!({ rows: [row({ status: 'open' })] });
  await first;
  expect(alert.rows.map(({ status }) => status)).toEqual(['acknowledged']);
});
