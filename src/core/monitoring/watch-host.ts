/** The machine the server runs on: monitored without being asked on a fresh database. */
import type pg from 'pg';
import { AlreadyMonitoredError } from '../../errors.ts';
import type { Log } from '../../log.ts';
import type { Monitor } from './monitor.ts';
import type { Registry } from '../metrics/registry.ts';

/** Monitors each of the host's metrics. */
export async function watchHost(monitor: Monitor, metrics: readonly string[], log: Log): Promise<void> {
  for (const metric of metrics) {
    try {
      await monitor.monitorMetric({ datasource: 'HOST', spec: { metric } });
    } catch (error) {
      if (!(error instanceof AlreadyMonitoredError)) throw error;
    }
  }
  log.info({ metrics }, 'monitoring this host');
}

/** The period is a setting of the server: metrics made under another one follow it. */
export async function followHostPeriod(
  pool: pg.Pool,
  registry: Registry,
  periodSeconds: number,
): Promise<void> {
  const { rows } = await pool.query<{ number: number }>(
    `UPDATE metric SET period_seconds = $1 WHERE datasource = 'HOST' AND period_seconds <> $1 RETURNING number`,
    [periodSeconds],
  );
  if (rows.length > 0) await registry.load(rows.map(({ number }) => number));
}
