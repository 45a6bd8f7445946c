// What hands and machines do to the wall besides clicks: a wheel, a box that is drawn, two fingers,
// a graphics card that goes away, a screen that nobody touches; and a file that is dropped.

import assert from 'node:assert/strict';
import { Watched, kPhone, logIn } from './browser.mjs';
import { eventually, find, liveWord } from './page.mjs';

const kSurface = '.surface';
const kNmap = `<?xml version="1.0"?>
<!DOCTYPE nmaprun>
<nmaprun scanner="nmap" args="nmap -oX - node1" start="1780000000" version="7.93" xmloutputversion="1.05">
<host><status state="up"/><address addr="198.18.1.1" addrtype="ipv4"/>
<ports><port protocol="tcp" portid="22"><state state="open"/><service name="ssh"/></port>
<port protocol="tcp" portid="6000"><state state="open"/><service name="X11"/></port></ports></host>
<runstats><finished time="1780000009" exit="success"/><hosts up="1" down="0" total="1"/></runstats>
</nmaprun>
`;

const zoomOf = async (page) => {
  const text = await page.getByRole('group', { name: 'Zoom' }).textContent();
  return Number(/(\d+) %/.exec(text)[1]);
};

/** Two fingers at these distances from the middle of an element, one after the other. */
async function pinch(page, element, distances_px) {
  const box = await element.boundingBox();
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  const session = await page.context().newCDPSession(page);
  const touch = (type, touchPoints) =>
    session.send('Input.dispatchTouchEvent', { type, touchPoints });
  const at = (distance) => [
    { x: x - distance, y, id: 1 },
    { x: x + distance, y, id: 2 },
  ];
  await touch('touchStart', at(distances_px[0]));
  for (const distance of distances_px.slice(1)) await touch('touchMove', at(distance));
  await touch('touchEnd', []);
  await session.detach();
}

export default async function surface({ browser, facts, step, open }) {
  const begin = async (options, script) => {
    const watched = await Watched.open(browser, facts.url, options);
    open.push(watched);
    if (script) await watched.page.addInitScript(script);
    await logIn(watched, facts.user, facts.password);
    await find(watched.page, 'live', () => liveWord(watched.page));
    return watched;
  };

  await step('a wheel, and a box', async () => {
    const watched = await begin();
    const { page } = watched;
    const box = await page.locator(kSurface).boundingBox();
    await page.mouse.move(box.x + 60, box.y + box.height / 2);
    await page.mouse.wheel(0, -100);
    await eventually(async () => (await zoomOf(page)) > 100, 'a larger wall');
    await page.mouse.wheel(0, 400);
    await eventually(async () => (await zoomOf(page)) === 100, 'the whole wall');
    await page.keyboard.down('Shift');
    await page.mouse.move(box.x + 1, box.y + 1);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width - 2, box.y + box.height - 2, { steps: 5 });
    await page.mouse.up();
    await page.keyboard.up('Shift');
    await page.getByText('30 nodes selected').first().waitFor();
    await page.waitForURL(/select=/);
    watched.check('a box');
    await watched.close();
  });

  await step('two fingers', async () => {
    const watched = await begin({ viewport: kPhone, hasTouch: true, isMobile: true });
    const { page } = watched;
    const wall = page.locator(kSurface);
    assert.equal(await zoomOf(page), 100);
    await pinch(page, wall, [20, 40, 60, 90, 120]);
    await eventually(async () => (await zoomOf(page)) > 100, 'a larger wall');
    const large = await zoomOf(page);
    await pinch(page, wall, [120, 90, 60]);
    await eventually(async () => (await zoomOf(page)) < large, 'a smaller wall');
    watched.check('two fingers');
    await watched.close();
  });

  await step('a graphics card that goes away', async () => {
    const watched = await begin();
    const { page } = watched;
    await page.clock.install();
    await watched.goto('/?renderer=webgl2');
    const kind = () => page.locator(`${kSurface} canvas.nodes`).getAttribute('data-renderer');
    const isDrawn = async () =>
      Number(await page.locator(`${kSurface} canvas.nodes`).getAttribute('data-frames')) > 0;
    await find(page, 'webgl2', kind);
    await eventually(isDrawn, 'a picture');
    await page.evaluate((selector) => {
      const canvas = document.querySelector(`${selector} canvas.nodes`);
      canvas.getContext('webgl2').getExtension('WEBGL_lose_context').loseContext();
    }, kSurface);
    await find(page, 'canvas', kind);
    await eventually(isDrawn, 'a picture without it');
    await page.clock.fastForward(31_000);
    await find(page, 'webgl2', kind);
    watched.check('a graphics card that goes away');
    await watched.close();
  });

  await step('a screen that nobody touches', async () => {
    const watched = await begin({}, () => {
      window.locks = [];
      navigator.wakeLock.request = async (kind) => {
        const lock = { kind, released: false, release: async () => (lock.released = true) };
        window.locks.push(lock);
        return lock;
      };
    });
    const { page } = watched;
    await watched.goto('/?display=wall');
    const locks = () => page.evaluate(() => window.locks.map(({ released }) => released).join());
    await find(page, 'false', locks);
    await page.keyboard.press('Escape');
    await page.evaluate(() => history.pushState({}, '', '/'));
    await page.evaluate(() => dispatchEvent(new PopStateEvent('popstate')));
    await find(page, 'true', locks);
    watched.check('a screen that nobody touches');
    await watched.close();
  });

  await step('a file that is dropped', async () => {
    const watched = await begin();
    const { page } = watched;
    await watched.goto('/profiles/compute');
    const place = page.getByRole('region', { name: 'Import a file' });
    const drop = async (...texts) => {
      const transfer = await page.evaluateHandle((all) => {
        const made = new DataTransfer();
        all.forEach((text, i) => made.items.add(new File([text], `node${i}.xml`)));
        return made;
      }, texts);
      await place.dispatchEvent('dragover', { dataTransfer: transfer });
      await place.dispatchEvent('drop', { dataTransfer: transfer });
    };
    watched.allow = (text) => text.includes('400');
    await drop(kNmap, kNmap);
    await place.getByText('One file at a time').waitFor();
    await drop('this is nothing that Nmap wrote');
    await place.getByRole('alert').waitFor();
    await drop(kNmap);
    await page.getByText('This waits for approval').waitFor();
    await page.locator('[data-waiting]').getByText('6000').first().waitFor();
    watched.check('a file that is dropped');
    await watched.close();
  });
}
