// Runs one scenario: node run.mjs SCENARIO, with its facts as a line of JSON on stdin. What a
// scenario wants done outside the browser is a line on stdout, whose answer is one on stdin.

import { mkdirSync } from 'node:fs';
import readline from 'node:readline';
import { launch } from './browser.mjs';

const lines = readline.createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const next = async () => JSON.parse((await lines.next()).value);

/** Has the other side do something: ask('listen', 'node3', 4444). */
async function ask(what, ...words) {
  process.stdout.write(`${JSON.stringify({ ask: what, words })}\n`);
  const answer = await next();
  if (answer.failed) throw new Error(`${what}: ${answer.failed}`);
  return answer.result;
}

const begun = Date.now();
const facts = await next();
const browser = await launch();
/** Pages to be pictured where something fails. */
const open = [];

/** One step of a scenario: what is named when it fails, and how long it took. */
async function step(name, action) {
  const from = Date.now();
  try {
    const result = await action();
    process.stderr.write(`  ${name} (${Date.now() - from} ms)\n`);
    return result;
  } catch (error) {
    error.message = `${name}: ${error.message}`;
    throw error;
  }
}

let status = 0;
try {
  const { default: scenario } = await import(`./${process.argv[2]}.scenario.mjs`);
  await scenario({ browser, facts, ask, step, open });
} catch (error) {
  status = 1;
  process.stderr.write(`${process.argv[2]}: ${error.stack}\n`);
  mkdirSync(facts.pictures, { recursive: true });
  for (const [index, { page, wrong }] of open.entries()) {
    const path = `${facts.pictures}/failed-${process.argv[2]}-${index}.png`;
    await page.screenshot({ path, timeout: 5000 }).then(
      () => process.stderr.write(`  ${page.url()} is in ${path}\n`),
      () => {},
    );
    if (wrong.length > 0) process.stderr.write(`  it did: ${wrong.join('\n')}\n`);
  }
}
await browser.close();
process.stderr.write(`${process.argv[2]}: ${((Date.now() - begun) / 1000).toFixed(1)} s\n`);
process.exit(status);
