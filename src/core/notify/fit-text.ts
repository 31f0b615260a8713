/** Text for receivers that take no more than so much of it, and none of it as markup. */

const CUT = '…';
const CUT_BYTES = Buffer.byteLength(CUT);

/** @param maxLength in UTF-16 units, which are never fewer than characters */
export function fitLength(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  const kept = text.slice(0, maxLength - CUT.length);
  // Half of a character is none.
  return `${kept.replace(/[\uD800-\uDBFF]$/, '')}${CUT}`;
}

/** @param maxBytes of UTF-8 */
export function fitBytes(text: string, maxBytes: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= maxBytes) return text;
  let end = maxBytes - CUT_BYTES;
  // Not within a character: what goes on with one begins with the bits 10.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return `${bytes.subarray(0, end).toString('utf8')}${CUT}`;
}

const URLS = /(https?:\/\/\S+)/;

/** Markdown of Discord and of Adaptive Cards: nothing of the text is bold or a link of another name. Addresses stay. */
export function escapeMarkdown(text: string): string {
  return text
    .split(URLS)
    .map((part, index) => (index % 2 === 1 ? part : part.replaceAll(/[\\`*_~|[\]<>]/g, '\\$&')))
    .join('');
}
