/** Monitored metrics: found by their spec. What an entry leaves out is left to the server, which may have learned it. */
import { z } from 'zod';
import type { GraphqlClient } from '../graphql-client.ts';
import type { Entry, StackName } from './configuration.ts';
import type { StackFinder } from './find-stack.ts';
import { MODEL_FIELDS, POLICY_FIELDS, storedModel, writeModel, writeStoredModel } from './model-fields.ts';
import { EntryError, mutate } from './mutate.ts';
import { describeChanges, listDifferences, type Step } from './plan.ts';

type Fields = Readonly<Record<string, unknown>>;

const FOUND = z.object({
  metricBySpec: z
    .object({
      id: z.string(),
      status: z.string(),
      server: z.string(),
      unit: z.string().nullable(),
      displayName: z.string(),
      model: storedModel.nullable(),
      policy: z.looseObject({}),
    })
    .nullable(),
});
type StoredMetric = NonNullable<z.output<typeof FOUND>['metricBySpec']>;
const FIND = `query Find($spec: MetricSpecInput!) { metricBySpec(spec: $spec) {
  id status server unit displayName model { ${MODEL_FIELDS} } policy { ${POLICY_FIELDS} } } }`;
const MONITOR = { name: 'monitorMetric', success: 'Metric { id }' };
const UPDATE = { name: 'updateMetric', success: 'Metric { id }' };

export class MetricPlanner {
  readonly #client: GraphqlClient;
  readonly #stacks: StackFinder;

  constructor(client: GraphqlClient, stacks: StackFinder) {
    this.#client = client;
    this.#stacks = stacks;
  }

  /** @throws EntryError, RemoteError */
  async plan(entry: Entry): Promise<Step> {
    const { spec: given, displayName, ...said } = entry.value;
    const spec = given as Fields; // as the format has it
    const { metricBySpec: stored } = await this.#client.ask(FIND, { spec }, FOUND);
    if (stored === null || stored.status === 'UNMONITORED') {
      const changes = describeChanges({}, entry.value, listDifferences({ spec }, entry.value));
      return { action: 'add', entry, changes, run: () => this.#monitor({ spec, ...said }, displayName) };
    }
    refuseOtherResource(spec, stored);
    const after = {
      ...entry.value,
      ...('model' in said ? { model: writeModel(said.model) } : {}),
      // Without a friendly name it is called as its server is.
      ...(isBlank(displayName) ? { displayName: stored.server } : {}),
    };
    const before = { ...writeStored(stored, after), spec };
    const names = listDifferences(before, after);
    const run = async () => {
      const input = Object.fromEntries(names.map((name) => [name, after[name as keyof typeof after]]));
      await mutate(this.#client, UPDATE, { id: stored.id, ...input });
    };
    const changes = describeChanges(before, after, names);
    return { action: names.length === 0 ? 'none' : 'change', entry, changes, run };
  }

  /** @param entry of a metric of an autostack: its value is the spec and the model @throws EntryError, RemoteError */
  async planOfStack(entry: Entry, stack: StackName, isNew: boolean): Promise<Step> {
    const { namespace, metric, ...model } = entry.value;
    const withSpec = (autostackId: string): Entry => ({
      ...entry,
      value: {
        spec: { autostack: { autostackId, namespace, metric } },
        ...(Object.keys(model).length === 0 ? {} : { model }),
      },
    });
    if (!isNew) return this.plan(withSpec(await this.#stacks.require(stack, true, [])));
    const run = async () => {
      const { value } = withSpec(await this.#stacks.require(stack, true, []));
      await this.#monitor(value, undefined);
    };
    return { action: 'add', entry, changes: describeChanges({}, model, Object.keys(model)), run };
  }

  async #monitor(input: object, displayName: unknown): Promise<void> {
    const { id } = await mutate(this.#client, MONITOR, input);
    if (displayName !== undefined) await mutate(this.#client, UPDATE, { id, displayName });
  }
}

/** As its entry would have it: those of its fields that the entry speaks of. */
function writeStored(stored: StoredMetric, entry: Fields): Fields {
  const { unit, displayName, policy } = stored;
  const model = stored.model === null ? {} : writeStoredModel(stored.model);
  const fields: Fields = {
    unit,
    displayName,
    policy: pick(policy, Object.keys(entry.policy ?? {})),
    model: pick(model, Object.keys(entry.model ?? {})),
  };
  return pick(fields, Object.keys(entry));
}

function pick(fields: Fields, names: readonly string[]): Fields {
  return Object.fromEntries(names.filter((name) => name in fields).map((name) => [name, fields[name]]));
}

/** A metric keeps the resource it belongs to. @throws EntryError */
function refuseOtherResource({ custom }: Fields, { server }: StoredMetric): void {
  const { resource } = (custom ?? {}) as { readonly resource?: string }; // as the format has it
  if (resource === undefined || resource === server) return;
  throw new EntryError(`it belongs to ${JSON.stringify(server)} and stays so`, [
    'spec',
    'custom',
    'resource',
  ]);
}

function isBlank(text: unknown): boolean {
  return typeof text === 'string' && text.trim() === '';
}
