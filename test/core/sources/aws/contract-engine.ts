/** What the cases of the contract do again and again: one service, one engine over it, and a clock. */
import type { ExportedModel } from '../../../../src/core/transfer/write-model.ts';
import { expect } from 'vitest';
import type { ModelParams } from '../../../../src/model.ts';
import { withDatabase, type TestDatabase } from '../../../helpers/database.ts';
import type { AwsService, PutSeries } from './service.ts';
import { startClockedEngine, type ClockedEngine } from './start-aws-engine.ts';

export const PERIOD_MS = 300_000;
/** Some hours back: the clock goes on by a few periods, and services take nothing from the future. */
const START = Math.floor(Date.now() / PERIOD_MS) * PERIOD_MS - 6 * 3_600_000;
/** Periods of a day that have settled by then. */
const SETTLED_PERIODS = 286;

export type Row = readonly [timestampMs: number, value: number];

export interface Datum {
  readonly timestampMs: number;
  readonly values: readonly number[];
}

export interface ContractEngine extends AsyncDisposable {
  readonly service: AwsService;
  readonly database: TestDatabase;
  readonly aws: ClockedEngine;
  /** End of the last period that can be read. */
  readonly settledMs: () => number;
  readonly watch: (series: PutSeries, extra?: object, model?: ModelParams) => Promise<string>;
  readonly watchStack: (
    name: string,
    resourceType: string,
    values: readonly string[],
    metric: { readonly namespace: string; readonly metric: string },
  ) => Promise<string>;
  /** Lists the resources anew. */
  readonly listResources: () => Promise<void>;
  readonly passPeriods: (periods: number) => Promise<void>;
  /** What is stored of a metric, in time order. */
  readonly readRows: (id: string) => Promise<readonly Row[]>;
  readonly exportOne: (id: string) => Promise<ExportedModel>;
}

export async function startContractEngine(service: AwsService): Promise<ContractEngine> {
  const database = await withDatabase();
  const aws = await startClockedEngine(database, service, { startMs: START, historyDays: 1 });
  await aws.engine.inventory.start();
  const { monitor, autostacks, inventory, transfer } = aws.engine;
  const { region } = service;
  return {
    service,
    database,
    aws,
    settledMs: () => aws.clock.nowMs - 2 * PERIOD_MS,
    watch: (series, extra = {}, model = {}) =>
      monitor.monitorMetric({ datasource: 'CLOUDWATCH', spec: { region, ...series, ...extra }, model }),
    watchStack: async (name, resourceType, values, metric) => {
      const filters = [{ key: 'Name', values }];
      const stack = { name, region, resourceType, filters, includeStopped: false, metrics: [] };
      const autostackId = await autostacks.createAutostack(stack);
      return monitor.monitorMetric({ datasource: 'AUTOSTACK', spec: { autostackId, ...metric } });
    },
    listResources: () => inventory.ensure(region, -1),
    passPeriods: async (periods) => {
      for (let period = 0; period < periods; period += 1) {
        aws.clock.nowMs += PERIOD_MS;
        await aws.catchUp();
      }
    },
    readRows: async (id) => {
      const { rows } = await database.pool.query<{ at: Date; value: number }>(
        `SELECT s."timestamp" AS at, s.value FROM sample s JOIN metric m ON m.number = s.metric_number
         WHERE m.id = $1 ORDER BY s."timestamp"`,
        [id],
      );
      return rows.map(({ at, value }) => [at.getTime(), value]);
    },
    exportOne: async (id) => {
      const models: ExportedModel[] = [];
      for await (const model of transfer.exportModels([id]))
        models.push(JSON.parse(JSON.stringify(model)) as ExportedModel);
      expect(models).toHaveLength(1);
      return models[0] ?? {};
    },
    [Symbol.asyncDispose]: async () => {
      await aws[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
      await service[Symbol.asyncDispose]();
    },
  };
}

export function seriesOf(
  namespace: string,
  metric: string,
  dimensions: Readonly<Record<string, string>>,
): PutSeries {
  return {
    namespace,
    metric,
    dimensions: Object.entries(dimensions).map(([name, value]) => ({ name, value })),
  };
}

/** Values of the periods before `endMs`, oldest first: a day's history where no number is given. */
export function listData(
  endMs: number,
  valuesOf: (period: number) => readonly number[],
  periods = SETTLED_PERIODS,
): readonly Datum[] {
  return Array.from({ length: periods }, (_, index) => {
    const timestampMs = endMs - (periods - index) * PERIOD_MS;
    return { timestampMs, values: valuesOf(timestampMs / PERIOD_MS) };
  });
}

/** What the Average of each period is. */
export function toRows(data: readonly Datum[]): readonly Row[] {
  return data.map(({ timestampMs, values }) => [
    timestampMs,
    values.reduce((sum, value) => sum + value, 0) / values.length,
  ]);
}
