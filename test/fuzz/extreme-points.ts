/** Metrics that are monitored, and points of every finite size: what is stored of them has to be readable afterwards. */
import { ask, read } from '../helpers/ask.ts';
import { until } from '../helpers/until.ts';
import { type FuzzedServer, KEY } from './fuzzed-server.ts';
import { judgeAnswer } from './judge.ts';
import { NASTY_NUMBERS, type Random } from './random.ts';

const METRICS = 3;
const START = Date.parse('2026-01-01T00:00:00Z');
const MONITOR = `mutation($name: String!) {
  monitorMetric(input: { spec: { custom: { name: $name } }, model: { min: 0, max: 100 } }) { ... on Metric { id } ... on Error { message } } }`;
const PUSH = `mutation($input: PutMetricDataInput!) {
  putMetricData(input: $input) { accepted rejected { index code reason } } }`;
const READ = `query($id: ID!) { metric(id: $id) { status
  bars(window: DAYS, until: "2026-01-02T00:00:00Z") { anomalyScore height }
  data(first: 1000) { nodes { value anomalyScore rawAnomalyScore expected { low high } } } } }`;

export interface Pushed {
  readonly accepted: number;
  readonly rejected: number;
  readonly wrongs: readonly string[];
}

/** In batches of all metrics, so that one that cannot be scored would cost its neighbours. */
export async function pushExtremes(server: FuzzedServer, random: Random, count: number): Promise<Pushed> {
  const admin = { url: server.url, key: KEY };
  const names = Array.from({ length: METRICS }, (_, index) => `fuzz.extreme.${index}`);
  const total = { accepted: 0, rejected: 0 };
  const wrongs: string[] = [];
  const push = async (points: readonly object[]) => {
    const { status, text, data } = await ask(admin, PUSH, { input: { points } });
    const wrong = judgeAnswer(status, text);
    if (wrong !== null) wrongs.push(wrong);
    const result = data?.putMetricData as { accepted: number; rejected: readonly unknown[] } | undefined;
    total.accepted += result?.accepted ?? 0;
    total.rejected += result?.rejected.length ?? 0;
  };
  const at = (index: number) => new Date(START + Math.floor(index / METRICS) * 60_000).toISOString();
  const ordinary = Math.floor(count / 2);
  const write = (index: number, value: number) => ({
    metric: names[index % METRICS],
    timestamp: at(index),
    value,
  });
  await push(Array.from({ length: ordinary }, (_, index) => write(index, 50 + (index % 7))));
  const ids = await Promise.all(
    names.map(
      async (name) =>
        (await read<{ monitorMetric: { id: string } }>(admin, MONITOR, { name })).monitorMetric.id,
    ),
  );
  await until(async () => {
    const { nodes } = await read<{ nodes: readonly { status: string }[] }>(
      admin,
      'query($ids: [ID!]!) { nodes(ids: $ids) { ... on Metric { status } } }',
      { ids },
    );
    if (nodes.some(({ status }) => status !== 'ACTIVE')) throw new Error('not all metrics are active');
  });
  for (let index = ordinary; index < count; index += 30) {
    const length = Math.min(30, count - index);
    await push(
      Array.from({ length }, (_, offset) => {
        const value = random.chance(0.4) ? random.pick(NASTY_NUMBERS) : 50 + random.below(7);
        return write(index + offset, value);
      }),
    );
  }
  for (const id of ids) {
    const { status, text } = await ask(admin, READ, { id });
    const wrong = judgeAnswer(status, text);
    if (wrong !== null) wrongs.push(wrong);
    if (status !== 200 || !text.includes('"nodes"') || text.includes('"errors"'))
      wrongs.push(`cannot be read: ${text.slice(0, 300)}`);
  }
  return { ...total, wrongs };
}
