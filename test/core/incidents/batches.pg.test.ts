/** Scores come in batches that say nothing: however they are cut, and wherever the server was restarted, incidents are the same. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { fc } from '../../helpers/property.ts';
import { openBench, type Bench, type Scored } from './open-incidents.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
beforeEach(() => bench.clear());
afterAll(() => bench[Symbol.asyncDispose]());

/** Of one metric of three, at one minute after the other. */
interface Step {
  readonly metric: number;
  readonly what: 'opens' | 'goesOn' | 'normal' | 'recovers' | 'excluded' | 'rarer';
  /** Minutes since the one before: some are silent for hours. */
  readonly gap: number;
}
const STEP: fc.Arbitrary<Step> = fc.record({
  metric: fc.nat(2),
  what: fc.constantFrom(
    'opens',
    'opens',
    'goesOn',
    'goesOn',
    'normal',
    'normal',
    'recovers',
    'excluded',
    'rarer',
  ),
  gap: fc.constantFrom(1, 1, 1, 1, 2, 2, 5, 5, 90),
});

function toScored(steps: readonly Step[], metrics: readonly number[]): readonly Scored[] {
  let minute = 0;
  return steps.map(({ metric, what, gap }): Scored => {
    minute += gap;
    const point = { metric: metrics[metric] ?? 0, minute };
    switch (what) {
      case 'opens':
        return { ...point, opens: true };
      case 'rarer':
        return { ...point, opens: true, score: 0.999_999_999 };
      case 'goesOn':
        return { ...point, goesOn: true };
      case 'normal':
        return point;
      case 'recovers':
        return { ...point, phase: 'RECOVERS' };
      case 'excluded':
        return { ...point, phase: 'EXCLUDED' };
    }
  });
}

const RULE = {
  name: 'all',
  confirmPoints: 2,
  recoverySeconds: 120,
  quietSeconds: 3_600,
  // Points come when they come: their age is not what is looked at here.
  staleSeconds: 365 * 86_400,
};

/** What became of the steps: incidents and whether anybody was notified, and how many messages there are. */
async function follow(batches: readonly (readonly Step[])[], restarts: ReadonlySet<number>) {
  await bench.clear();
  await bench.incidents.rules.createRule(RULE);
  // Two of one server, which share a quiet period, and one of another.
  const metrics = await bench.makeMetrics(3, 'web-1');
  await bench.database.pool.query(`UPDATE metric SET server = 'web-2' WHERE number = $1`, [metrics[2]]);
  await bench.engine.registry.load();
  const scored = toScored(batches.flat(), metrics);
  let from = 0;
  for (const [i, { length }] of batches.entries()) {
    const some = scored.slice(from, from + length);
    from += length;
    if (restarts.has(i)) await bench.restart(() => bench.score(some));
    else await bench.score(some);
  }
  const incidents = await bench.database.prisma.incident.findMany();
  const order = (one: (typeof incidents)[number]) => [one.metricNumber, one.startedAt.getTime()] as const;
  return incidents
    .toSorted((a, b) => order(a)[0] - order(b)[0] || order(a)[1] - order(b)[1])
    .map((one) => ({
      metric: metrics.indexOf(one.metricNumber),
      state: one.state,
      startedAt: one.startedAt,
      endedAt: one.endedAt,
      endReason: one.endReason,
      lastPointAt: one.lastPointAt,
      hotPoints: one.hotPoints,
      calmSince: one.calmSince,
      score: one.score,
      peakScore: one.peakScore,
      peakAt: one.peakAt,
      mutedBy: one.mutedBy,
      isNotified: one.notifiedAt !== null,
    }));
}

describe('Incidents', () => {
  it('are those of one batch, however the scores are cut and the server is restarted', async () => {
    const ends = new Set<string | null>();
    let count = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(STEP, { minLength: 25, maxLength: 40 }),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 5, maxLength: 8 }),
        fc.array(fc.nat(7), { maxLength: 2 }),
        async (steps, sizes, restarts) => {
          const batches: (readonly Step[])[] = [];
          let from = 0;
          for (const size of [...sizes, steps.length]) {
            if (from < steps.length) batches.push(steps.slice(from, from + size));
            from += size;
          }
          const whole = await follow([steps], new Set());
          expect(await follow(batches, new Set(restarts))).toEqual(whole);
          count += whole.length;
          for (const { endReason } of whole) ends.add(endReason);
        },
      ),
      { numRuns: 12 },
    );
    expect(count).toBeGreaterThan(20);
    expect([...ends]).toEqual(expect.arrayContaining(['SILENT', 'RECOVERED']));
  });
});
