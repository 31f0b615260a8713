import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parseUtcTime } from '../../../src/platform/runtime/utc-time.ts';

const AT_MS = Date.parse('2026-11-28T14:27:00Z');
const READ: readonly (readonly [string, number])[] = [
  ['2026-11-28T14:27:00Z', AT_MS],
  ['2026-11-28T14:27:00', AT_MS],
  ['2026-11-28 14:27:00', AT_MS],
  ['2026-11-28T14:27', AT_MS],
  ['2026-11-28 14:27:00.250', AT_MS + 250],
  ['2026-11-28 14:27:00.250999', AT_MS + 250],
  ['2026-11-28T14:27:00,250', AT_MS + 250],
  ['2026-11-28', Date.parse('2026-11-28T00:00:00Z')],
  ['2026-11-28T14:27:00+01:00', AT_MS - 3_600_000],
  ['2026-11-28T14:27:00+0100', AT_MS - 3_600_000],
  ['2026-11-28 14:27:00+01', AT_MS - 3_600_000],
  ['2026-11-28 14:27:00-05:30', AT_MS + 19_800_000],
  ['Sat, 28 Nov 2026 14:27:00 GMT', AT_MS],
  ['28 Nov 2026 14:27 +0000', AT_MS],
  ['Sat, 28 Nov 2026 15:27:00 +0100', AT_MS],
  ['2026-11-28 14:27:00 UTC', AT_MS],
  ['2026-11-28 15:27:00 +0100', AT_MS],
  ['2026-11-28T14:27Z', AT_MS],
  ['2026-1-8 4:27', Date.parse('2026-01-08T04:27:00Z')],
  ['2026-11-27T24:00:00Z', Date.parse('2026-11-28T00:00:00Z')],
  ['2024-02-29', Date.parse('2024-03-01T00:00:00Z') - 86_400_000],
  ['2000-02-29T12:00:00Z', Date.parse('2000-02-29T12:00:00Z')],
  ['2026-07-01T14:27:00', Date.parse('2026-07-01T14:27:00Z')],
];
const REFUSED = [
  '',
  'now',
  '28 Nov 2026',
  'Nov 28 2026 14:27:00',
  '11/28/2026',
  '28-11',
  '2026-13-01',
  '2026-11-28T25:00',
  '2026-02-29',
  '2026-02-30T00:00:00Z',
  '2026-11-31 12:00:00',
  '2100-02-29T00:00:00+01:00',
  // 1 November in Germany, 11 January in the United States.
  '01.11.2026 14:27:00 UTC',
  '01/11/2026 14:27 UTC',
  '11-28-2026 14:27:00 UTC',
  // As Go writes a time of a zone with a name, and with the name of another one.
  '2026-11-28 09:27:00 -0500 EST',
  '2026-11-28 09:27:00 -0500 UTC',
  '30 Feb 2026 14:27:00 GMT',
  'Feb 30 2026 14:27:00 UTC',
  '2026/02/30 14:27:00 UTC',
  'cpu 1 2026 14:27 UTC',
  '28 Nux 2026 14:27:00 GMT',
  '2026-11-28T14:27:00+24:00',
  '2026-00-28',
  '2026-11-00',
  '1795876020',
  '1795876020000',
  '1.79587602e9',
];

describe('a time', () => {
  it.each(READ)('%s is read', (text, ms) => {
    expect(parseUtcTime(text)).toBe(ms);
  });

  it.each(REFUSED)('%j is none, or means another time elsewhere', (text) => {
    expect(parseUtcTime(text)).toBeNaN();
  });

  it.each(['America/New_York', 'Asia/Kolkata', 'Pacific/Auckland'])(
    'means the same on a machine in %s',
    (TZ) => {
      const module = fileURLToPath(new URL('../../../src/platform/runtime/utc-time.ts', import.meta.url));
      const texts = JSON.stringify([...READ.map(([text]) => text), ...REFUSED]);
      const program = `import { parseUtcTime } from ${JSON.stringify(module)};
      console.log(JSON.stringify(${texts}.map((text) => parseUtcTime(text))));`;
      const answer = execFileSync(
        process.execPath,
        ['--import', 'tsx', '--input-type=module', '--eval', program],
        {
          env: { ...process.env, TZ },
          encoding: 'utf8',
        },
      );
      expect(JSON.parse(answer)).toEqual([...READ.map(([, ms]) => ms), ...REFUSED.map(() => null)]);
    },
  );
});
