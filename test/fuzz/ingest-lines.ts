/** Lines for Graphite and line protocol: right ones, broken ones, and bytes. */
import { breakText } from './graphql-requests.ts';
import { NASTY_NUMBERS, NASTY_TEXTS, type Random } from './random.ts';

export function writeGraphiteLine(random: Random, nowSeconds: number): Buffer {
  const name = random.pick(['web.latency', 'a.b.c', 'x;tag=1', ...NASTY_TEXTS]);
  const time = random.pick([String(nowSeconds), '-1', '0', '1e9', 'now', ...NASTY_NUMBERS.map(String)]);
  const line = `${name} ${random.pick(NASTY_NUMBERS)} ${time}`;
  return finish(random, line);
}

export function writeProtocolLine(random: Random, nowSeconds: number): Buffer {
  const measurement = random.pick(['cpu', 'm\\ n', 'a\\,b', ...NASTY_TEXTS]);
  const tags = random.chance(0.5) ? `,host=${random.pick(['a', 'b\\=c', ...NASTY_TEXTS])}` : '';
  const value = random.pick([
    '1',
    '1i',
    '2u',
    't',
    '"text"',
    '"un',
    '1e400',
    '-',
    ...NASTY_NUMBERS.map(String),
  ]);
  const time = random.pick([`${nowSeconds}000000000`, '', '-1', '99999999999999999999', 'x']);
  return finish(random, `${measurement}${tags} value=${value},other=${random.pick(NASTY_NUMBERS)} ${time}`);
}

function finish(random: Random, line: string): Buffer {
  const text = random.chance(0.4) ? breakText(random, line) : line;
  const bytes = Buffer.from(text);
  if (random.chance(0.1) && bytes.length > 0) bytes[random.below(bytes.length)] = random.below(256);
  return Buffer.concat([bytes, Buffer.from(random.pick(['\n', '\n', '\n', '\r\n']))]);
}
