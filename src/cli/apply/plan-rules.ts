/** Notification rules: found by name, compared field by field, their channels by the server itself. */
import { z } from 'zod';
import { toCanonicalFilters, type TagFilter } from '../../core/metrics/tag-filter.ts';
import type { GraphqlClient } from '../graphql-client.ts';
import type { Entry, StackName } from './configuration.ts';
import { mutate } from './mutate.ts';
import { describeChanges, listDifferences, type FieldChange, type Step } from './plan.ts';
import type { StackFinder } from './find-stack.ts';

type Fields = Readonly<Record<string, unknown>>;

/** What a rule is where its entry does not say; what the server makes of a rule with no more than a name. */
export const RULE_DEFAULTS: Fields = {
  enabled: true,
  scope: {},
  sensitivity: 0.99999,
  direction: 'BOTH',
  minDeviation: 0,
  minDeviationRatio: 0,
  confirmSeconds: 0,
  confirmPoints: 1,
  recoverySeconds: 600,
  quietSeconds: 3600,
  staleSeconds: 3600,
  learningGuard: true,
  notifyEnd: true,
  notifyNoData: false,
  noDataSeconds: 300,
  anomalyRatePercent: null,
  anomalyRateMinMetrics: 3,
  anomalyRateSeconds: 300,
  anomalyRateGroup: 'RESOURCE',
  notifyOutliers: false,
  outlierSeconds: 3600,
  outlierTolerance: 3,
  outlierMinShare: 0.5,
  notifyAnomalies: true,
  maintenanceWindows: [],
  timeZone: null,
  subject: null,
  body: null,
  runbookUrl: null,
};

const tagFilters = z.array(z.object({ key: z.string(), values: z.array(z.string()) }));
const RULES = z.object({
  notificationRules: z.array(
    z.looseObject({
      id: z.string(),
      name: z.string(),
      scope: z.object({
        metricIds: z.array(z.string()).nullable(),
        servers: z.array(z.string()).nullable(),
        autostackId: z.string().nullable(),
        namePattern: z.string().nullable(),
        tags: tagFilters.nullable(),
      }),
      maintenanceWindows: z.array(
        z.looseObject({
          __typename: z.enum([
            'OneOffMaintenanceWindow',
            'WeeklyMaintenanceWindow',
            'HolidayMaintenanceWindow',
          ]),
        }),
      ),
      channels: z.array(z.object({ id: z.string(), kind: z.string(), target: z.string() })),
    }),
  ),
});
type StoredRule = z.output<typeof RULES>['notificationRules'][number];
/** What a window is in an input, by its type in an answer. */
const WINDOW_KEYS = {
  OneOffMaintenanceWindow: 'once',
  WeeklyMaintenanceWindow: 'weekly',
  HolidayMaintenanceWindow: 'holidays',
} as const;
const MATCHED = z.object({ matches: z.array(z.object({ id: z.string() }).nullable()) });

const PLAIN_FIELDS = Object.keys(RULE_DEFAULTS).filter(
  (name) => !['scope', 'maintenanceWindows'].includes(name),
);
const LIST = `{ notificationRules { id name ${PLAIN_FIELDS.join(' ')}
  scope { metricIds servers autostackId namePattern tags { key values } }
  maintenanceWindows { __typename ... on OneOffMaintenanceWindow { start end }
    ... on WeeklyMaintenanceWindow { weekdays from to timeZone }
    ... on HolidayMaintenanceWindow { dates timeZone } }
  channels { id kind target } } }`;
const MATCH = `query Match($ruleId: ID!, $channels: [NotificationChannelInput!]!) {
  matches: matchNotificationChannels(ruleId: $ruleId, channels: $channels) { id } }`;
const CREATE = { name: 'createNotificationRule', success: 'NotificationRule { id }' };
const UPDATE = { name: 'updateNotificationRule', success: 'NotificationRule { id }' };
const DELETE = { name: 'deleteNotificationRule', success: 'NotificationRule { id }' };

/** What is wanted of the channels of a rule that is there. */
interface ChannelPlan {
  /** As the mutation takes them: those that are there already are kept. */
  readonly channels: readonly Fields[];
  readonly changes: readonly FieldChange[];
}

export class RulePlanner {
  readonly #client: GraphqlClient;
  readonly #stacks: StackFinder;
  #rules: Promise<readonly StoredRule[]> | undefined;

  constructor(client: GraphqlClient, stacks: StackFinder) {
    this.#client = client;
    this.#stacks = stacks;
  }

