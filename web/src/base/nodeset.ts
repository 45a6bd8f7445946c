// Nodesets as the program reads and writes them (src/model/nodeset.h): "node[001-512]",
// "n[1-4,9]x[0-3]", "n[0-10/2]", "@compute", and ",", "!", "&", "^" from left to right.

/** The nodes of "@NAME"; undefined: there is no such group. */
export type GroupResolver = (name: string) => Iterable<string> | undefined;

const kMost = 1_000_000;

export class NodesetError extends Error {}

interface Range {
  from: number;
  to: number;
  by: number;
  width: number; // of padded numbers; 0: not padded
}

/** "[001-003,7]"; zeros in front are part of a name. */
function rangesOf(text: string): Range[] {
  return text.split(',').map((part) => {
    const found = /^(\d+)(?:-(\d+)(?:\/(\d+))?)?$/.exec(part.trim());
    if (!found) throw new NodesetError(`[${text}]: "${part}" is no range of numbers`);
    const [, first = '', last = first, step = '1'] = found;
    const width = first.startsWith('0') && first.length > 1 ? first.length : 0;
    const from = Number(first);
    const to = Number(last);
    const by = Number(step);
    if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to) || !Number.isSafeInteger(by)) {
      throw new NodesetError(`[${text}]: "${part}" has too many digits`);
    }
    if (to < from || by < 1) throw new NodesetError(`[${text}]: "${part}" goes backwards`);
    if ((to - from) / by > kMost) throw new NodesetError(`[${text}]: more than a million nodes`);
    return { from, to, by, width };
  });
}

function valuesOf(ranges: Range[]): string[] {
  const values: string[] = [];
  for (const { from, to, by, width } of ranges) {
    for (let n = from; n <= to; n += by) values.push(String(n).padStart(width, '0'));
  }
  return values;
}

interface Piece {
  literal: string;
  ranges: Range[] | null; // what follows it; null: nothing
}

function piecesOf(text: string): Piece[] {
  const pieces: Piece[] = [];
  let rest = text;
  while (rest.length > 0) {
    const open = rest.indexOf('[');
    const literal = open < 0 ? rest : rest.slice(0, open);
    if (literal.includes(']')) throw new NodesetError(`"${text}": a "]" without its "["`);
    if (open < 0) {
      pieces.push({ literal, ranges: null });
      rest = '';
    } else {
      const close = rest.indexOf(']', open);
      if (close < 0) throw new NodesetError(`"${text}": a "[" without its "]"`);
      pieces.push({ literal, ranges: rangesOf(rest.slice(open + 1, close)) });
      rest = rest.slice(close + 1);
    }
  }
  return pieces;
}

function expandPattern(text: string): string[] {
  let names = [''];
  for (const { literal, ranges } of piecesOf(text)) {
    const values = ranges ? valuesOf(ranges) : [''];
    if (names.length * values.length > kMost) {
      throw new NodesetError(`"${text}": more than a million nodes`);
    }
    names = names.flatMap((name) => values.map((value) => name + literal + value));
  }
  return names;
}

/** Parts between operators: [",", "node[1,2]"], ["!", "node1"]. Commas in brackets are no operators. */
function* parts(text: string): Generator<[string, string]> {
  let depth = 0;
  let operator = ',';
  let start = 0;
  for (let i = 0; i <= text.length; ++i) {
    const c = text[i] ?? ',';
    if (c === '[') ++depth;
    if (c === ']') --depth;
    if (depth > 0 && i < text.length) continue;
    if (!/[,!&^\s]/.test(c)) continue;
    const part = text.slice(start, i).trim();
    if (part) {
      yield [operator, part];
      operator = ',';
    }
    if (!/\s/.test(c) && i < text.length) operator = c;
    start = i + 1;
  }
}

