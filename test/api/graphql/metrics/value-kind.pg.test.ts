import { expect, it } from 'vitest';
import { read } from '../../../helpers/ask.ts';
import { startServer } from '../../../helpers/start-server.ts';

it('a metric is scored as what it is said to be, and says so', async () => {
  await using server = await startServer();
  const { asked, untold } = await read<Record<string, { valueKind: string | null }>>(
    server,
    `mutation {
      asked: monitorMetric(input: { spec: { custom: { name: "requests" } }, model: { valueKind: COUNTER } }) {
        ... on Metric { valueKind spec } }
      untold: monitorMetric(input: { spec: { custom: { name: "load" } } }) { ... on Metric { valueKind spec } } }`,
  );
  expect(asked).toMatchObject({ valueKind: 'COUNTER', spec: { modelParams: { valueKind: 'COUNTER' } } });
  expect(untold?.valueKind).toBeNull();
});
