/** Autostacks: found by name and region. Their metrics are entries of their own. */
import { toCanonicalFilters, type TagFilter } from '../../core/metrics/tag-filter.ts';
import type { GraphqlClient } from '../graphql-client.ts';
import type { Entry, StackName } from './configuration.ts';
import type { StackFinder } from './find-stack.ts';
import { EntryError, mutate } from './mutate.ts';
import { describeChanges, listDifferences, type Step } from './plan.ts';

const CREATE = { name: 'createAutostack', inputType: 'CreateAutostackInput', success: 'Autostack { id }' };
const UPDATE = { name: 'updateAutostack', inputType: 'UpdateAutostackInput', success: 'Autostack { id }' };
const DELETE = { name: 'deleteAutostack', inputType: 'DeleteAutostackInput', success: 'Autostack { id }' };

interface StackEntry extends StackName {
  readonly resourceType?: string;
  readonly includeStopped?: boolean;
  readonly filters: readonly TagFilter[];
}

export class StackPlanner {
  readonly #client: GraphqlClient;
  readonly #stacks: StackFinder;

  constructor(client: GraphqlClient, stacks: StackFinder) {
    this.#client = client;
    this.#stacks = stacks;
  }

  /** @throws EntryError, RemoteError */
  async plan(entry: Entry): Promise<Step> {
    const {
      name,
      region,
      resourceType,
      includeStopped = false,
      filters,
    } = entry.value as unknown as StackEntry; // as the format has it
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
    const stored = await this.#stacks.find(entry.value as unknown as StackName); // as the format has it
    const run = async () => {
      if (stored !== null) await mutate(this.#client, DELETE, { id: stored.id });
    };
    return { action: stored === null ? 'none' : 'delete', entry, changes: [], run };
  }
}
