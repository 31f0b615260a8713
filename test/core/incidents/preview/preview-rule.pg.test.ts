/** A preview has to say what the rule itself did: the same scores, live and after the fact. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RuleChange } from '../../../../src/core/incidents/check-rule.ts';
import {
  DEFAULT_RULE,
  PREVIEW_DAYS,
  previewRule,
} from '../../../../src/core/incidents/preview/preview-rule.ts';
import { tenantPool } from '../../../../src/core/access/tenant-pool.ts';
import { createRandom } from '../../../detector/series.ts';
import { NOON_MS, openBench, type Bench, type Scored } from '../open-incidents.ts';
import { listIncidents } from '../receiver-rule.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
beforeEach(() => bench.clear());
afterAll(() => bench[Symbol.asyncDispose]());

const MINUTE_MS = 60_000;
const preview = async (change: RuleChange, minute: number, pool = bench.database.pool) => {
  const { engine } = bench;
  await engine.bars.catchUp();
  return previewRule(change, {
    pool,
    thresholdAdjustmentOf: (id, point) => engine.labels.thresholdAdjustmentOf(id, point),
    now: new Date(NOON_MS + minute * MINUTE_MS),
  });
};

/** Each in a way of its own; all of them at once are one run. */
const RULES: Readonly<Record<string, RuleChange>> = {
  'each anomaly': { quietSeconds: 0, recoverySeconds: 0 },
  'a quiet period': { quietSeconds: 1800, recoverySeconds: 0 },
  'several points': { confirmPoints: 3, recoverySeconds: 300, quietSeconds: 0 },
  'a duration': { confirmSeconds: 120, recoverySeconds: 600 },
  'only below': { direction: 'BELOW', quietSeconds: 0, recoverySeconds: 0 },
  'a scope': { scope: { namePattern: 'm1' }, quietSeconds: 0, recoverySeconds: 0 },
  'a rarer score': { sensitivity: 0.999_999_9, quietSeconds: 0, recoverySeconds: 0 },
  'scores while learning too': { learningGuard: false, quietSeconds: 0, recoverySeconds: 0 },
  maintenance: {
    quietSeconds: 0,
    recoverySeconds: 0,
    maintenanceWindows: [
      { start: new Date(NOON_MS).toISOString(), end: new Date(NOON_MS + 60 * MINUTE_MS).toISOString() },
    ],
  },
};

describe('the preview of a rule', () => {
  it('has the incidents and notifications the rule had live, whatever the rule asks for', async () => {
    for (const [name, change] of Object.entries(RULES)) {
      await bench.incidents.rules.createRule({ ...change, name });
    }
    const [first = 0, second = 0] = await bench.makeMetrics(2);
    await bench.database.pool.query(`UPDATE metric SET server = 'one'`);
    const random = createRandom(7);
    const minutes = 150;
    for (let minute = 0; minute < minutes; minute += 1) {
      bench.setClock(minute);
      await bench.score([first, second].map((metric) => makePoint(metric, minute, random)));
    }
    const live = await listIncidents(bench);
    for (const [name, change] of Object.entries(RULES)) {
      const own = live.filter(({ ruleName, state }) => ruleName === name && state !== 'PENDING');
      const previewed = await preview(change, minutes);
      const notified = own.flatMap(({ notifiedAt }) => (notifiedAt === null ? [] : [notifiedAt.getTime()]));
      expect([name, previewed.incidentCount]).toEqual([name, own.length]);
      expect([name, previewed.notified.map(({ notifiedMs }) => notifiedMs).toSorted()]).toEqual([
        name,
        notified.toSorted(),
      ]);
      expect([name, previewed.notificationCount]).toEqual([name, new Set(notified).size]);
      expect(previewed.isComplete).toBe(true);
    }
    // A run in which nothing happened would prove nothing.
    expect(live.length).toBeGreaterThan(30);
  });

  it('counts the monitored metrics it looks at, and has nothing to say of what is older than a week', async () => {
    const [metric = 0] = await bench.makeMetrics(3);
    await bench.score([{ metric, minute: -PREVIEW_DAYS * 24 * 60 - 120, opens: true }]);
    await bench.score([{ metric, minute: -90, opens: true }]);
    expect(await preview({}, 0)).toMatchObject({ metricCount: 3, incidentCount: 1, notificationCount: 1 });
    expect(await preview({ scope: { namePattern: 'm2' } }, 0)).toEqual({
      metricCount: 1,
      incidentCount: 0,
      notificationCount: 0,
      notified: [],
      isComplete: true,
    });
  });

  it('sees nothing of another account', async () => {
    const [metric = 0] = await bench.makeMetrics(1);
    await bench.score([{ metric, minute: -90, opens: true }]);
    const { rows } = await bench.database.pool.query<{ account_id: number }>('SELECT account_id FROM metric');
    const [own = 0] = rows.map(({ account_id }) => account_id);
    const poolOf = (account: number) => tenantPool(bench.database.pool, account);
    expect(await preview({}, 0, poolOf(own))).toMatchObject({ metricCount: 1, incidentCount: 1 });
    expect(await preview({}, 0, poolOf(own + 1))).toMatchObject({ metricCount: 0, incidentCount: 0 });
  });

  it('follows an incident through the normal scores of a day, however long it lasts', async () => {
    const [metric = 0] = await bench.makeMetrics(1);
    await bench.score(
      Array.from({ length: 1200 }, (_, minute) => ({
        metric,
        minute,
        ...(minute === 0 ? { opens: true } : { phase: 'CONTINUES' as const, value: 100 }),
        ...(minute === 1100 ? { opens: true } : {}),
      })),
    );
    expect(await preview({}, 1200)).toMatchObject({ incidentCount: 1, notificationCount: 1 });
  });

  it('refuses what a rule cannot be, by the name of the field', async () => {
    await expect(preview({ sensitivity: 2 }, 0)).rejects.toThrow(/^sensitivity: /);
    await expect(preview({ scope: { servers: [] } }, 0)).rejects.toThrow(/^scope\.servers: /);
  });

  it('has the defaults a rule has that is made without them', async () => {
    const id = await bench.incidents.rules.createRule({ name: 'plain' });
    const made = await bench.database.prisma.notificationRule.findUniqueOrThrow({ where: { id } });
    expect(made).toMatchObject(DEFAULT_RULE);
  });
});

/** Mostly normal; now and then an anomaly of one to six points, above or below, some while learning. */
function makePoint(metric: number, minute: number, random: () => number): Scored {
  if (random() < 0.5) return { metric, minute };
  const isBelow = random() < 0.3;
  const score = random() < 0.3 ? 0.999_999_99 : 0.999_999;
  const kind = random() < 0.4 ? { opens: true } : { goesOn: true };
  return { metric, minute, ...kind, score, value: isBelow ? -80 : 100, provisional: random() < 0.1 };
}
