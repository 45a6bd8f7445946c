// Hostile texts in every field that somebody else fills are text: nothing is executed, no layout breaks.

import { Watched, kDesktop, kPhone, logIn, overflow } from './browser.mjs';
import { Faults } from './faults.mjs';
import { harm, kHostile, kMegabyte, poisonAnswers } from './hostile.mjs';
import { allViews, settle } from './views.mjs';

/** The beginning of every hostile text, as a page shows it. */
const kSign = '<img src=x';

export default async function hostile({ browser, facts, step, open }) {
  const faults = new Faults();
  const seen = new Set();
  const visit = async (watched, views, what) => {
    const { page } = watched;
    for (const [name, path] of Object.entries(views)) {
      for (const [size, viewport] of Object.entries({ desktop: kDesktop, phone: kPhone })) {
        await page.setViewportSize(viewport);
        if (size === 'desktop') await watched.goto(path);
        await settle(page);
        const found = [...(await harm(page)), ...watched.wrong.splice(0)];
        // A page that showed nothing of it would prove nothing.
        if (await page.getByText(kSign).count()) seen.add(`${what}, ${name}`);
        found.push(...(await overflow(page)));
        faults.note(found, what, name, size);
      }
    }
  };
  const enter = async () => {
    const watched = await Watched.open(browser, facts.url);
    open.push(watched);
    await logIn(watched, facts.user, facts.password);
    return watched;
  };

  const expectSeen = (...places) =>
    faults.note(
      places.filter((place) => !seen.has(place)).map((place) => `${place}: is not shown`),
    );

  let views = {};
  await step('what hosts and plug-ins say', async () => {
    const watched = await enter();
    views = { ...(await allViews(watched.page, facts.url)), node: `/nodes/${facts.node}` };
    await visit(watched, views, 'for real');
    await watched.close();
  });
  await step('every text of every answer', async () => {
    const watched = await enter();
    await poisonAnswers(watched.page, kHostile, { names: true });
    await visit(watched, views, 'all texts');
    await watched.close();
  });
  await step('a megabyte in every text', async () => {
    const watched = await enter();
    await poisonAnswers(watched.page, kMegabyte);
    const { node, alerts, profile, operations } = views;
    await visit(watched, { node, alerts, profile, operations }, 'a megabyte');
    await watched.close();
  });
  expectSeen('for real, alert', 'for real, node');
  expectSeen('all texts, alerts', 'all texts, alert', 'all texts, nodes', 'all texts, node');
  expectSeen('all texts, profiles', 'all texts, operations', 'a megabyte, node');
  faults.check();
}
