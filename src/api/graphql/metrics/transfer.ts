/** Export and import of models: settings and samples of monitored metrics, as JSON. */
import { InvalidInputError } from '../../../errors.ts';
import type { ImportedModel, Transfer } from '../../../core/transfer/transfer.ts';
import { fitAnswer } from '../../../platform/runtime/heap-share.ts';
import { builder } from '../builder/builder.ts';
import { doEach, MAX_ITEMS } from '../builder/for-each-item.ts';
import { ErrorRef, type Failure } from '../error-types.ts';
import { MetricRef } from './metric.ts';
import { readIdsOf } from '../builder/node-id.ts';

/** An answer is made in memory, samples and all; the command line asks metric by metric. */
const MAX_MODELS = MAX_ITEMS;
/** A sample is a list of a number and a text, and its JSON. */
const MAX_SAMPLES = fitAnswer(300);

interface ImportedItem {
  readonly index: number;
  readonly metricId: string | null;
  readonly created: boolean;
  readonly error: Failure | null;
}

const ImportModelsInputRef = builder.inputType('ImportModelsInput', {
  description: 'What `exportModels` gave, here or in an HTM-IT.',
  fields: (t) => ({
    models: t.field({ type: ['JSON'], required: true, description: `At most ${MAX_MODELS}.` }),
  }),
});

const ImportModelResultRef = builder.objectRef<ImportedItem>('ImportModelResult').implement({
  description: 'What became of one item.',
  fields: (t) => ({
    index: t.exposeInt('index', { description: 'Its place in the input, from 0.' }),
    metric: t.prismaField({
      type: MetricRef,
      nullable: true,
      description: 'The metric; null when the item failed.',
      resolve: (query, { metricId }, _args, { prisma }) =>
        metricId === null ? null : prisma.metric.findUnique({ ...query, where: { id: metricId } }),
    }),
    created: t.exposeBoolean('created', {
      description:
        'Whether it is monitored because of this; false when it was already, or when the item failed.',
    }),
    error: t.expose('error', {
      type: ErrorRef,
      nullable: true,
      description: 'Why the item failed; the others were not harmed.',
    }),
  }),
});

const ImportModelsPayloadRef = builder
  .objectRef<{ readonly results: readonly ImportedItem[] }>('ImportModelsPayload')
  .implement({
    description: 'What became of each item.',
    fields: (t) => ({
      results: t.expose('results', {
        type: [ImportModelResultRef],
        description: 'One for each item, in their order.',
      }),
    }),
  });

builder.queryField('exportModels', (t) =>
  t.field({
    type: ['JSON'],
    // What cannot be exported costs nothing else of the operation.
    nullable: true,
    description: `Everything \`importModels\` needs to make these metrics again, their samples too; ${MAX_MODELS} at most, with some 870 samples for each MB of the server's heap. \`lapwing export\` asks metric by metric. Null together with an error.`,
    args: { ids: t.arg.idList({ description: 'Which metrics; all monitored ones when left out.' }) },
    resolve: async (_root, { ids }, { transfer }) => {
      checkCount(ids?.length ?? 0, 'ids');
      const models: unknown[] = [];
      const wanted = readIdsOf('Metric', ids, ['ids']);
      for await (const model of transfer.exportModels(wanted, null, MAX_SAMPLES)) {
        models.push(model);
        checkCount(models.length, 'ids');
      }
      return models;
    },
  }),
);

builder.mutationField('importModels', (t) =>
  t.field({
    type: ImportModelsPayloadRef,
    description:
      'Makes metrics of exported models, gives them their samples and monitors them. Never all or nothing, and safe to repeat.',
    args: { input: t.arg({ type: ImportModelsInputRef, required: true, description: 'The models.' }) },
    resolve: async (_root, { input: { models } }, { transfer, log }) => {
      const outcomes = await doEach(models, ['input', 'models'], log, (model, index) =>
        importItem(transfer, model, index),
      );
      const results = outcomes.map(({ index, value, error }) => ({
        index,
        metricId: value?.metricId ?? null,
        created: value?.created ?? false,
        error,
      }));
      return { results };
    },
  }),
);

/** Core names fields of the model it was given. */
async function importItem(
  transfer: Pick<Transfer, 'importModel'>,
  model: unknown,
  index: number,
): Promise<ImportedModel> {
  try {
    return await transfer.importModel(model);
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    const [first, ...within] = error.inputPath;
    const path = first === 'models' ? within : ['metricSpec', ...error.inputPath];
    throw new InvalidInputError(error.message, ['input', 'models', String(index), ...path]);
  }
}

function checkCount(count: number, name: string): void {
  if (count <= MAX_MODELS) return;
  throw InvalidInputError.at(name.split('.'), `more than ${MAX_MODELS} models; use the command line`);
}
