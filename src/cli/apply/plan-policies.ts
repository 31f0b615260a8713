/** Monitoring policies: found by name, compared field by field. */
import { z } from 'zod';
import { toCanonicalFilters, type TagFilter } from '../../core/metrics/tag-filter.ts';
import type { GraphqlClient } from '../graphql-client.ts';
import type { Entry } from './configuration.ts';
import { MODEL_FIELDS, POLICY_FIELDS, storedModel, writeModel, writeStoredModel } from './model-fields.ts';
import { mutate } from './mutate.ts';
import { describeChanges, listDifferences, type Step } from './plan.ts';

type Fields = Readonly<Record<string, unknown>>;

const FOUND = z.object({
  monitoringPolicyByName: z
    .object({
      id: z.string(),
      enabled: z.boolean(),
      match: z.object({
        namePattern: z.string().nullable(),
        tags: z.array(z.object({ key: z.string(), values: z.array(z.string()) })),
        sources: z.array(z.string()),
      }),
      model: storedModel,
      policy: z.looseObject({}),
    })
    .nullable(),
});
type StoredPolicy = NonNullable<z.output<typeof FOUND>['monitoringPolicyByName']>;
const FIND = `query Find($name: String!) { monitoringPolicyByName(name: $name) {
  id enabled match { namePattern tags { key values } sources } model { ${MODEL_FIELDS} } policy { ${POLICY_FIELDS} } } }`;
const SAVED = 'SavedMonitoringPolicy { monitoredCount }';
const CREATE = { name: 'createMonitoringPolicy', success: SAVED };
const UPDATE = { name: 'updateMonitoringPolicy', success: SAVED };
const DELETE = { name: 'deleteMonitoringPolicy', success: 'MonitoringPolicy { id }' };

/** What a policy is where its entry does not say. */
const DEFAULTS = {
  enabled: true,
  match: { namePattern: null, tags: [], sources: ['CUSTOM'] },
  model: { timeZone: 'UTC', excludedTimes: [] },
  policy: { direction: 'BOTH', minDeviation: 0, minDeviationRatio: 0 },
};

export class PolicyPlanner {
  readonly #client: GraphqlClient;

  constructor(client: GraphqlClient) {
    this.#client = client;
  }

  /** @throws RemoteError */
  async plan(entry: Entry): Promise<Step> {
    const { name, applyToExisting = false } = entry.value;
    const after = writeEntry(entry.value);
    const stored = await this.#find(name);
    const before = stored === null ? DEFAULTS : writeStored(stored);
    const names = listDifferences(before, after);
    const changes = describeChanges(stored === null ? {} : before, after, names);
    // Known metrics are looked at when the policy begins or changes, not each time a file is applied.
    const run = async () => {
      const input = { ...after, applyToExisting };
      if (stored === null) await mutate(this.#client, CREATE, { name, ...input });
      else await mutate(this.#client, UPDATE, { id: stored.id, ...input });
    };
    if (stored === null) return { action: 'add', entry, changes, run };
    return { action: changes.length === 0 ? 'none' : 'change', entry, changes, run };
  }

  /** @throws RemoteError */
  async planDeletion(entry: Entry): Promise<Step> {
    const stored = await this.#find(entry.value.name);
    const run = async () => {
      if (stored !== null) await mutate(this.#client, DELETE, { id: stored.id });
    };
    return { action: stored === null ? 'none' : 'delete', entry, changes: [], run };
  }

  async #find(name: unknown): Promise<StoredPolicy | null> {
    return (await this.#client.ask(FIND, { name }, FOUND)).monitoringPolicyByName;
  }
}

/** With its defaults, in one form for what means the same. */
function writeEntry({ enabled = true, match, model, policy }: Fields) {
  const { tags, sources, ...pattern } = match as {
    readonly tags?: readonly TagFilter[];
    readonly sources?: readonly string[];
  }; // as the format has it
  return {
    enabled,
    match: {
      ...DEFAULTS.match,
      ...pattern,
      tags: toCanonicalFilters(tags ?? []),
      sources: [...new Set(sources ?? DEFAULTS.match.sources)].toSorted(),
    },
    model: { ...DEFAULTS.model, ...writeModel(model) },
    policy: { ...DEFAULTS.policy, ...(policy as Fields | undefined) },
  };
}

function writeStored({ enabled, match, model, policy }: StoredPolicy): Fields {
  return {
    enabled,
    match: { ...match, sources: match.sources.toSorted() },
    model: writeStoredModel(model),
    policy,
  };
}
