/** Requests to /graphql: right ones, broken ones, and bytes. */
import type { GraphQLSchema } from 'graphql';
import { writeOperation } from './graphql-operations.ts';
import { writeHostileBody } from './hostile-bodies.ts';
import { NASTY_NUMBERS, NASTY_TEXTS, type Random } from './random.ts';

export interface FuzzedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | null;
}

const JSON_TYPE = { 'content-type': 'application/json' };
const ACCEPTED = ['application/json', 'application/graphql-response+json', '*/*', 'text/plain', ''];
const PIECES = [
  '{',
  '}',
  '(',
  ')',
  '...',
  '$',
  '"',
  '"""',
  '@',
  '!',
  ':',
  '[',
  '#',
  '\\u0000',
  '__typename',
  'on',
  'fragment',
  ' ',
];

export function writeRequest(schema: GraphQLSchema, random: Random): FuzzedRequest {
  const kind = random.below(11);
  if (kind === 10) return post(random, writeHostileBody(random));
  if (kind < 5) return post(random, JSON.stringify(writeOperation(schema, random)));
  if (kind < 8) {
    const { query, variables } = writeOperation(schema, random);
    return post(random, JSON.stringify({ query: breakText(random, query), variables }));
  }
  if (kind < 9) return writeOdd(schema, random);
  const bytes = Buffer.from(Array.from({ length: random.below(400) }, () => random.below(256)));
  return { method: 'POST', path: '/graphql', headers: JSON_TYPE, body: bytes };
}

function post(random: Random, body: string | Buffer): FuzzedRequest {
  const headers = { ...JSON_TYPE, accept: random.pick(ACCEPTED) };
  return { method: 'POST', path: '/graphql', headers, body: Buffer.from(body) };
}

/** Right JSON that is no request, other methods and types, and queries by GET. */
function writeOdd(schema: GraphQLSchema, random: Random): FuzzedRequest {
  const { query, variables } = writeOperation(schema, random);
  const given = random.pick<unknown>([...NASTY_TEXTS, ...NASTY_NUMBERS, null, [], {}, [{ query }]]);
  const text = JSON.stringify(
    random.pick<unknown>([
      given,
      { query: given },
      { query, variables: given },
      { query, operationName: given },
      { query, extensions: given },
      { query, [random.pick(NASTY_TEXTS)]: given },
      { query, variables: { ...variables, v0: given } },
    ]),
  );
  const isGet = random.chance(0.4);
  const search = new URLSearchParams({
    query: breakText(random, query),
    variables: JSON.stringify(variables),
  });
  return {
    method: isGet ? 'GET' : random.pick(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']),
    path: isGet ? `/graphql?${search.toString().slice(0, 8_000)}` : '/graphql',
    headers: {
      'content-type': random.pick([
        'application/json',
        'text/plain',
        'application/json; charset=utf-16',
        'x',
      ]),
      accept: random.pick(ACCEPTED),
    },
    body: isGet ? null : Buffer.from(text),
  };
}

/** A few pieces taken away, doubled, put in or exchanged. */
export function breakText(random: Random, text: string): string {
  let broken = text;
  for (let left = 1 + random.below(4); left > 0; left -= 1) {
    const at = random.below(broken.length + 1);
    const length = random.below(20);
    const [before, part, after] = [
      broken.slice(0, at),
      broken.slice(at, at + length),
      broken.slice(at + length),
    ];
    broken = random.pick([
      before + after,
      before + part + part + after,
      before + random.pick(PIECES) + part + after,
      before + String(random.pick(NASTY_NUMBERS)) + after,
      `${before}"${random.pick(NASTY_TEXTS)}"${after}`,
    ]);
  }
  return broken;
}
