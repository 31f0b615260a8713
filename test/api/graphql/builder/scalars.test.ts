import { GraphQLError } from 'graphql';
import { expect, test } from 'vitest';
import { parseDateTime } from '../../../../src/api/graphql/builder/scalars.ts';

test.each([
  ['2026-11-23T09:30:00Z', '2026-11-23T09:30:00.000Z'],
  ['2026-11-23T09:30:00.123Z', '2026-11-23T09:30:00.123Z'],
  ['2026-11-23T09:30:00.123999999Z', '2026-11-23T09:30:00.123Z'],
  ['2026-11-23t09:30:00z', '2026-11-23T09:30:00.000Z'],
  ['2026-11-23T09:30:00+05:30', '2026-11-23T04:00:00.000Z'],
  ['2024-02-29T00:00:00-00:00', '2024-02-29T00:00:00.000Z'],
  ['1969-12-31T23:59:59Z', '1969-12-31T23:59:59.000Z'],
  ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z'],
  ['9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'],
])('reads %s', (text, iso) => {
  expect(parseDateTime(text).toISOString()).toBe(iso);
});

test.each([
  '',
  'now',
  '2026-11-23',
  '2026-11-23T09:30:00',
  '2026-11-23 09:30:00Z',
  '2026-11-23T09:30Z',
  '2026-02-30T00:00:00Z',
  '2025-02-29T00:00:00Z',
  '2026-13-01T00:00:00Z',
  '2026-00-01T00:00:00Z',
  '2026-11-23T24:00:00Z',
  '2026-11-23T09:60:00Z',
  '2026-11-23T09:30:60Z',
  '2026-11-23T09:30:00+24:00',
  '+012026-11-23T09:30:00Z',
  '0000-01-01T00:00:00Z',
  '2026-11-23T09:30:00.Z',
  '2026-11-23T09:30:00.1234567890Z',
  1_763_890_200,
  Number.NaN,
  true,
  null,
  { time: 1 },
])('refuses %j and names it', (value) => {
  const parsing = () => parseDateTime(value);
  expect(parsing).toThrow(GraphQLError);
  const shown = typeof value === 'object' && value !== null ? '{"time": 1}' : JSON.stringify(value);
  expect(parsing).toThrow(`got ${Number.isNaN(value) ? 'NaN' : shown}`);
});
