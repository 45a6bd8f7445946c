// Debian's Chromium under watch: what no page of ours may do is noted, whatever a scenario looks at.

import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';

const require = createRequire(new URL('../../web/package.json', import.meta.url));
const { chromium } = require('playwright-core');
const axeSource = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

export const kDesktop = { width: 1440, height: 900 };
export const kPhone = { width: 390, height: 844 };
export const kPatience_ms = 15_000;

/** Software rendering, so that it is the same everywhere; tests run as root, where there is no sandbox. */
export function launch(more = []) {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-dev-shm-usage',
      '--disable-gpu-compositing',
      '--use-angle=swiftshader',
      '--enable-unsafe-swiftshader',
      ...more,
    ],
  });
}

/** A page, and all that it did wrong. Who expects some of it (`allow`: of a text) says so. */
export class Watched {
  wrong = [];
  allow = () => false;

  static async open(browser, url, options = {}) {
    const watched = new Watched();
    watched.url = url;
    watched.context = await browser.newContext({
      viewport: kDesktop,
      locale: 'en-GB',
      timezoneId: 'UTC',
      ...options,
    });
    watched.context.setDefaultTimeout(kPatience_ms);
    watched.page = await watched.context.newPage();
    await watched.watch(watched.page);
    return watched;
  }

  async watch(page) {
    const note = (text) => this.allow(text) || this.wrong.push(text);
    page.on('dialog', async (dialog) => {
      note(`a dialog: ${dialog.message()}`);
      await dialog.dismiss();
    });
    page.on('pageerror', (error) => note(`an error: ${error.stack ?? error.message}`));
    page.on('console', (message) => {
      const { url } = message.location();
      // Whoever is not logged in is told so; Chromium notes that as an error.
      if (url.endsWith('/api/v1/me') && message.text().includes('401')) return;
      // Nor has a class a profile before it was learned.
      if (url.includes('/api/v1/profiles/') && message.text().includes('404')) return;
      // Links of the lab come and go on this machine, and Chromium then ends what it was fetching:
      // the page has to fetch it again, and whether it did, the steps show.
      if (message.text().includes('ERR_NETWORK_CHANGED')) return;
      if (message.type() === 'error') note(`the console: ${message.text()} ${url.split('?')[0]}`);
    });
    page.on('request', (request) => {
      const at = new URL(request.url());
      if (!['data:', 'blob:'].includes(at.protocol) && at.origin !== new URL(this.url).origin) {
        note(`a request to ${at.origin}`);
      }
    });
    await page.addInitScript(() => {
      addEventListener('securitypolicyviolation', (event) =>
        console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`),
      );
    });
  }

  /** Fails where the page did what it may not. */
  check(where) {
    if (this.wrong.length > 0) throw new Error(`${where}: ${this.wrong.splice(0).join('\n')}`);
  }

  async goto(path) {
    await this.page.goto(this.url + path, { waitUntil: 'load' });
  }

  async close() {
    await this.context.close();
  }
}

export async function logIn(watched, user, password) {
  await watched.goto('/');
  await watched.page.getByLabel('User').fill(user);
  await watched.page.getByLabel('Password').fill(password);
  await watched.page.getByRole('button', { name: 'Log in' }).click();
  await watched.page.getByRole('navigation', { name: 'Views' }).waitFor();
}

export async function setTheme(page, theme) {
  await page.evaluate(
    (kept) => localStorage.setItem('lockstep.preferences', kept),
    JSON.stringify({ theme }),
  );
}

/** What axe-core finds that is serious or critical, as texts. */
export async function axe(page) {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axeSource);
  const found = await page.evaluate(() =>
    window.axe.run(document, {
      resultTypes: ['violations'],
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    }),
  );
  return found.violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(
      ({ id, help, nodes }) =>
        `${id}: ${help}: ${nodes
          .slice(0, 4)
          .map(
            ({ target, failureSummary }) =>
              `${target.join(' ')} (${failureSummary?.split('\n')[1]?.trim()})`,
          )
          .join('; ')}`,
    );
}

/** What makes the page wider than the window, as texts: its innermost elements that stick out. */
export function overflow(page) {
  return page.evaluate(() => {
    const wider = document.documentElement.scrollWidth - innerWidth;
    if (wider <= 0) return [];
    const sticksOut = (element) => element.getBoundingClientRect().right > innerWidth + 1;
    const all = [...document.querySelectorAll('body *')].filter(sticksOut);
    const innermost = all.filter((element) => ![...element.children].some(sticksOut));
    const name = (element) =>
      `${element.localName}.${[...element.classList].join('.')} "${element.textContent.trim().slice(0, 20)}"`;
    const names = [...new Set(innermost.map(name))].slice(0, 4);
    return [`wider than the window: ${names.join(', ')}`];
  });
}
