// The list of alerts: until its rows are there, and what keeps the page busy. node alerts.mjs FACTS

import { begin, heap_mib, longestTask, renderer } from './measure.mjs';

const facts = JSON.parse(process.argv[2]);
const { browser, watched, page, session } = await begin(facts);

await page.setViewportSize({ width: 1440, height: 40 * 50 + 600 }); // as high as all rows
await watched.goto('/alerts');
const rows = page.locator('main [role=grid] [role=row][data-index]');
const handle = await page.waitForFunction(
  (many) => {
    const there = document.querySelectorAll('main [role=grid] [role=row][data-index]').length;
    return there >= many ? performance.now() : 0;
  },
  facts.causes,
  { polling: 50, timeout: 60_000 },
);
const result = { rows: await rows.count(), rows_s: (await handle.jsonValue()) / 1000 };
await page.waitForTimeout(1000);
await rows.nth(3).hover(); // lights up its nodes
await page.waitForTimeout(300);
for (const head of await page.locator('main [role=grid] [role=columnheader] button').all())
  await head.click();
await page.setViewportSize({ width: 1440, height: 900 });
for (let i = 0; i < 10; ++i) await page.mouse.wheel(0, 300);
await page.waitForTimeout(500);
result.task_ms = await longestTask(page);
result.heap_mib = await heap_mib(session);
result.renderer = await renderer(page);
if (facts.picture) await page.screenshot({ path: facts.picture });
watched.check('alerts');
console.log(JSON.stringify(result));
await browser.close();
