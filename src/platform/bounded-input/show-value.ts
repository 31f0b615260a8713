/** Values from outside within messages: short, whatever is in them. */

/** Characters of a value in a message. */
const MAX_VALUE_CHARACTERS = 200;
/** Characters of a whole message. */
const MAX_MESSAGE_CHARACTERS = 1000;

/** As JSON, cut; takes no longer for a large value than for a small one. */
export function showValue(value: unknown): string {
  return cut(write(value, MAX_VALUE_CHARACTERS), MAX_VALUE_CHARACTERS);
}

/** The message, cut: it may quote a name of any length. */
export function cutMessage(message: string): string {
  return cut(message, MAX_MESSAGE_CHARACTERS);
}

function cut(text: string, maxCharacters: number): string {
  if (text.length <= maxCharacters) return text;
  const kept = text.slice(0, maxCharacters);
  // Half of a character is none.
  return `${/[\ud800-\udbff]$/.test(kept) ? kept.slice(0, -1) : kept}…`;
}

/** @returns somewhat more than `room` characters at most */
function write(value: unknown, room: number): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, room));
  if (typeof value !== 'object' || value === null) return String(value);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
  return Array.isArray(value) ? writeList(value, room) : writeObject(value, room);
}

function writeList(list: readonly unknown[], room: number): string {
  let text = '[';
  for (const item of list) {
    if (text.length > room) break;
    text += `${text === '[' ? '' : ', '}${write(item, room - text.length)}`;
  }
  return `${text}]`;
}

function writeObject(object: object, room: number): string {
  let text = '{';
  for (const [name, member] of Object.entries(object)) {
    if (text.length > room) break;
    const key = JSON.stringify(name.slice(0, room));
    text += `${text === '{' ? '' : ', '}${key}: ${write(member, room - text.length)}`;
  }
  return `${text}}`;
}
