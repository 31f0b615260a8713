/** A check of anomaly rates that fails in the database, for one rule of two. */
import { expect, it, vi } from 'vitest';
import { createLog } from '../../../../src/log.ts';
import { openBench } from '../open-incidents.ts';

it('of one rule is counted each time, logged once and when it is over, and costs the other rule nothing', async () => {
  const log = createLog('silent');
  await using bench = await openBench({ log });
  const [error, info] = [vi.spyOn(log, 'error'), vi.spyOn(log, 'info')];
  const rates = {
    recoverySeconds: 600,
    anomalyRatePercent: 30,
    anomalyRateMinMetrics: 1,
    notifyAnomalies: false,
  };
  const broken = await bench.incidents.rules.createRule({ name: 'broken', ...rates });
  await bench.incidents.rules.createRule({ name: 'sound', ...rates });
  await bench.database.pool.query(
    `CREATE FUNCTION refuse_broken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'broken'; END $$;
     CREATE TRIGGER refuse_broken BEFORE INSERT ON incident
       FOR EACH ROW WHEN (NEW.kind = 'ANOMALY_RATE' AND NEW.rule_name = 'broken') EXECUTE FUNCTION refuse_broken()`,
  );
  const [metric = 0] = await bench.makeMetrics(1);
  await bench.score([{ metric, minute: 0, opens: true }]);
  await bench.database.pool.query(
    `UPDATE metric_progress SET last_row_id = 1, scored_rows = 1, last_timestamp = s.newest, scored_to = s.newest
     FROM (SELECT max("timestamp") AS newest FROM sample) AS s`,
  );
  await bench.engine.registry.load();
  const countRates = () => bench.database.prisma.incident.count({ where: { kind: 'ANOMALY_RATE' } });
  const { stats } = bench.engine;
  for (let check = 1; check <= 3; check += 1) {
    await bench.incidents.checkRates();
    expect(stats.read('rate_check_failures')).toBe(check);
    expect(await countRates()).toBe(1);
  }
  expect(error.mock.calls.map(([facts]) => facts)).toMatchObject([
    { rule: broken, err: { message: 'broken' } },
  ]);
  expect(info).not.toHaveBeenCalled();
  await bench.database.pool.query('DROP TRIGGER refuse_broken ON incident');
  await bench.incidents.checkRates();
  expect(info.mock.calls.map(([facts]) => facts)).toEqual([{ rule: broken, failures: 3 }]);
  expect(stats.read('rate_check_failures')).toBe(3);
  expect(await countRates()).toBe(2);
});
