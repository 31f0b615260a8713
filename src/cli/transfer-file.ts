/** `lapwing import` and `lapwing export`: a file on one side, a database or a running server on the other. */
import { Readable } from 'node:stream';
import type { Config } from '../platform/config/read-config.ts';
import { EmbeddedError } from '../platform/postgres/embedded/embedded-error.ts';
import { findRunningEmbedded, requireEmbedded } from '../platform/postgres/embedded/find-running.ts';
import { ServerLockError } from '../platform/postgres/server-lock.ts';
import type { Log } from '../log.ts';
import { createProgress } from './progress-bar.ts';
import { RemoteError } from './graphql-client.ts';
import { openLocalEnd } from './local-target.ts';
import { nameInput, openInput, openOutput } from './named-file.ts';
import { type ModelItem, useModels } from './split-models.ts';
import { findOwnUrl, openRemoteEnd } from './remote-target.ts';
import { type ImportOutcome, TransferFileError, type TransferEnd } from './transfer-target.ts';

interface TransferOptions {
  readonly config: Config;
  readonly log: Log;
  /** `-` for standard input or output. */
  readonly file: string;
  /** The GraphQL address of a running server; undefined to work on the database itself. */
  readonly url: string | undefined;
}

/** Their samples are committed together; one after the other they would wait for the disk one after the other. */
const MODELS_AT_ONCE = 16;
/** Some 400,000 samples, beside the last model that was begun. */
const MAX_LENGTH_AT_ONCE = 16 * 1024 * 1024;
const MAX_PROBLEMS_SHOWN = 100;

/**
 * Writes a JSON array with one model a line. The file is there only when it is complete: one of before stays until then.
 * @throws TransferFileError when the file cannot be written
 */
export async function exportFile(options: TransferOptions): Promise<void> {
  const { config, url } = options;
  if (url === undefined && config.databaseUrl === undefined) await requireEmbedded(config.dataDir);
  const end = await openEnd(options);
  try {
    const output = await openOutput(options.file);
    await output.write(Readable.from(writeModels(end)));
  } finally {
    await end.stop();
  }
}

async function* writeModels(end: TransferEnd): AsyncGenerator<string> {
  const progress = createProgress({ total: await end.count(), what: 'export' });
  let separator = '[\n';
  for await (const model of end.exportModels()) {
    yield `${separator}${JSON.stringify(model)}`;
    separator = ',\n';
    progress.tick();
  }
  yield separator === '[\n' ? '[]\n' : '\n]\n';
  progress.end();
}

/**
 * Imports every model of a file; one that is bad costs only itself and is reported at the end. Some are under way at once,
 * so that a large one holds nobody; no more than those are in memory.
 * @throws TransferFileError when the file is not of the form, or some models could not be imported
 */
export async function importFile(options: TransferOptions): Promise<void> {
  const source = await openInput(options.file);
  const end = await openEnd(options);
  try {
    const progress = createProgress({ total: null, what: 'import' });
    const tally = createTally();
    const use = async (item: ModelItem) => {
      tally.add(item.index, await importItem(item, end));
      progress.tick();
    };
    try {
      await useModels(source, { width: MODELS_AT_ONCE, maxLength: MAX_LENGTH_AT_ONCE }, use);
    } catch (error) {
      throw describeFailure(error, options);
    } finally {
      progress.end();
    }
    tally.end(options.log);
  } finally {
    await end.stop();
  }
}

function importItem(item: ModelItem, end: TransferEnd): Promise<ImportOutcome> {
  return 'problem' in item ? Promise.resolve(item) : end.importModel(item.model);
}

function createTally() {
  let count = 0;
  let failed = 0;
  let known = 0;
  const shown: { readonly index: number; readonly problem: string }[] = [];
  return {
    add: (index: number, outcome: ImportOutcome) => {
      count += 1;
      if (outcome === 'known') known += 1;
      if (typeof outcome === 'string') return;
      const { problem } = outcome;
      failed += 1;
      if (shown.length < MAX_PROBLEMS_SHOWN) shown.push({ index, problem });
    },
    /** @throws TransferFileError when any failed */
    end: (log: Log) => {
      if (known > 0)
        log.warn(
          { metrics: known, of: count },
          'monitored already: these stay as they are, without samples of the file',
        );
      if (failed === 0) return;
      const lines = shown
        .toSorted((a, b) => a.index - b.index)
        .map(({ index, problem }) => `model ${index}: ${problem}`);
      if (failed > shown.length) lines.push(`and ${failed - shown.length} more`);
      throw new TransferFileError(
        `${failed} of ${count} models could not be imported:\n  ${lines.join('\n  ')}`,
      );
    },
  };
}

function describeFailure(reason: unknown, { file }: TransferOptions): unknown {
  if (!(reason instanceof TransferFileError || reason instanceof RemoteError)) return reason;
  return new TransferFileError(`${nameInput(file)}: ${reason.message}`, { cause: reason });
}

async function openEnd({ config, log, url }: TransferOptions): Promise<TransferEnd> {
  if (url !== undefined) return openRemoteEnd(url, config.apiKey ?? null);
  try {
    return await openLocalEnd(config, log);
  } catch (error) {
    const isRunning =
      error instanceof ServerLockError ||
      (error instanceof EmbeddedError && (await findRunningEmbedded(config.dataDir)) !== null);
    if (!isRunning) throw error;
    throw new TransferFileError(
      `${error.message}. To work through the running server, add --url ${findOwnUrl(config)}`,
      { cause: error },
    );
  }
}
