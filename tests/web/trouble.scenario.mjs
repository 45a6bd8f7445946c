// What goes wrong around a page: silence, cuts, a restart, sleep, wrong clocks. It says how old its
// data is, catches up without a gap, and never shows old as new.

import assert from 'node:assert/strict';
import { Watched, logIn } from './browser.mjs';
import { Stall } from './stall.mjs';
import { eventually, find, liveWord, notCurrent, shownEvent } from './page.mjs';

const kMinute_ms = 60_000;
const kHour_ms = 60 * kMinute_ms;
const kSweep_ms = 15_000;
/** As nothing in the pages changes it: the wait between polls, and some more for the machine. */
const kCatchUp_ms = 13_000;

/** Requests fail here by design, and Chromium notes each. */
const kExpected =
  /Failed to load resource: net::ERR_|ERR_(CONNECTION|EMPTY|INCOMPLETE|NETWORK|INTERNET)/;

export default async function trouble({ browser, facts, ask, step, open }) {
  const way = await Stall.open(facts.port);
  const begin = async (options = {}) => {
    const watched = await Watched.open(browser, way.url, options);
    watched.allow = (text) => kExpected.test(text);
    open.push(watched);
    return watched;
  };
  const happens = async (host, port) => {
    const nodes = async () => (await ask('alerts')).reduce((sum, row) => sum + row.node_count, 0);
    const before = await nodes();
    await ask('listen', host, port);
    await eventually(async () => (await nodes()) > before, 'the alert', 2 * kSweep_ms);
  };

  const watched = await begin();
  const { page } = watched;
  await page.clock.install();
  await logIn(watched, facts.user, facts.password);
  await find(page, 'live', () => liveWord(page));

  await step('a minute of silence', async () => {
    way.fallSilent();
    const before = await shownEvent(page);
    await happens('node1', 4444);
    assert.equal(await shownEvent(page), before, 'what cannot be known is not shown');
    await page.clock.fastForward(25_000);
    await notCurrent(page, /2[5-9] s old|3\d s old/);
    await page.clock.fastForward(kMinute_ms);
    await notCurrent(page, /1 min old/);
    assert.notEqual(await liveWord(page), 'live');
    way.mend();
    await eventually(async () => (await shownEvent(page)) > before, 'the news', kCatchUp_ms);
    await find(page, 'live', () => liveWord(page));
    assert.equal(await page.getByText('Not current.').count(), 0);
  });

  await step('a cut', async () => {
    const before = await shownEvent(page);
    way.break();
    await eventually(
      async () => (await liveWord(page)) !== 'live',
      'that it is not live',
      kCatchUp_ms,
    );
    await notCurrent(page, /does not answer/);
    await happens('node2', 4444);
    way.mend();
    await eventually(async () => (await shownEvent(page)) > before, 'the news', kCatchUp_ms);
    await find(page, 'live', () => liveWord(page));
  });

  await step('a restart of the daemon', async () => {
    await ask('stop');
    await eventually(
      async () => (await liveWord(page)) !== 'live',
      'that it is not live',
      kCatchUp_ms,
    );
    await ask('listen', 'node3', 4444);
    await ask('start');
    const before = await shownEvent(page);
    await eventually(async () => (await shownEvent(page)) > before, 'the news', 2 * kCatchUp_ms);
    await find(page, 'live', () => liveWord(page));
  });

  await step('an hour of sleep', async () => {
    way.fallSilent();
    await page.clock.fastForward(kHour_ms);
    await notCurrent(page, /1 h old/);
    assert.equal(await liveWord(page), 'old');
    way.mend();
    await find(page, 'live', () => liveWord(page), kCatchUp_ms);
    // The page's clock has gone on, the server's has not.
    await page.getByText(/clock is 1 h\s+ahead of/).waitFor();
  });
  watched.check('trouble');
  await watched.close();

  await step('a clock that is two hours fast, and one that is slow', async () => {
    for (const [hours, words] of [
      [2, 'ahead of'],
      [-2, 'behind'],
    ]) {
      const other = await begin();
      await other.page.clock.install({ time: Date.now() + hours * kHour_ms });
      await logIn(other, facts.user, facts.password);
      await other.page.getByText(new RegExp(`clock is [12] h\\s+${words}`)).waitFor();
      await find(other.page, 'live', () => liveWord(other.page));
      await other.goto('/nodes/node1');
      await other.page.locator('main time').first().waitFor();
      const ages = await other.page.locator('main time').allTextContents();
      assert.ok(
        ages.every((age) => !/\b[12] h ago|in [12] h/.test(age)),
        `ages: ${ages.join(', ')}`,
      );
      other.check('a wrong clock');
      await other.close();
    }
  });

  await step('a view whose code cannot be fetched', async () => {
    const other = await begin();
    await logIn(other, facts.user, facts.password);
    await find(other.page, 'live', () => liveWord(other.page));
    way.break();
    await other.page.getByRole('link', { name: 'Report' }).click();
    await other.page.getByText('This part of the page could not be loaded').waitFor();
    way.mend();
    await other.page.getByRole('heading', { name: 'Report', level: 1 }).waitFor();
    other.check('code that could not be fetched');
    await other.close();
  });

  await step('a clock that is set back while one looks', async () => {
    const other = await begin();
    await other.page.clock.install();
    await logIn(other, facts.user, facts.password);
    await find(other.page, 'live', () => liveWord(other.page));
    way.fallSilent();
    await other.page.clock.setSystemTime(Date.now() - kHour_ms);
    await eventually(async () => (await liveWord(other.page)) !== 'live', 'that it is not live');
    way.mend();
    await find(other.page, 'live', () => liveWord(other.page), kCatchUp_ms);
    other.check('a clock set back');
    await other.close();
  });
  way.close();
}
