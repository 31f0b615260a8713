/** Tokens are not signed: who knows how they are made can write any place into one. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createPaging } from '../../../src/core/cloudwatch-service/model/page-token.ts';
import { at, openService, type Service } from './service.ts';

let service: Service;
beforeAll(async () => {
  service = await openService();
});
afterAll(() => service[Symbol.asyncDispose]());

const METRIC = { Namespace: 'Shop', MetricName: 'orders' };
const SERIES_PLACES = [
  '-1 0 ',
  '1 0 ',
  '9999999999 0 ',
  '0 -1 ',
  '0 0 1e9',
  '0 0 x',
  '0 0',
  '{',
  '{"query":-1,"series":0,"after":null}',
  '',
];
const METRIC_PLACES = ['P-1', 'P2147483648', 'O9999999999', 'X1', 'P', '1', 'P1.5'];

it.each(SERIES_PLACES)('GetMetricData refuses a token that goes on at %j', async (place) => {
  const question = {
    MetricDataQueries: [{ Id: 'm1', MetricStat: { Metric: METRIC, Period: 60, Stat: 'Sum' } }],
    StartTime: at(-60),
    EndTime: at(0),
  };
  const NextToken = createPaging(service.accountId, question, () => new Error('unused')).write(place);
  await expect(service.ask('GetMetricData', { ...question, NextToken })).rejects.toMatchObject({
    code: 'InvalidNextToken',
  });
});

it.each(METRIC_PLACES)('ListMetrics refuses a token that goes on at %j', async (place) => {
  const filter = { namespace: 'Shop', metricName: null, dimensions: [], recent: false };
  const NextToken = createPaging(service.accountId, filter, () => new Error('unused')).write(place);
  await expect(service.ask('ListMetrics', { Namespace: 'Shop', NextToken })).rejects.toMatchObject({
    message: 'Invalid nextToken',
  });
});

it('ListDashboards refuses a token that goes on at U+0000', async () => {
  const NextToken = createPaging(service.accountId, { prefix: '' }, () => new Error('unused')).write('a\0');
  await expect(service.ask('ListDashboards', { NextToken })).rejects.toMatchObject({
    message: 'Invalid nextToken',
  });
});
