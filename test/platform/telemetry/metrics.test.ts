import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createStats } from '../../../src/platform/telemetry/metrics.ts';

describe('the statistics', () => {
  it('start at 0, every number listed once with a sentence of help', () => {
    const readings = createStats().snapshot();
    expect(readings.every(({ value }) => value === 0)).toBe(true);
    expect(new Set(readings.map(({ name, reason }) => `${name}/${reason}`)).size).toBe(readings.length);
    for (const { help } of readings) expect(help).toMatch(/^[A-Z].{10,}\.$/s);
  });

  it('add up what is counted and keep the last of what is set', () => {
    const stats = createStats();
    stats.count('points_accepted');
    stats.count('points_accepted', 41);
    stats.set('subscribers', 3);
    stats.set('subscribers', 2);
    expect(stats.read('points_accepted')).toBe(42);
    expect(stats.read('subscribers')).toBe(2);
  });

  it('keep reasons apart and read their sum', () => {
    const stats = createStats();
    stats.countReason('points_rejected', 'bad_name', 2);
    stats.countReason('points_rejected', 'too_old');
    expect(stats.read('points_rejected')).toBe(3);
    const rejected = stats.snapshot().filter(({ name, value }) => name === 'points_rejected' && value > 0);
    expect(rejected.map(({ reason, value }) => [reason, value])).toEqual([
      ['bad_name', 2],
      ['too_old', 1],
    ]);
  });

  it('refuse to fall, to count parts, and to hold what is no number', () => {
    const stats = createStats();
    expect(() => stats.count('points_late', -1)).toThrow('points_late cannot rise by -1');
    expect(() => stats.count('points_late', 0.5)).toThrow(RangeError);
    expect(() => stats.set('poll_lag_seconds', Number.NaN)).toThrow('poll_lag_seconds cannot be NaN');
    expect(stats.read('points_late')).toBe(0);
  });

  it('belong to one server, and a snapshot does not change afterwards', () => {
    const [one, other] = [createStats(), createStats()];
    one.count('points_scored', 5);
    const before = one.snapshot();
    one.count('points_scored', 5);
    expect(before.find(({ name }) => name === 'points_scored')?.value).toBe(5);
    expect(other.read('points_scored')).toBe(0);
  });

  it('are all counted somewhere: a number that can only be 0 would be a lie', () => {
    const source = join(import.meta.dirname, '../../../src');
    const files = readdirSync(source, { recursive: true, encoding: 'utf8' });
    const code = files
      .filter((file) => file.endsWith('.ts') && !/generated|telemetry.metrics/.test(file))
      .map((file) => readFileSync(join(source, file), 'utf8'))
      .join('\n');
    const calls = [...code.matchAll(/\b(?:(?:count|countReason|set)\(|lagGauge:)([^()]*)/g)].map(
      ([, given = '']) => given,
    );
    const counted = new Set(
      calls.flatMap((given) => [...given.matchAll(/'(\w+)'/g)].map(([, name]) => name)),
    );
    const names = new Set(
      createStats()
        .snapshot()
        .map(({ name }) => name),
    );
    expect([...names].filter((name) => !counted.has(name))).toEqual([]);
  });
});
