// Pictures of each view: dark and light, on a desktop and on a phone.

import { mkdirSync } from 'node:fs';
import { Watched, kDesktop, kPhone, logIn, setTheme } from './browser.mjs';
import { allViews, settle } from './views.mjs';

export default async function screenshots({ browser, facts, step }) {
  mkdirSync(facts.pictures, { recursive: true });
  const watched = await Watched.open(browser, facts.url);
  const { page } = watched;
  await watched.goto('/');
  await page.getByLabel('Password').waitFor();
  await page.screenshot({ path: `${facts.pictures}/login.png` });
  await logIn(watched, facts.user, facts.password);
  const views = { ...(await allViews(page, facts.url)), ...facts.more };
  for (const theme of ['dark', 'light']) {
    await setTheme(page, theme);
    for (const [size, viewport] of Object.entries({ desktop: kDesktop, phone: kPhone })) {
      await step(`${theme}, ${size}`, async () => {
        await page.setViewportSize(viewport);
        for (const [name, path] of Object.entries(views)) {
          await watched.goto(path);
          await settle(page);
          const fullPage = !['wall', 'display'].includes(name) || size === 'phone';
          await page.screenshot({
            path: `${facts.pictures}/${name}-${theme}-${size}.png`,
            fullPage,
          });
        }
      });
    }
  }
  await watched.close();
}
