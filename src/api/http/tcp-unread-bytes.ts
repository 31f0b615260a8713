/**
 * How many bytes sent over TCP the other side's kernel has not taken, as Linux shows it: proc(5), /proc/net/tcp. Node
 * itself only knows what its own kernel took, which is megabytes for a peer that reads nothing.
 */
import { readFile } from 'node:fs/promises';
import { isIPv4 } from 'node:net';
import { endianness } from 'node:os';

/** A line's address and port of the other side, its state, and its queue of what was sent. */
const LINE = /^ *\d+: [0-9A-F]+:[0-9A-F]+ ([0-9A-F]+:[0-9A-F]+) [0-9A-F]+ ([0-9A-F]+):/;

/**
 * @returns bytes by the other side, as `nameOtherSide` names it; only where there are any
 * @throws where the system has no such table
 */
export async function readUnreadBytes(): Promise<ReadonlyMap<string, number>> {
  const [v4, v6] = await Promise.all([
    readFile('/proc/net/tcp', 'latin1'),
    // Not there where IPv6 is switched off.
    readFile('/proc/net/tcp6', 'latin1').catch(() => ''),
  ]);
  return new Map([...parseTable(v4), ...parseTable(v6)]);
}

function parseTable(table: string): [string, number][] {
  const rows: [string, number][] = [];
  for (const line of table.split('\n')) {
    const [, side, queue] = LINE.exec(line) ?? [];
    if (side === undefined || queue === undefined || queue === '00000000') continue;
    rows.push([side, Number.parseInt(queue, 16)]);
  }
  return rows;
}

/** @param address as Node's sockets give it */
export function nameOtherSide(address: string, port: number): string {
  const bytes = isIPv4(address) ? readIPv4(address) : readIPv6(address);
  const words = Array.from({ length: bytes.length / 4 }, (_, word) => bytes.subarray(word * 4, word * 4 + 4));
  // Each word as the machine keeps it.
  const shown = endianness() === 'LE' ? words.map((word) => Buffer.from(word).reverse()) : words;
  return `${Buffer.concat(shown).toString('hex')}:${port.toString(16).padStart(4, '0')}`.toUpperCase();
}

function readIPv4(address: string): Buffer {
  return Buffer.from(address.split('.').map(Number));
}

function readIPv6(address: string): Buffer {
  // An IPv4 address at the end stands for the last two groups.
  const [plain = ''] = address.split('%');
  const groups = plain.replace(/[^:]+\.[^:]+$/, (end) => {
    const hex = readIPv4(end).toString('hex');
    return `${hex.slice(0, 4)}:${hex.slice(4)}`;
  });
  const [before = [], after] = groups
    .split('::')
    .map((part) => part.split(':').filter((group) => group !== ''));
  const zeros = after === undefined ? [] : Array<string>(8 - before.length - after.length).fill('0');
  return Buffer.from(
    [...before, ...zeros, ...(after ?? [])].map((group) => group.padStart(4, '0')).join(''),
    'hex',
  );
}
