/** What the form of a rule sends: what was changed in it, and nothing of what somebody else may have changed meanwhile. */
import { expect, it } from 'vitest';
import { keepChanged } from '../../src/web/rules/editor/keep-changed.ts';

const RULE = {
  name: 'web',
  enabled: true,
  quietSeconds: 3600,
  anomalyRatePercent: null as number | null,
  body: 'Hello' as string | null,
  scope: { namePattern: 'web.*', servers: ['shop', 'shop-2'] },
  channels: [{ keep: 'a' }, { keep: 'b' }],
};

it.each([
  ['nothing of a form that was only looked at', {}, {}],
  [
    'nothing of what has the same value again',
    { scope: { ...RULE.scope }, channels: [...RULE.channels] },
    {},
  ],
  ['a field', { name: 'db' }, { name: 'db' }],
  ['what is switched off, and what is nought', { enabled: false, quietSeconds: 0 }, null],
  ['that a text was taken out', { body: null }, null],
  ['a number where there was none', { anomalyRatePercent: 20 }, null],
  ['the whole of a list that has another order', { channels: [{ keep: 'b' }, { keep: 'a' }] }, null],
  ['the whole of what one part of is new', { scope: { namePattern: 'web.*', servers: ['shop'] } }, null],
  ['a part that was taken out', { scope: { servers: ['shop', 'shop-2'] } }, null],
] as const)('is %s', (_name, change, expected) => {
  expect(keepChanged<object>(RULE, { ...RULE, ...change })).toEqual(expected ?? change);
});
