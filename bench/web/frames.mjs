// The wall: until its first meaningful picture, and panning. node frames.mjs FACTS

import { begin, browser_mib, heap_mib, longestTask, median, renderer } from './measure.mjs';

const facts = JSON.parse(process.argv[2]);
const { browser, watched, page, session } = await begin(facts);

await page.addInitScript(() => {
  // The wall counts what it has drawn, and draws nothing before it has nodes; what was drawn is on the
  // screen at the frame after.
  const observer = new MutationObserver(() => {
    if (!document.querySelector('canvas.nodes[data-frames]')) return;
    observer.disconnect();
    requestAnimationFrame(() => requestAnimationFrame((at) => (window.firstPicture = at)));
  });
  observer.observe(document, { subtree: true, childList: true, attributeFilter: ['data-frames'] });
});

/** Seconds from navigation until the wall with its nodes is there. */
async function firstPicture() {
  await watched.goto('/');
  const handle = await page.waitForFunction(() => window.firstPicture, null, {
    polling: 50,
    timeout: 60_000,
  });
  return (await handle.jsonValue()) / 1000;
}

const pictures = [];
for (let round = 0; round < facts.rounds; ++round) pictures.push(await firstPicture());
await page.waitForTimeout(2000);

const canvas = page.locator('main canvas.nodes');
const box = await canvas.boundingBox();
const middle = [box.x + box.width / 2, box.y + Math.min(box.height, 800) / 2];
await page.mouse.move(...middle);
for (let i = 0; i < 6; ++i) await page.mouse.wheel(0, -240); // in, so that there is somewhere to go
await page.waitForTimeout(500);
const eventOf = async () =>
  Number((await page.locator('header .live').getAttribute('title')).replace(/\D+/, ''));
const drawnOf = async () => Number(await canvas.getAttribute('data-frames'));
const drawnBefore = await drawnOf();
const from = await page.evaluate(() => performance.now());
const eventBefore = await eventOf();
await page.evaluate(() => {
  window.frames_ = [];
  const note = (at) => {
    window.frames_.push(at);
    requestAnimationFrame(note);
  };
  requestAnimationFrame(note);
});
await page.mouse.down();
const until = Date.now() + facts.seconds * 1000;
let moves = 0;
const sent = [];
while (Date.now() < until) {
  const angle = (moves++ / 90) * Math.PI;
  // Not waited for: a hand does not wait for the page either.
  sent.push(page.mouse.move(middle[0] + 250 * Math.cos(angle), middle[1] + 200 * Math.sin(angle)));
  await new Promise((resolve) => setTimeout(resolve, 8));
}
await Promise.all(sent);
await page.mouse.up();
const times = await page.evaluate(() => window.frames_);
const gaps = times.slice(1).map((at, index) => at - times[index]);
const result = {
  picture_s: median(pictures),
  frames: (gaps.length * 1000) / (times.at(-1) - times[0]),
  drawn: ((await drawnOf()) - drawnBefore) / ((times.at(-1) - times[0]) / 1000),
  longest_ms: Math.max(...gaps),
  task_ms: await longestTask(page, from),
  revisions: ((await eventOf()) - eventBefore) / facts.seconds,
  heap_mib: await heap_mib(session),
  browser_mib: browser_mib(),
  renderer: await renderer(page),
};
if (facts.picture) {
  await page.keyboard.press('0'); // all of it
  await page.waitForTimeout(500);
  await page.screenshot({ path: facts.picture });
}
watched.check('frames');
console.log(JSON.stringify(result));
await browser.close();
