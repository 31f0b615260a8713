import { expect, test } from 'vitest';
import { read } from '../../../helpers/ask.ts';
import { startServer } from '../../../helpers/start-server.ts';

test('a resource or a metric nobody has heard of is told as such, item by item (rows 59, 60)', async () => {
  await using server = await startServer();
  const monitor = (id: string) =>
    read(
      server,
      `mutation ($id: ID!) { monitorResource(input: { id: $id }) { __typename
         ... on Error { code } ... on InvalidInputError { path } } }`,
      { id },
    );
  const notFound = { monitorResource: { __typename: 'NotFoundError', code: 'NOT_FOUND' } };
  expect(await monitor('Resource:cloudwatch://fake-region/AWS::EC2::Instance/i-0001')).toEqual(notFound);
  expect(await monitor('Resource:cloudwatch://us-west-2/AWS::EC2::Instance/abcd1234')).toEqual(notFound);
  for (const id of ['abcd1234', '[]', 'Metric:00000000-0000-4000-8000-000000000000']) {
    expect(await monitor(id)).toEqual({
      monitorResource: { __typename: 'InvalidInputError', code: 'INVALID_INPUT', path: ['input', 'id'] },
    });
  }
  const ids = ['Metric:00000000-0000-4000-8000-000000000000'];
  const gone = await read(
    server,
    'mutation ($ids: [ID!]!) { unmonitorMetrics(input: { ids: $ids }) { results { metric { id } error { code } } } }',
    { ids },
  );
  expect(gone).toEqual({ unmonitorMetrics: { results: [{ metric: null, error: { code: 'NOT_FOUND' } }] } });
});
