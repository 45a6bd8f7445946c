// node web/embed.mjs DIST OUTPUT: the built files of DIST, compressed, as OUTPUT.S and a table of
// them, OUTPUT.cpp, for the program (src/serve/pages/pages.h).

import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { extname, join, relative } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const kTypes = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

const [dist, output] = process.argv.slice(2);
const kept = `${output}.files`;
mkdirSync(kept, { recursive: true });

function* filesIn(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesIn(path);
    else yield path;
  }
}

const assembly = ['    .section .note.GNU-stack,"",%progbits', '    .section .rodata'];
const declarations = [];
const rows = [];

/** A file as a symbol of the program; what the table says of it. */
function embed(name, bytes) {
  const path = join(kept, name);
  writeFileSync(path, bytes);
  assembly.push(
    `    .global lockstep_${name}`,
    `lockstep_${name}:`,
    `    .incbin "${path}"`,
    `    .byte 0`,
  );
  declarations.push(`extern "C" const char lockstep_${name}[];`);
  return `{lockstep_${name}, ${bytes.length}}`;
}

const files = [...filesIn(dist)].sort();
let sum = 0;
files.forEach((file, index) => {
  const type = kTypes[extname(file)];
  if (!type) throw new Error(`${file}: web/embed.mjs has no type for it`);
  const bytes = readFileSync(file);
  const parameters = { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
  const brotli = brotliCompressSync(bytes, { params: parameters });
  const gzip = gzipSync(bytes, { level: 9 });
  const shorter = (packed, suffix) =>
    packed.length < bytes.length ? embed(`page_${index}_${suffix}`, packed) : '{}';
  const tag = createHash('sha256').update(bytes).digest('hex').slice(0, 16);
  rows.push(
    `    {"${relative(dist, file)}", "${type}", "${tag}",`,
    `     ${embed(`page_${index}`, bytes)}, ${shorter(gzip, 'gzip')}, ${shorter(brotli, 'br')}},`,
  );
  sum += Math.min(gzip.length, bytes.length);
});

writeFileSync(`${output}.S`, assembly.join('\n') + '\n');
writeFileSync(
  `${output}.cpp`,
  `// Made by web/embed.mjs.
#include "serve/pages/assets.h"

${declarations.join('\n')}

namespace lockstep::serve {

std::span<const Asset> built_assets() {
  static const Asset kAssets[] = {
${rows.join('\n')}
  };
  return kAssets;
}

}  // namespace lockstep::serve
`,
);
console.log(`${files.length} files of the user interface, ${sum} bytes as gzip`);
