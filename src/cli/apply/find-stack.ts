/** Autostacks by name and region, as they are on the server now. */
import { z } from 'zod';
import type { GraphqlClient } from '../graphql-client.ts';
import type { StackName } from './configuration.ts';
import { EntryError } from './mutate.ts';

const FOUND = z.object({
  autostacks: z.object({
    nodes: z.array(
      z.object({
        id: z.string(),
        resourceType: z.string(),
        includeStopped: z.boolean(),
        filters: z.array(z.object({ key: z.string(), values: z.array(z.string()) })),
      }),
    ),
  }),
});
export type StoredStack = z.output<typeof FOUND>['autostacks']['nodes'][number];
const FIND = `query Find($names: [String!]!, $regions: [String!]!) {
  autostacks(first: 1, filter: { names: $names, regions: $regions }) {
    nodes { id resourceType includeStopped filters { key values } } } }`;

export class StackFinder {
  readonly #client: GraphqlClient;
  readonly #planned: ReadonlySet<string>;

  /** @param planned those the file makes, which are not there yet while it is compared */
  constructor(client: GraphqlClient, planned: readonly StackName[]) {
    this.#client = client;
    this.#planned = new Set(planned.map(nameStack));
  }

  /** @returns null when there is none @throws RemoteError */
  async find({ name, region }: StackName): Promise<StoredStack | null> {
    const { autostacks } = await this.#client.ask(FIND, { names: [name], regions: [region] }, FOUND);
    return autostacks.nodes[0] ?? null;
  }

  /**
   * @param isNow false while the file is compared: one that it makes has no id yet
   * @param path where it is named, for the message
   * @returns its id, or its name in place of that @throws EntryError, RemoteError
   */
  async require(stack: StackName, isNow: boolean, path: readonly string[]): Promise<string> {
    const found = await this.find(stack);
    if (found !== null) return found.id;
    if (!isNow && this.#planned.has(nameStack(stack))) return nameStack(stack);
    throw new EntryError(`there is no autostack ${nameStack(stack)}`, path);
  }
}

function nameStack({ name, region }: StackName): string {
  return `${JSON.stringify(name)} in ${region}`;
}
