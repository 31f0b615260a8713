/** Bodies made to cost more than they weigh: shapes, names, lengths and bytes that were the undoing of parsers. */
import { NASTY_NUMBERS, NASTY_TEXTS, type Random } from './random.ts';

const PUSH = 'mutation($i: PutMetricDataInput!) { putMetricData(input: $i) { accepted } }';
const METRIC = 'query($id: ID!) { metric(id: $id) { id } }';
const FOREIGN_NAMES = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'then', ''];

type Write = (random: Random) => string | Buffer;

const BODIES: readonly Write[] = [
  // Shapes.
  (random) => random.pick(['[', '{"a":', '[[],']).repeat(1 + random.below(100_000)),
  (random) => `{"query":"{__typename}","extensions":[${'{},'.repeat(random.below(100_000))}{}]}`,
  (random) =>
    `{"query":"{__typename}","variables":${'{"a":'.repeat(70)}1${'}'.repeat(random.pick([69, 70]))}}`,
  // Names.
  (random) => {
    const name = random.pick(FOREIGN_NAMES);
    return `{"query":${JSON.stringify(METRIC)},"variables":{"id":"x","${name}":{"polluted":[1,2]}},"${name}":{"polluted":1}}`;
  },
  (random) => `{"query":"{__typename}","${random.pick(['query', 'variables'])}":{},"variables":{}}`,
  (random) => {
    const names = Array.from({ length: 1 + random.below(5_000) }, (_, index) => [`f${index}`, index]);
    return ask(PUSH, { i: { points: [Object.fromEntries(names)] } });
  },
  // Lengths.
  (random) => ask(PUSH, { i: { points: Array.from({ length: 9_000 + random.below(2_000) }, () => 0) } }),
  (random) => ask(METRIC, { id: random.pick(NASTY_TEXTS).repeat(random.below(2_000)) }),
  (random) => `{"query":"{__typename}","variables":{"n":${'9'.repeat(1 + random.below(50_000))}}}`,
  (random) => ask(`{ ${'a:__typename '.repeat(random.below(2_000))} }`, {}),
  (random) => ask(`${'fragment A on Query { ...A } '.repeat(random.below(50))} { ...A }`, {}),
  // Bytes.
  (random) => Buffer.from(JSON.stringify({ query: random.pick(NASTY_TEXTS) }), 'utf16le'),
  (random) =>
    Buffer.concat([Buffer.from('{"query":"'), Buffer.alloc(random.below(5_000), 0xff), Buffer.from('"}')]),
  () => Buffer.from('\ufeff{"query":"{__typename}"}'),
  (random) =>
    `{"query":"{__typename}","variables":{"n":${String(random.pick(NASTY_NUMBERS))}e${random.below(999)}}}`,
];

export function writeHostileBody(random: Random): string | Buffer {
  return random.pick(BODIES)(random);
}

function ask(query: string, variables: object): string {
  return JSON.stringify({ query, variables });
}
