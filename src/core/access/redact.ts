/** Arguments of a mutation as the audit log keeps them: short, and without anything secret. */

/** Fields whose values are secrets, whatever stands before the word: webhookSecret, api_key. A topic of ntfy is one, too. */
const SECRET = /(?:token|secret|password|passphrase|credentials?|authorization|key|topic)s?$/i;
const ADDRESS = /ur[li]$/i;
const HIDDEN = '(hidden)';
const MAX_TEXT_LENGTH = 200;
const MAX_ITEMS = 10;
const DEEPEST = 8;
/** As JSON. */
const MAX_WHOLE_LENGTH = 2048;

/** Never reads more of a value than it keeps: an import may have megabytes. */
export function redactArguments(given: unknown): unknown {
  const redacted = redact(given, '', 0);
  const text = JSON.stringify(redacted);
  return text.length <= MAX_WHOLE_LENGTH ? redacted : { cut: text.slice(0, MAX_WHOLE_LENGTH) };
}

function redact(value: unknown, name: string, depth: number): unknown {
  if (value === null || value === undefined) return null;
  if (SECRET.test(name)) return HIDDEN;
  if (typeof value === 'string') return redactText(value, name);
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
  // JSON of a mutation has nothing else.
  if (typeof value !== 'object') return `(${typeof value})`;
  if (depth >= DEEPEST) return '…';
  if (Array.isArray(value)) return redactList(value, name, depth);
  const fields = Object.entries(value).slice(0, MAX_ITEMS * MAX_ITEMS);
  // The key of a tag says what was asked for, and opens nothing.
  const isTagFilter = 'key' in value && 'values' in value;
  const nameOf = (field: string) => (isTagFilter && field === 'key' ? '' : field);
  return Object.fromEntries(fields.map(([key, field]) => [key, redact(field, nameOf(key), depth + 1)]));
}

function redactList(list: readonly unknown[], name: string, depth: number): unknown[] {
  const kept = list.slice(0, MAX_ITEMS).map((item) => redact(item, name, depth + 1));
  return list.length > MAX_ITEMS ? [...kept, `… ${list.length - MAX_ITEMS} more`] : kept;
}

/** The path and the query of an address may be all that protects it, as with incoming webhooks. */
function redactText(text: string, name: string): string {
  if (ADDRESS.test(name) || /^https?:\/\//i.test(text)) {
    if (!URL.canParse(text)) return HIDDEN;
    const { origin, protocol } = new URL(text);
    // Those that lead to no server, as file: does, have the origin "null".
    return origin === 'null' ? `${protocol}…` : `${origin}/…`;
  }
  // PostgreSQL's JSON knows every character but this one.
  const plain = text.slice(0, MAX_TEXT_LENGTH).replaceAll('\0', '\ufffd');
  return text.length > MAX_TEXT_LENGTH ? `${plain}…` : plain;
}
