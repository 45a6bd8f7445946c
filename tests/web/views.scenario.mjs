// Each view in each theme, on a desktop and on a phone: axe-core finds nothing serious, the page is
// not wider than the window, and nothing goes wrong.

import { Watched, axe, kDesktop, kPhone, logIn, overflow } from './browser.mjs';
import { Faults } from './faults.mjs';
import { allViews, settle } from './views.mjs';

const kThemes = ['dark', 'light', 'contrast'];

export default async function views({ browser, facts, step: stepOf, open }) {
  const watched = await Watched.open(browser, facts.url);
  open.push(watched);
  const { page } = watched;
  const faults = new Faults();
  /** What fails in one view leaves the others to be looked at. */
  const step = (name, action) =>
    stepOf(name, action).catch((error) => faults.note([error.message.split('\n')[0]], name));
  const look = async (name) => {
    for (const theme of kThemes) {
      // The same styles as by the choice in the head of the page, which a wall display has not.
      await page.evaluate((each) => (document.documentElement.dataset.theme = each), theme);
      faults.note(await axe(page), name, theme);
    }
    await page.setViewportSize(kPhone);
    await page.waitForTimeout(200);
    faults.note(await axe(page), name, 'phone');
    faults.note(await overflow(page), name, 'phone');
    await page.setViewportSize(kDesktop);
    faults.note(await overflow(page), name, 'desktop');
    faults.note(watched.wrong.splice(0), name, '');
  };

  await watched.goto('/');
  await page.getByLabel('Password').waitFor();
  await step('login', () => look('login'));
  await watched.goto('/invitation#lsi_none');
  await page.getByRole('button').waitFor();
  await step('invitation', () => look('invitation'));
  await logIn(watched, facts.user, facts.password);
  for (const [name, path] of Object.entries(await allViews(page, facts.url))) {
    await step(name, async () => {
      await watched.goto(path);
      await settle(page);
      await look(name);
    });
  }
  await step('the palette and the help', async () => {
    await watched.goto('/');
    await settle(page);
    await page.keyboard.press('/');
    await page.getByRole('dialog').getByRole('combobox').fill('node');
    await look('palette');
    await page.keyboard.press('Escape');
    await page.keyboard.press('?');
    await page.getByRole('dialog').waitFor();
    await look('help');
  });
  faults.check();
  await watched.close();
}