  /** @throws EntryError, RemoteError */
  async plan(entry: Entry): Promise<Step> {
    const { name, channels, ...given } = entry.value;
    const stored = await this.#find(String(name));
    const after = { ...RULE_DEFAULTS, ...given, scope: await this.#writeScope(given.scope) };
    const wanted = channels as readonly Fields[] | undefined; // as the format has it
    if (stored === undefined) {
      const changes = describeChanges({}, after, listDifferences(RULE_DEFAULTS, after));
      return {
        action: 'add',
        entry,
        changes: [...changes, ...(wanted ?? []).map(describeNewChannel)],
        run: async () => {
          const scope = await this.#writeScope(given.scope, true);
          await mutate(this.#client, CREATE, { name, ...after, scope, channels: wanted ?? [] });
        },
      };
    }
    const before = writeStored(stored);
    const names = listDifferences(before, after);
    // The secrets of channels cannot be read back: those nobody speaks of stay.
    const channelPlan = wanted === undefined ? null : await this.#planChannels(stored, wanted);
    const changes = [...describeChanges(before, after, names), ...(channelPlan?.changes ?? [])];
    const run = async () => {
      const input = Object.fromEntries(names.map((field) => [field, after[field as keyof typeof after]]));
      const scope = names.includes('scope') ? { scope: await this.#writeScope(given.scope, true) } : {};
      const replaced = (channelPlan?.changes.length ?? 0) > 0 ? { channels: channelPlan?.channels } : {};
      await mutate(this.#client, UPDATE, { id: stored.id, ...input, ...scope, ...replaced });
    };
    return { action: changes.length === 0 ? 'none' : 'change', entry, changes, run };
  }

  /** @throws RemoteError */
  async planDeletion(entry: Entry): Promise<Step> {
    const stored = await this.#find(String(entry.value.name));
    const run = async () => {
      if (stored !== undefined) await mutate(this.#client, DELETE, { id: stored.id });
    };
    return { action: stored === undefined ? 'none' : 'delete', entry, changes: [], run };
  }

  async #find(name: string): Promise<StoredRule | undefined> {
    this.#rules ??= this.#client.ask(LIST, {}, RULES).then(({ notificationRules }) => notificationRules);
    return (await this.#rules).find((rule) => rule.name === name);
  }

  /**
   * The scope as the API takes it, in one form for what means the same.
   * @param isNow whether an autostack has to be there by now @throws EntryError for one that is not
   */
  async #writeScope(given: unknown, isNow = false): Promise<Fields> {
    const { autostack, tags, ...conditions } = (given ?? {}) as Fields & {
      readonly autostack?: StackName;
      readonly tags?: readonly TagFilter[];
    }; // as the format has it
    return {
      ...conditions,
      ...(tags === undefined ? {} : { tags: toCanonicalFilters(tags) }),
      ...(autostack === undefined
        ? {}
        : { autostackId: await this.#stacks.require(autostack, isNow, ['scope', 'autostack']) }),
    };
  }

  async #planChannels(
    { id: ruleId, channels: stored }: StoredRule,
    wanted: readonly Fields[],
  ): Promise<ChannelPlan> {
    const { matches } = await this.#client.ask(MATCH, { ruleId, channels: wanted }, MATCHED);
    const kept = matches.map((match) => match?.id ?? null);
    const added = wanted.flatMap((channel, index) =>
      kept[index] == null ? [describeNewChannel(channel, index)] : [],
    );
    const removed = stored
      .filter(({ id }) => !kept.includes(id))
      .map(({ kind, target }) => ({ field: 'channels', before: `${kind} ${target}`, after: null }));
    const isOrder = kept.every((id, index) => id === stored[index]?.id);
    const moved = { field: 'channels', before: 'the same in another order', after: 'as in the file' };
    return {
      channels: wanted.map((channel, index) => (kept[index] == null ? channel : { keep: kept[index] })),
      changes: [...removed, ...added, ...(removed.length + added.length === 0 && !isOrder ? [moved] : [])],
    };
  }
}

/** Its kind alone: what else there is of it may be secret. */
function describeNewChannel(channel: Fields, index: number): FieldChange {
  return { field: `channels[${index}]`, before: null, after: `new ${Object.keys(channel).join('')}` };
}

/** As its entry would have it, less the channels. */
function writeStored({ scope, maintenanceWindows, ...rule }: StoredRule): Fields {
  const { tags, ...conditions } = scope;
  const given = Object.entries(conditions).filter(([, value]) => value !== null);
  return {
    ...Object.fromEntries(PLAIN_FIELDS.map((name) => [name, rule[name]])),
    scope: { ...Object.fromEntries(given), ...(tags === null ? {} : { tags: toCanonicalFilters(tags) }) },
    maintenanceWindows: maintenanceWindows.map(({ __typename, ...window }) => ({
      [WINDOW_KEYS[__typename]]: window,
    })),
  };
}
