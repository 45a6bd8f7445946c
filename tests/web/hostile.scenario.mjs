// Hostile texts in every field that somebody else fills are text: nothing is executed, no layout breaks.

import { Watched, kDesktop, kPhone, logIn, overflow } from './browser.mjs';
import { harm, kHostile, kMegabyte, poisonAnswers } from './hostile.mjs';
import { allViews, settle } from './views.mjs';

export default async function hostile({ browser, facts, step, open }) {
  const wrong = [];
  const visit = async (watched, views, what) => {
    const { page } = watched;
    for (const [name, path] of Object.entries(views)) {
      for (const [size, viewport] of Object.entries({ desktop: kDesktop, phone: kPhone })) {
        await page.setViewportSize(viewport);
        if (size === 'desktop') await watched.goto(path);
        await settle(page);
        const found = [...(await harm(page)), ...watched.wrong.splice(0)];
        const wider = await overflow(page);
        if (wider > 0) found.push(`${wider} pixels wider than the window`);
        wrong.push(...found.map((each) => `${what}, ${name}, ${size}: ${each}`));
      }
    }
  };
  const enter = async () => {
    const watched = await Watched.open(browser, facts.url);
    open.push(watched);
    await logIn(watched, facts.user, facts.password);
    return watched;
  };

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
  if (wrong.length > 0) throw new Error(`${wrong.length} faults:\n${wrong.join('\n')}`);
}
