/**
 * How long the server takes to refuse what asks for too much, by each kind of limit, over HTTP: `npm run
 * bench:refusals`. A JSON line a kind: milliseconds from the request to the whole answer, and the code it was refused by.
 */
import { startMeasuredServer } from './measure-server.ts';

const ROUNDS = 15;
const LIMIT_MS = 50;

const times = (count: number, write: (index: number) => string) =>
  Array.from({ length: count }, (_, i) => write(i)).join(' ');
const metrics = (inner: string) => `{ metrics { nodes { ${inner} } } }`;
const points = Array.from({ length: 15_000 }, () => ({
  metric: 'm',
  timestamp: '2026-01-01T00:00:00Z',
  value: 1,
}));
const PUT =
  'mutation P($points: [MetricPointInput!]!) { putMetricData(input: { points: $points }) { accepted } }';
const FILTERED = 'query ($filter: MetricFilter) { metrics(filter: $filter) { totalCount } }';
const unknownFields = Object.fromEntries(
  Array.from({ length: 30_000 }, (_, i) => [`field${i}`, 'some value']),
);

interface Request {
  readonly query: string;
  readonly variables?: object;
}

/** Text is sent as it is. */
const HOSTILE: Readonly<Record<string, Request | string>> = {
  depth: { query: metrics(`${'resource { metrics { '.repeat(12)} name ${'} }'.repeat(12)}`) },
  aliases: { query: metrics(times(2000, (i) => `a${i}: name`)) },
  'root fields': { query: `{ ${times(2000, (i) => `a${i}: __typename`)} }` },
  directives: { query: `{ __typename ${'@skip(if: false) '.repeat(2000)} }` },
  fields: { query: metrics(times(5000, () => 'name')) },
  tokens: { query: metrics('name '.repeat(40_000)) },
  'fragments doubling': {
    query: `${metrics('...F0')} ${times(300, (i) => `fragment F${i} on Metric { ...F${i + 1} ...F${i + 1} }`)} fragment F300 on Metric { name }`,
  },
  'fragments in a circle': {
    query: `${metrics('...F0')} ${times(300, (i) => `fragment F${i} on Metric { ...F${(i + 1) % 300} }`)}`,
  },
  cost: {
    query: metrics('data(first: 1000) { nodes { metric { data(first: 1000) { nodes { value } } } } }'),
  },
  'page size': { query: '{ metricData(filter: {}, first: 1000000) { nodes { value } } }' },
  'batch size': { query: PUT, variables: { points } },
  'batch of numbers': { query: PUT, variables: { points: Array.from({ length: 450_000 }, () => 1) } },
  'unknown fields': { query: FILTERED, variables: { filter: unknownFields } },
  'points without a value': {
    query: PUT,
    variables: { points: points.slice(0, 9_000).map(({ metric }) => ({ metric })) },
  },
  'brackets in brackets': '['.repeat(999_000),
  'empty objects': `{"query":"{__typename}","extensions":[${'{},'.repeat(330_000)}{}]}`,
  'body size': { query: `{ __typename } # ${'x'.repeat(8_000_000)}` },
};

await using server = await startMeasuredServer();

async function measure(body: Uint8Array<ArrayBuffer>): Promise<{ ms: number; code: string; status: number }> {
  const startedAt = performance.now();
  const response = await fetch(server.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  const text = await response.text();
  const ms = performance.now() - startedAt;
  const { errors } = JSON.parse(text) as { errors?: { message: string; extensions?: { code?: string } }[] };
  if (errors === undefined)
    throw new Error(`was not refused: ${new TextDecoder().decode(body.subarray(0, 80))}`);
  return { ms, code: errors[0]?.extensions?.code ?? errors[0]?.message ?? '', status: response.status };
}

for (const [name, request] of Object.entries(HOSTILE)) {
  // Encoded beforehand: what the client spends on eight megabytes is no part of the refusal.
  const body = new TextEncoder().encode(typeof request === 'string' ? request : JSON.stringify(request));
  const rounds = [];
  for (let round = 0; round < ROUNDS; round++) rounds.push(await measure(body));
  const sorted = rounds.map(({ ms }) => ms).sort((a, b) => a - b);
  const median = sorted[Math.floor(ROUNDS / 2)] ?? 0;
  console.log(
    JSON.stringify({
      name: `refused ${name}`,
      value: Number(median.toFixed(1)),
      worst: Number((sorted.at(-1) ?? 0).toFixed(1)),
      unit: 'ms',
      against: `${LIMIT_MS} ms`,
      ratio: Number((median / LIMIT_MS).toFixed(2)),
      code: rounds[0]?.code,
      status: rounds[0]?.status,
      bytes: body.length,
    }),
  );
}
