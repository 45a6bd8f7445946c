// Every view there is, as a link.

export const kViews = {
  wall: '/',
  past: '/?past=1h',
  table: '/?table=1',
  display: '/?display=wall',
  alerts: '/alerts',
  alert: '/alerts/A-1',
  nodes: '/nodes',
  node: '/nodes/node1',
  profiles: '/profiles',
  profile: '/profiles/compute',
  report: '/report',
  start: '/start',
};
/** Parts of operations have links of their own; the page itself says which. */
export async function allViews(page, url) {
  await page.goto(`${url}/operations`);
  await page.locator('main h1').first().waitFor();
  const links = await page
    .locator('main a[href^="/operations/"]')
    .evaluateAll((all) => all.map((each) => each.getAttribute('href')));
  const parts = Object.fromEntries(
    [...new Set(['/operations', ...links])].map((path) => [
      path.slice(1).replaceAll('/', '-'),
      path,
    ]),
  );
  return { ...kViews, ...parts };
}

/** What a view shows is there: its heading, and what it had to ask for. */
export async function settle(page) {
  await page.locator('main h1, main canvas, main [role=grid]').first().waitFor();
  await page.waitForTimeout(700);
}
