// What somebody does who is on call: from the link to set a password up to logging out.

import assert from 'node:assert/strict';
import { Watched } from './browser.mjs';
import { eventually, find, liveWord } from './page.mjs';

/** Sweeps run each 10 s; two of them, and what a shared machine adds. */
const kTwoSweeps_ms = 35_000;

export async function tour({ browser, facts, ask, step, open }, Hand) {
  const watched = await Watched.open(browser, facts.url);
  open.push(watched);
  const { page } = watched;
  const hand = new Hand(page);
  const main = page.locator('main');
  const button = (name, within = main) => within.getByRole('button', { name });
  const dialog = page.getByRole('dialog');

  await step('the link', async () => {
    await page.goto(facts.url + (await ask('invite', 'kim', 'admin')));
    await hand.write(page.getByLabel(/^Password/), facts.password);
    await hand.write(page.getByLabel('The same again'), facts.password);
    await hand.press(button('Set it and log in'));
    await page.getByRole('navigation', { name: 'Views' }).waitFor();
    assert.doesNotMatch(page.url(), /lsi_/, 'no secret stays in the address');
    assert.equal(await page.evaluate(() => history.state), null);
  });

  await step('learn and approve', async () => {
    await hand.goTo('Profiles');
    await hand.openRow(main.getByRole('grid').first(), 'compute');
    await page.waitForURL(/\/profiles\/compute/);
    await hand.press(button(/^Learn/));
    if (await dialog.isVisible()) await hand.press(button(/^Learn/, dialog));
    await button(/^Approve/)
      .first()
      .waitFor({ timeout: kTwoSweeps_ms });
    await hand.press(button(/^Approve/).first());
    await dialog.waitFor();
    await hand.press(button(/^Approve/, dialog));
    await main
      .getByText(/by kim/)
      .first()
      .waitFor();
    assert.equal(await main.getByText(/being examined/).count(), 0);
  });

  await step('an intrusion appears on the wall', async () => {
    await hand.goTo('Wall');
    await find(page, 'live', () => liveWord(page));
    await page.evaluate(() => (window.isTheSame = true));
    await ask('listen', 'node3', 4444);
    await main.getByText(/4444/).first().waitFor({ timeout: kTwoSweeps_ms });
    assert.ok(await page.evaluate(() => window.isTheSame), 'the page was not loaded again');
  });

  await step('down to the node', async () => {
    await hand.openNode(main.getByRole('application'), 'node3');
    await page.waitForURL(/\/nodes\/node3/);
    await page.getByRole('heading', { level: 1, name: 'node3' }).waitFor();
    await main.getByText('4444').first().waitFor();
  });

  const openCause = async () => {
    await hand.goTo('Alerts');
    await hand.openRow(main.getByRole('grid').first(), '4444');
    await page.waitForURL(/\/alerts\/A-/);
  };
  const status = async () => (await ask('alerts')).find(({ port }) => port === 4444)?.status;
  await step('acknowledge', async () => {
    await openCause();
    await hand.press(button(/^Acknowledge…/));
    await hand.write(dialog.getByLabel('Note'), 'I ask who started it');
    await hand.press(button('Acknowledge', dialog));
    await dialog.waitFor({ state: 'hidden' });
    await find(page, 'acknowledged', status);
    await main.getByText('I ask who started it').first().waitFor();
  });
  await step('silence', async () => {
    await hand.press(button(/^Silence…/));
    await hand.press(button('Silence', dialog));
    await dialog.waitFor({ state: 'hidden' });
    await find(page, 'silenced', status);
  });

  await step('a profile edited', async () => {
    await hand.goTo('Profiles');
    await hand.openRow(main.getByRole('grid').first(), 'compute');
    await hand.press(button('Edit'));
    await hand.press(button('Add a row'));
    await hand.write(main.getByLabel('Port', { exact: true }).last(), '8080');
    await hand.press(button('Save for approval'));
    await main.getByText('This waits for approval').waitFor();
    await hand.press(button(/^Approve…/));
    await hand.press(button('Approve', dialog));
    await dialog.waitFor({ state: 'hidden' });
    await eventually(
      async () => (await ask('run', 'profile', 'show')).out.includes('8080'),
      'the table',
    );
  });

  await step('an interval', async () => {
    await hand.goTo('Operations');
    const field = page.getByLabel('Interval of fast-ports').first();
    await hand.write(field, '20');
    await hand.press(button('Set'));
    await eventually(
      async () => (await ask('run', 'instance', 'list')).out.match(/fast-ports.*\b20 ?s/),
      'the interval',
    );
  });

  await step('log out', async () => {
    await hand.press(page.getByRole('button', { name: 'Log out' }));
    await page.getByLabel('Password').waitFor();
    await page.goBack().catch(() => {});
    await page.getByLabel('Password').waitFor();
    assert.equal(await main.getByText('node3').count(), 0);
  });
  watched.check(`by ${hand.name}`);
  await watched.close();
}
