/** The database itself, worked on by an engine without listeners; for when no server runs on it. */
import type { Config } from '../platform/config/read-config.ts';
import { createEngine } from '../app/build-core.ts';
import { ExpectedError, RetryLaterError } from '../errors.ts';
import { retryWhileBusy } from '../platform/runtime/backoff.ts';
import type { Log } from '../log.ts';
import { createStats } from '../platform/telemetry/metrics.ts';
import { openAws } from '../app/sources/open-aws.ts';
import { openDatabase } from '../app/open-database.ts';
import { createHostSource } from '../core/sources/host/host.ts';
import { buildOrTearDown } from '../platform/runtime/shutdown-stack.ts';
import type { ImportOutcome, TransferEnd } from './transfer-target.ts';

const MAX_MODELS = 500;

export async function openLocalEnd(config: Config, log: Log): Promise<TransferEnd> {
  return buildOrTearDown(async (teardown) => {
    const database = await openDatabase({ config, log, onLost: () => undefined });
    teardown.add(database.stop);
    const host = await createHostSource({ periodSeconds: config.hostPeriodSeconds });
    teardown.add(() => host.stop());
    const stats = createStats();
    const { aws, tellOwnUrl } = openAws(config, stats);
    // No server runs here that could be asked.
    tellOwnUrl('http://127.0.0.1:1');
    teardown.add(() => aws.stop());
    // Each metric is fed once and then left alone: its model need not stay in memory.
    const modelCache = Math.min(config.modelCache, MAX_MODELS);
    const engine = await createEngine({
      database,
      // A shell may lack the settings of the server: what that keeps is not dropped or packed by the defaults.
      config: { ...config, modelCache, retentionDays: 0, packAfterHours: 0 },
      log,
      stats,
      sources: [host],
      aws,
    });
    teardown.add(engine.stop);
    engine.start();
    const importOne = async (model: unknown): Promise<ImportOutcome> => {
      try {
        const { created } = await retryWhileBusy(
          () => engine.transfer.importModel(model),
          (error) => error instanceof RetryLaterError,
        );
        return created ? 'created' : 'known';
      } catch (error) {
        if (error instanceof ExpectedError) return { problem: error.message };
        throw error;
      }
    };
    return {
      count: () =>
        Promise.resolve([...engine.registry.all()].filter((entry) => entry.status !== 'UNMONITORED').length),
      exportModels: () => engine.transfer.exportModels(null),
      importModel: importOne,
      stop: teardown.run,
    };
  });
}
