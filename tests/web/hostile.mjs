// Texts as an attacker would choose them, and answers of the API that are full of them.

export const kMarkup = `<img src=x onerror=alert(1)><script>alert(2)</script>"'\`--><svg/onload=alert(3)>`;
const kControls = '\u0000\u0007\u001b[31m\u009b2J\r\n\t';
const kDirections = '\u202Egnp.exe\u2066\u200F\u200B\uFEFF\u2028';
const kPiled = `Z${'\u0335\u0489'.repeat(200)}`;
const kWord = 'W'.repeat(400); // nowhere to break
export const kHostile = `${kMarkup}${kControls}${kDirections}${kPiled}{{7*7}}\${7*7}%s=1+1${kWord}`;
export const kMegabyte = kHostile + 'M'.repeat(1 << 20);

/** None of these may reach the page as it is. */
const kUnsafe =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/;

// Words of a grammar of ours, and what requests are made of: nobody else fills these.
const kOurs = new Set([
  'severity',
  'status',
  'role',
  'state',
  'verdict',
  'protocol',
  'via',
  'presence',
  'gap',
  'id',
  'kind',
  'next',
  'node',
  'nodes',
  'nodeset',
  'ports',
  'class',
  'classes',
  'host_type',
  'network',
  'now',
  'chain',
]);
const kTime = /^\d{4}-\d\d-\d\dT/;

/** The same answer with every text that somebody else chose made hostile. */
export function poison(value, text = kHostile, key = '') {
  if (Array.isArray(value)) return value.map((each) => poison(each, text, key));
  if (value && typeof value === 'object') {
    return Object.fromEntries(
      Object.entries(value).map(([name, each]) => [name, poison(each, text, name)]),
    );
  }
  if (typeof value !== 'string' || kOurs.has(key) || kTime.test(value)) return value;
  return value + text;
}

/** A snapshot (docs/api.md) with a hostile cluster, classes, groups, states of the scheduler, names. */
export function poisonSnapshot(bytes, text = kHostile) {
  const flat = text.replaceAll('\n', ' ');
  const n = bytes.readUInt32LE(4);
  const isDelta = (bytes.readUInt32LE(40) & 1) !== 0;
  const at = 44 + n * (isDelta ? 20 : 16);
  const length = bytes.readUInt32LE(at);
  const dictionary = JSON.parse(bytes.toString('utf8', at + 4, at + 4 + length));
  const add = (each) => (each === null ? each : each + text);
  const changed = Buffer.from(
    JSON.stringify({
      ...dictionary,
      cluster: add(dictionary.cluster),
      classes: dictionary.classes.map((set) => set.map(add)),
      groups: dictionary.groups.map(add),
      schedules: dictionary.schedules.map((each) => ({
        ...each,
        state: add(each.state ?? 'idle'),
        partitions: ['batch'].map(add),
      })),
    }),
  );
  const size = (buffer) => {
    const field = Buffer.alloc(4);
    field.writeUInt32LE(buffer.length);
    return field;
  };
  const parts = [bytes.subarray(0, at), size(changed), changed];
  if (!isDelta) {
    const names = bytes
      .toString('utf8', at + 8 + length)
      .split('\n')
      .filter(Boolean);
    const more = Buffer.from(names.map((name) => `${name}${flat}\n`).join(''));
    parts.push(size(more), more);
  }
  return Buffer.concat(parts);
}

/** From now on all that the page is told is hostile. Events and who one is stay as they are. */
export async function poisonAnswers(page, text, { names = false } = {}) {
  await page.route('**/api/v1/**', async (route) => {
    const path = new URL(route.request().url()).pathname;
    if (path.endsWith('/events')) return route.continue();
    const response = await route.fetch();
    const isSnapshot = path.endsWith('/snapshot');
    if (response.status() !== 200) return route.fulfill({ response });
    if (isSnapshot) {
      const body = await response.body();
      return route.fulfill({ response, body: names ? poisonSnapshot(body, text) : body });
    }
    try {
      return await route.fulfill({ response, json: poison(await response.json(), text) });
    } catch {
      return route.fulfill({ response });
    }
  });
}

/** What of a hostile text has become more than text; empty: nothing. */
export function harm(page) {
  return page.evaluate((unsafe) => {
    const found = [];
    const pattern = new RegExp(unsafe);
    if (document.querySelector('img[src="x"], [onerror], [onload], main script'))
      found.push('markup');
    const walker = document.createTreeWalker(
      document.body,
      NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT,
    );
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (node.nodeType === Node.TEXT_NODE) {
        if (pattern.test(node.data))
          found.push(`in <${node.parentElement.localName}>: ${escape(node.data)}`);
        if (node.data.length > 20_000) found.push(`${node.data.length} characters at once`);
        continue;
      }
      for (const { name, value } of node.attributes) {
        if (!['href', 'value'].includes(name) && pattern.test(value)) {
          found.push(`in the attribute ${name} of <${node.localName}>`);
        }
        if (name !== 'value' && value.length > 20_000)
          found.push(`${name} of ${value.length} characters`);
      }
    }
    function escape(text) {
      return JSON.stringify(text.slice(0, 80)).replace(
        /[^\x20-\x7e]/g,
        (c) => `\\u${c.charCodeAt(0).toString(16)}`,
      );
    }
    return [...new Set(found)].slice(0, 10);
  }, kUnsafe.source);
}
