import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createLog } from '../../../src/log.ts';
import { createLicenseWatch } from '../../../src/platform/telemetry/license-watch.ts';
import { checkLicense } from '../../../src/platform/telemetry/license.ts';
import type { MonitorPoint } from '../../../src/platform/telemetry/request-point.ts';

const issuer = generateKeyPairSync('ed25519');
const publicKey = issuer.publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
const NOW = new Date('2026-11-23T12:00:00Z');

function issue(claims: unknown, key = issuer.privateKey): string {
  const bytes = Buffer.from(JSON.stringify(claims));
  return JSON.stringify({
    license: bytes.toString('base64'),
    signature: sign(null, bytes, key).toString('base64'),
  });
}

const check = (claims: unknown, now = NOW) => checkLicense(issue(claims), publicKey, now);

describe('a licence', () => {
  it('holds for its holder, its resources, its time', () => {
    expect(check({ holder: 'Acme', expires: '2027-01-31', resources: 50 })).toEqual({
      status: 'ok',
      holder: 'Acme',
      expires: new Date('2027-02-01T00:00:00Z'),
      restDays: 69,
      resources: 50,
      warnings: [],
      errors: [],
    });
    expect(check({ holder: 'Acme' })).toMatchObject({ status: 'ok', restDays: null, resources: null });
  });

  it('warns from 30 days before its end, and is an error from its end on', () => {
    const on = (day: string) => check({ holder: 'A', expires: '2026-12-31' }, new Date(day)).status;
    expect(on('2026-11-30T23:59:59Z')).toBe('ok');
    expect(on('2026-12-01T00:00:01Z')).toBe('warning');
    expect(on('2026-12-31T23:59:59Z')).toBe('warning');
    expect(on('2027-01-01T00:00:00Z')).toBe('error');
  });

  it('keeps its limit after its end, and tells for how long it has been over', () => {
    expect(check({ holder: 'A', expires: '2026-11-20', resources: 5 })).toMatchObject({
      status: 'error',
      restDays: -3,
      resources: 5,
      errors: ['it ended on 2026-11-20'],
    });
  });

  it.each([
    ['signed by another', issue({ holder: 'A' }, generateKeyPairSync('ed25519').privateKey), 'signature'],
    [
      'changed after it was signed',
      issue({ holder: 'A', resources: 5 }).replace(/"license":"(....)/, '"license":"e30K'),
      'signature',
    ],
    ['no JSON', 'holder: A', 'the file is not'],
    ['no envelope', '{"holder":"A"}', 'the file is not'],
    ['without a holder', issue({ expires: '2027-01-01' }), 'holder'],
    ['with a day that is none', issue({ holder: 'A', expires: '2026-02-30' }), 'expires'],
    ['with a word of another version', issue({ holder: 'A', seats: 3 }), 'seats'],
  ])('%s is not believed, its limit neither', (_what, text, message) => {
    const state = checkLicense(text, publicKey, NOW);
    expect(state).toMatchObject({ status: 'error', resources: null, holder: null });
    expect(state.errors.join()).toContain(message);
  });

  it('cannot be checked without the key of the issuer, or with another kind of key', () => {
    const text = issue({ holder: 'A' });
    const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const der = ec.publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
    for (const key of [null, '', 'AAAA', der]) {
      expect(checkLicense(text, key, NOW).errors.join()).toContain('LAPWING_LICENSE_PUBLIC_KEY');
    }
  });
});

const DAY_MS = 86_400_000;
const TO_MIDNIGHT_MS = DAY_MS - (NOW.getTime() % DAY_MS);

describe('watching the licence', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lapwing-license-'));
    // Files are read for real: only the clock and its timers are ours to turn.
    vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'], now: NOW });
  });
  afterEach(async () => {
    vi.useRealTimers();
    await rm(folder, { recursive: true });
  });

  function watch(file: string | null) {
    const points: MonitorPoint[] = [];
    let tell: () => void = () => undefined;
    const license = createLicenseWatch({
      file,
      publicKey,
      write: (point) => {
        points.push(point);
        tell();
      },
      log: createLog('silent'),
    });
    const untilPoints = (count: number) =>
      new Promise<void>((resolve) => {
        tell = () => points.length >= count && resolve();
        tell();
      });
    return { license, points, untilPoints };
  }

  it('gives a point at start and at every midnight, as the days go by', async () => {
    const file = join(folder, 'license.json');
    await writeFile(file, issue({ holder: 'A', expires: '2026-12-24' }));
    const { license, points, untilPoints } = watch(file);
    await license.start();
    expect(license.current()).toMatchObject({ status: 'ok', restDays: 31 });
    vi.setSystemTime(new Date('2026-11-23T23:59:59.999Z'));
    vi.advanceTimersByTime(TO_MIDNIGHT_MS);
    await untilPoints(2);
    expect(license.current()).toMatchObject({ status: 'warning', restDays: 30 });
    vi.setSystemTime(new Date('2026-12-24T23:59:59.999Z'));
    vi.advanceTimersByTime(DAY_MS);
    await untilPoints(3);
    expect(points.map(({ tags, fields }) => [tags.license_status, fields.license_period_rest])).toEqual([
      ['ok', 31],
      ['warning', 30],
      ['error', -1],
    ]);
    expect(points[2]?.fields).toMatchObject({ errors: 1, warnings: 0, message: 'it ended on 2026-12-24' });
    // Of this process, whose other parts may have some.
    const timers = vi.getTimerCount();
    license.stop();
    expect(vi.getTimerCount()).toBe(timers - 1);
  });

  it('is told when a licence is put in its place', async () => {
    const file = join(folder, 'later.json');
    const { license, untilPoints } = watch(file);
    await license.start();
    expect(license.current().errors.join()).toContain('cannot be read');
    await writeFile(file, issue({ holder: 'B' }));
    vi.advanceTimersByTime(TO_MIDNIGHT_MS);
    await untilPoints(2);
    expect(license.current()).toMatchObject({ status: 'ok', holder: 'B' });
    license.stop();
  });

  it('finds all well where there is no licence: the software is free', async () => {
    const { license, points } = watch(null);
    await license.start();
    expect(points[0]?.tags).toEqual({ service: 'lapwing', license_status: 'ok' });
    expect(license.current().resources).toBeNull();
    license.stop();
  });
});
