// Each view in each theme, on a desktop and on a phone: axe-core finds nothing serious, the page is
// not wider than the window, and nothing goes wrong.

import { Watched, axe, kPhone, logIn, overflow, setTheme } from './browser.mjs';
import { allViews, settle } from './views.mjs';

export default async function views({ browser, facts, step, open }) {
  const watched = await Watched.open(browser, facts.url);
  open.push(watched);
  const { page } = watched;
  const wrong = [];
  const look = async (name, theme) => {
    for (const each of await axe(page)) wrong.push(`${name}, ${theme}: ${each}`);
    if ((await overflow(page)) > 0) wrong.push(`${name}, ${theme}: wider than the window`);
    wrong.push(...watched.wrong.splice(0).map((each) => `${name}, ${theme}: ${each}`));
  };

  await watched.goto('/');
  await page.getByLabel('Password').waitFor();
  await step('login', () => look('login', 'dark'));
  await watched.goto('/invitation#lsi_none');
  await page.getByRole('button').waitFor();
  await step('invitation', () => look('invitation', 'dark'));
  await logIn(watched, facts.user, facts.password);
  const all = await allViews(page, facts.url);
  for (const theme of ['dark', 'light', 'contrast']) {
    await setTheme(page, theme);
    await step(theme, async () => {
      for (const [name, path] of Object.entries(all)) {
        await watched.goto(path);
        await settle(page);
        await look(name, theme);
      }
    });
  }
  await page.setViewportSize(kPhone);
  await step('phone', async () => {
    for (const [name, path] of Object.entries(all)) {
      await watched.goto(path);
      await settle(page);
      await look(name, 'phone');
    }
  });
  if (wrong.length > 0) throw new Error(`${wrong.length} faults:\n${wrong.join('\n')}`);
  await watched.close();
}