/** The nodes that are meant. Errors: NodesetError. */
export function expand(text: string, group: GroupResolver = () => undefined): Set<string> {
  let nodes = new Set<string>();
  let work = 0;
  for (const [operator, part] of parts(text)) {
    let next: Set<string>;
    if (part.startsWith('@')) {
      const members = group(part.slice(1));
      if (!members) throw new NodesetError(`there is no class or group "${part.slice(1)}"`);
      next = new Set(members);
    } else {
      next = new Set(expandPattern(part));
    }
    work += next.size;
    if (work > kMost) throw new NodesetError('More than a million nodes.');
    if (operator === ',') for (const name of next) nodes.add(name);
    if (operator === '!') for (const name of next) nodes.delete(name);
    if (operator === '&') nodes = new Set([...nodes].filter((name) => next.has(name)));
    if (operator === '^') {
      for (const name of next) {
        if (!nodes.delete(name)) nodes.add(name);
      }
    }
  }
  return nodes;
}

function isIn(digits: string, ranges: Range[]): boolean {
  const n = Number(digits);
  return ranges.some(
    ({ from, to, by, width }) =>
      n >= from && n <= to && (n - from) % by === 0 && String(n).padStart(width, '0') === digits,
  );
}

/** The name, from a place on, is what the pieces from one on stand for. */
function matches(pieces: Piece[], name: string, piece = 0, place = 0): boolean {
  const wanted = pieces[piece];
  if (!wanted) return place === name.length;
  if (!name.startsWith(wanted.literal, place)) return false;
  const start = place + wanted.literal.length;
  if (!wanted.ranges) return matches(pieces, name, piece + 1, start);
  // The next piece may begin with digits as well.
  for (let end = start; end < name.length && /\d/.test(name[end]!);) {
    ++end;
    if (isIn(name.slice(start, end), wanted.ranges) && matches(pieces, name, piece + 1, end))
      return true;
  }
  return false;
}

/** Whether the node is one of them, as expand() would have it, without writing all of them out. */
export function has(text: string, name: string, group?: GroupResolver): boolean {
  if (/[!&^@]/.test(text)) return expand(text, group).has(name);
  let found = false;
  // To the end: a nodeset that is none is none wherever the mistake is.
  for (const [, part] of parts(text)) found = matches(piecesOf(part), name) || found;
  return found;
}

interface Pattern {
  before: string;
  after: string;
  width: number; // of padded numbers; 0: not padded
  numbers: number[];
}

/** "node[017,201-203]": folded by the last number in the names. */
export function fold(names: Iterable<string>): string {
  const patterns = new Map<string, Pattern>();
  const plain: string[] = [];
  for (const name of new Set(names)) {
    const found = /^(.*?)(\d+)(\D*)$/.exec(name);
    // Numbers of more digits than are exact stay as they are.
    if (!found || found[2]!.length > 15) {
      plain.push(name);
      continue;
    }
    const [, before = '', digits = '', after = ''] = found;
    const width = digits.startsWith('0') && digits.length > 1 ? digits.length : 0;
    // 099 and 100 belong together: of one width, whether the zero in front is there or not.
    const padded = patterns.get(`${before} ${after} ${digits.length}`);
    const key = width || padded ? `${before} ${after} ${digits.length}` : `${before} ${after}`;
    const pattern = padded ?? patterns.get(key) ?? { before, after, width, numbers: [] };
    pattern.numbers.push(Number(digits));
    patterns.set(key, pattern);
  }
  const folded = [...patterns.values()].map(foldPattern);
  return [...plain, ...folded].sort().join(',');
}

function foldPattern({ before, after, width, numbers }: Pattern): string {
  numbers.sort((a, b) => a - b);
  const write = (n: number) => String(n).padStart(width, '0');
  const ranges: string[] = [];
  for (let i = 0; i < numbers.length;) {
    let end = i;
    while (end + 1 < numbers.length && numbers[end + 1] === numbers[end]! + 1) ++end;
    ranges.push(i === end ? write(numbers[i]!) : `${write(numbers[i]!)}-${write(numbers[end]!)}`);
    i = end + 1;
  }
  const single = ranges.length === 1 && !ranges[0]!.includes('-');
  return before + (single ? ranges[0] : `[${ranges.join(',')}]`) + after;
}
