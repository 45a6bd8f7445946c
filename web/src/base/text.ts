// Text from the network is hostile: it is shown, and never interpreted.

/** What a control character or a mark of direction looks like instead of what it does. */
function shown(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code === 0x0a) return '\\n';
  if (code === 0x0d) return '\\r';
  if (code === 0x09) return '\\t';
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
}

// C0 and C1 controls, zero-width characters, marks and overrides of direction, line and paragraph
// separators, tags, and halves of pairs.
const kUnsafe =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb\u{e0000}-\u{e0fff}]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/gu;

/** More combining marks than any writing needs paint over the lines around them. */
const kPiled = /(\p{M}{3})\p{M}+/gu;

/** A text that does nothing to what stands around it, cut after `most` characters. */
export function safe(text: string | null | undefined, most = 300): string {
  if (!text) return '';
  const cut = text.length > most ? text.slice(0, most) : text;
  const clean = cut.replace(kUnsafe, shown).replace(kPiled, '$1');
  return text.length > most ? `${clean}… (${text.length - most} more)` : clean;
}

/** "1 node", "2 nodes". */
export function count(n: number, one: string, many = `${one}s`): string {
  return `${n.toLocaleString()} ${n === 1 ? one : many}`;
}
