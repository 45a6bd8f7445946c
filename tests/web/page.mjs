// What scenarios read off our pages.

import { kPatience_ms } from './browser.mjs';

export async function eventually(condition, what, patience_ms = kPatience_ms) {
  const deadline = Date.now() + patience_ms;
  let last;
  for (;;) {
    try {
      last = await condition();
      if (last) return last;
    } catch (error) {
      last = error.message;
    }
    if (Date.now() > deadline)
      throw new Error(`waited ${patience_ms} ms for ${what}; last: ${last}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Until what is read is what is wanted. */
export function find(page, wanted, read, patience_ms) {
  let got;
  return eventually(async () => (got = await read()) === wanted, wanted, patience_ms).catch(
    (error) => {
      throw new Error(`${error.message}; it was ${got}`);
    },
  );
}

/** "live", "late", "old", "paused": what the head of the page says of itself. */
export async function liveWord(page) {
  return (await page.locator('header .live').textContent())?.trim();
}

/** The number of the latest event that is in what is shown. */
export async function shownEvent(page) {
  return Number((await page.locator('header .live').getAttribute('title'))?.replace(/\D+/, ''));
}

/** The page says that it is not current, and how old it is. */
export async function notCurrent(page, words) {
  await page
    .getByRole('alert')
    .filter({ hasText: 'Not current.' })
    .filter({ hasText: words })
    .waitFor();
}
