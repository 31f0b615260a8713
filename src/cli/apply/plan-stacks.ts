/** Autostacks: found by name and region. Their metrics are entries of their own. */
import { z } from 'zod';
import { toCanonicalFilters } from '../../core/metrics/tag-filter.ts';
import type { GraphqlClient } from '../graphql-client.ts';
import { type Entry, readStackName } from './configuration.ts';
import type { StackFinder } from './find-stack.ts';
import { EntryError, mutate } from './mutate.ts';
import { describeChanges, listDifferences, type Step } from './plan.ts';

const CREATE = { name: 'createAutostack', success: 'Autostack { id }' };
const UPDATE = { name: 'updateAutostack', success: 'Autostack { id }' };
const DELETE = { name: 'deleteAutostack', success: 'Autostack { id }' };

/** As the format has them. */
const stackFields = z.object({
  resourceType: z.string().optional(),
  includeStopped: z.boolean().optional(),
  filters: z.array(z.object({ key: z.string(), values: z.array(z.string()) })),
});

export class StackPlanner {
  readonly #client: GraphqlClient;
  readonly #stacks: StackFinder;

  constructor(client: GraphqlClient, stacks: StackFinder) {
    this.#client = client;
    this.#stacks = stacks;
  }

  /** @throws EntryError, RemoteError */
  async plan(entry: Entry): Promise<Step> {
    const { name, region } = readStackName(entry);
    const { resourceType, includeStopped = false, filters } = stackFields.parse(entry.value);
    const after = { filters: toCanonicalFilters(filters), includeStopped };
    const stored = await this.#stacks.find({ name, region });
    if (stored === null) {
      const run = async () => {
        const type = resourceType === undefined ? {} : { resourceType };
        await mutate(this.#client, CREATE, { name, region, ...type, ...after });
      };
      return { action: 'add', entry, changes: describeChanges({}, after, Object.keys(after)), run };
    }
    if (resourceType !== undefined && resourceType !== stored.resourceType) {
      throw new EntryError(`its resourceType is ${stored.resourceType} and stays so: delete it first`, [
        'resourceType',
      ]);
    }
    const before = { filters: toCanonicalFilters(stored.filters), includeStopped: stored.includeStopped };
    const names = listDifferences(before, after);
    const run = async () => {
      await mutate(this.#client, UPDATE, { id: stored.id, ...after });
    };
    const changes = describeChanges(before, after, names);
    return { action: names.length === 0 ? 'none' : 'change', entry, changes, run };
  }

  /** With its metrics. @throws RemoteError */
  async planDeletion(entry: Entry): Promise<Step> {
    const stored = await this.#stacks.find(readStackName(entry));
    const run = async () => {
      if (stored !== null) await mutate(this.#client, DELETE, { id: stored.id });
    };
    return { action: stored === null ? 'none' : 'delete', entry, changes: [], run };
  }
}
