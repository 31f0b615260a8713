import { expect, test } from 'vitest';
import { InvalidInputError } from '../../../../src/errors.ts';
import {
  readMetricId,
  readNodeId,
  readResourceId,
  writeNodeId,
  writeResourceKey,
} from '../../../../src/api/graphql/builder/node-id.ts';

const UUID = '0b6b9702-1111-4222-8333-944455566677';

test('the id of a metric is its uuid with the type before it', () => {
  expect(writeNodeId('Metric', UUID)).toBe(`Metric:${UUID}`);
  expect(readMetricId(`Metric:${UUID}`)).toBe(UUID);
});

test('capitals in a uuid do not matter', () => {
  expect(readMetricId(`Metric:${UUID.toUpperCase()}`)).toBe(UUID);
});

test.each([
  { accountId: 1, datasource: 'HOST', region: 'local', type: 'Host', resourceId: 'web-1' },
  {
    accountId: 1,
    datasource: 'CLOUDWATCH',
    region: 'us-west-2',
    type: 'AWS::EC2::Instance',
    resourceId: 'i-0123',
  },
  { accountId: 1, datasource: 'CUSTOM', region: '', type: 'Custom', resourceId: 'a/b:c://d?e#f ü' },
  { accountId: 27, datasource: 'CUSTOM', region: '', type: 'Custom', resourceId: 'web-3' },
] as const)('the id of a resource can be read back: %o', (key) => {
  expect(readResourceId(writeNodeId('Resource', writeResourceKey(key)))).toEqual(key);
});

test.each([
  '',
  ':',
  'Metric',
  'Metric:',
  `metric:${UUID}`,
  UUID,
  `Metric:${UUID}x`,
  `Metric: ${UUID}`,
  'Metric:1',
  "Metric:'; DROP TABLE metric; --",
  'Resource:host',
  'Resource:nowhere://local/Host/x',
  'Resource:custom-0:///Custom/x',
  'Resource:host://local/Host/',
  'Resource:host://local/Host/a\0b',
  'TWV0cmljOjE=',
  'Autostack:1',
  'x'.repeat(100_000),
])('what is no id is refused and named: %j', (text) => {
  const reading = () => readNodeId(text, ['input', 'id']);
  expect(reading).toThrow(InvalidInputError);
  expect(reading).toThrow(JSON.stringify(text).slice(0, 100).replace(/"$/, ''));
  expect(reading).toThrow(expect.objectContaining({ inputPath: ['input', 'id'] }));
});

test('an id of another type is refused with both types named', () => {
  expect(() => readMetricId('Resource:host://local/Host/x')).toThrow('expected an id of Metric');
  expect(() => readResourceId(`Metric:${UUID}`)).toThrow('expected an id of Resource');
});

test('a message repeats no more than a part of a long id', () => {
  expect(() => readNodeId('x'.repeat(100_000))).toThrow(/^.{0,300}$/);
});
