// What the benchmarks of the pages measure in headless Chromium.

import { readdirSync, readFileSync } from 'node:fs';
import { Watched, launch, logIn } from '../../tests/web/browser.mjs';

/** Logged in, with long tasks noted from the beginning of each page. */
export async function begin(facts) {
  const browser = await launch();
  const watched = await Watched.open(browser, facts.url);
  const { page } = watched;
  await page.addInitScript(() => {
    window.longTasks = [];
    new PerformanceObserver((list) => {
      for (const { startTime, duration } of list.getEntries())
        window.longTasks.push({ startTime, duration });
    }).observe({ type: 'longtask', buffered: true });
  });
  await logIn(watched, facts.user, facts.password);
  const session = await watched.context.newCDPSession(page);
  await session.send('Performance.enable');
  return { browser, watched, page, session };
}

/** Of the tasks that began after `since` (the page's clock): the longest, in milliseconds. */
export function longestTask(page, since = 0) {
  return page.evaluate(
    (from) =>
      window.longTasks.reduce(
        (most, task) => (task.startTime >= from ? Math.max(most, task.duration) : most),
        0,
      ),
    since,
  );
}

export async function heap_mib(session) {
  await session.send('HeapProfiler.collectGarbage');
  const { metrics } = await session.send('Performance.getMetrics');
  return metrics.find(({ name }) => name === 'JSHeapUsedSize').value / (1 << 20);
}

/** Of all of the browser's processes: what is theirs alone, and their share of the rest. */
export function browser_mib() {
  const parents = new Map();
  for (const name of readdirSync('/proc').filter((each) => /^\d+$/.test(each))) {
    try {
      parents.set(
        Number(name),
        Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${name}/status`, 'utf8'))[1]),
      );
    } catch {
      // It has ended.
    }
  }
  const isOurs = (pid) =>
    pid === process.pid || (parents.has(pid) && pid !== 1 && isOurs(parents.get(pid)));
  let total = 0;
  for (const pid of parents.keys()) {
    if (pid === process.pid || !isOurs(pid)) continue;
    try {
      total += Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))[1]);
    } catch {
      // Likewise.
    }
  }
  return total / 1024;
}

/** Who draws: software, in a benchmark that is to be the same everywhere. */
export function renderer(page) {
  return page.evaluate(() => {
    const gl = document.createElement('canvas').getContext('webgl2');
    if (!gl) return 'no WebGL2';
    const info = gl.getExtension('WEBGL_debug_renderer_info');
    return `WebGL2 by ${info ? gl.getParameter(info.UNMASKED_RENDERER_WEBGL) : 'an unknown renderer'}`;
  });
}

export const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
