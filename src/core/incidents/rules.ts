/** Makes, changes, deletes and tests rules. */
import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import type { Registry } from '../metrics/registry.ts';
import { DuplicateNameError, NotFoundError, QuotaExceededError } from '../../errors.ts';
import { Prisma, type NotificationChannel, type PrismaClient } from '../../generated/prisma/client.ts';
import type { SendContext } from '../notify/send.ts';
import { createLimit } from '../../platform/runtime/concurrency-limit.ts';
import type { Seal } from '../../platform/outbound/sealed-secret.ts';
import { closeChannel } from './delivery/channels.ts';
import { checkChannels, type NewChannel } from './delivery/check-channel.ts';
import { findLeft, moveAlerts } from './delivery/move-alerts.ts';
import { matchChannels } from './delivery/match-channels.ts';
import { checkRule, type RuleChange } from './check-rule.ts';
import { deleteRule } from './delete-rule.ts';
import { quote, refuse } from './refuse.ts';
import { readRule, readScope, type RuleScope } from './rule.ts';
import type { RuleBook } from './rule-cache.ts';
import type { Swept } from './close-stale.ts';
import { testChannels, type ChannelTest } from './delivery/test-channels.ts';

/** Every score is held against all of them. */
export const MAX_RULES = 1000;

export interface Rules {
  /** @returns its id @throws InvalidInputError, NotFoundError, NotSupportedError, DuplicateNameError, QuotaExceededError */
  createRule: (change: RuleChange & { readonly name: string }) => Promise<string>;
  /** What it asks of points from now on; incidents it no longer asks for end soon. @throws as createRule */
  updateRule: (id: string, change: RuleChange) => Promise<void>;
  /** With its channels; its incidents end, with a notification, and stay as its messages do. @throws NotFoundError */
  deleteRule: (id: string) => Promise<void>;
  /**
   * @returns for each the rule's channel that is exactly like it, secrets included; null where none is
   * @throws NotFoundError
   */
  matchChannels: (
    id: string,
    channels: readonly NewChannel[],
  ) => Promise<readonly (NotificationChannel | null)[]>;
  /** Sends a marked message by every channel, now and once. @throws NotFoundError */
  testRule: (id: string) => Promise<readonly ChannelTest[]>;
}

export interface RulesContext extends SendContext {
  readonly pool: pg.Pool;
  readonly prisma: PrismaClient;
  readonly registry: Pick<Registry, 'byId'>;
  readonly book: RuleBook;
  readonly seal: Seal;
  /** Called with what ended because a rule was deleted. */
  readonly onEnded: (swept: Swept) => void;
}

export function createRules(context: RulesContext): Rules {
  const { pool, prisma, registry, book, seal, outbound, mailer } = context;
  // One after the other: each finds the rule, and its channels, as the one before left them.
  const changes = createLimit(1);

  /** @param held what the rule looks at already: that stays, though it was deleted, until somebody takes it out */
  const check = async (change: RuleChange, held: RuleScope = {}) => {
    checkRule(change);
    checkChannels(change.channels ?? [], outbound, mailer !== null);
    if (change.scope !== undefined) await checkExists(change.scope, held);
  };
  const checkExists = async ({ metricIds = [], autostackId }: RuleScope, held: RuleScope) => {
    const known = new Set(held.metricIds);
    const missing = metricIds.find((id) => registry.byId(id) === undefined && !known.has(id));
    if (missing !== undefined)
      throw new NotFoundError(`scope.metricIds: no metric has the id Metric:${missing}`);
    if (autostackId === undefined || autostackId === held.autostackId) return;
    const stack = await prisma.autostack.findUnique({ where: { id: autostackId }, select: { id: true } });
    if (stack === null)
      throw new NotFoundError(`scope.autostackId: no autostack has the id Autostack:${autostackId}`);
  };
  /** @param field where the caller gave the id */
  const find = async (id: string, field = 'input.id') => {
    const rule = await prisma.notificationRule.findUnique({ where: { id }, include: { channels: true } });
    if (rule === null)
      throw new NotFoundError(`${field}: no notification rule has the id NotificationRule:${id}`);
    return rule;
  };

  const createRule = async (change: RuleChange & { readonly name: string }) => {
    await check(change);
    const count = await prisma.notificationRule.count();
    if (count >= MAX_RULES) throw new QuotaExceededError('there are too many rules', MAX_RULES, count);
    const { channels = [], ...columns } = change;
    const create = listChannels(channels, [], seal);
    const { id } = await orNameTaken(change.name, () =>
      prisma.notificationRule.create({
        data: { name: change.name, scope: {}, ...toColumns(columns), channels: { create } },
        select: { id: true },
      }),
    );
    await book.load();
    return id;
  };
  const updateRule = async (id: string, change: RuleChange) => {
    const known = await find(id);
    await check(change, readScope(known.scope));
    const { channels, ...columns } = change;
    const wanted =
      channels === undefined
        ? null
        : listChannels(keepSame(channels, known.channels, seal), known.channels, seal);
    const left = wanted === null ? [] : findLeft(known.channels, wanted);
    const replace = wanted === null ? {} : { channels: replaceChannels(wanted, known.channels, left) };
    await prisma.notificationChannel.updateMany({
      where: { id: { in: left.map((channel) => channel.id) } },
      data: { texts: toJson(readRule(known).texts) },
    });
    const data = { ...toColumns(columns), ...replace, updatedAt: context.now() };
    await orNameTaken(change.name ?? known.name, () =>
      prisma.notificationRule.update({ where: { id }, data, select: { id: true } }),
    );
    await book.load();
    const rule = book.byId(id);
    if (wanted === null || rule === undefined) return;
    const ids = known.channels.map((channel) => channel.id);
    const notificationIds = await moveAlerts(pool, { rule, left, known: ids }, context.now());
    context.onEnded({ incidentIds: [], notificationIds, ended: 0 });
  };
  const removeRule = async (id: string) => {
    const swept = await deleteRule(pool, readRule(await find(id)), context.now());
    await book.load();
    context.onEnded(swept);
  };

  return {
    createRule: (change) => changes.run(() => createRule(change)),
    updateRule: (id, change) => changes.run(() => updateRule(id, change)),
    deleteRule: (id) => changes.run(() => removeRule(id)),
    matchChannels: async (id, channels) => matchChannels(channels, (await find(id, 'ruleId')).channels, seal),
    testRule: async (id) => testChannels(await find(id), context),
  };
}

/** One that is there already, secrets included, is that one: messages that wait belong to it, and alerts to close. */
function keepSame(
  channels: readonly NewChannel[],
  known: readonly NotificationChannel[],
  seal: Seal,
): readonly NewChannel[] {
  const same = matchChannels(channels, known, seal);
  return channels.map((channel, index) => {
    const id = same[index]?.id;
    return id === undefined ? channel : { kind: 'KEEP', id };
  });
}

type ChannelRow = ReturnType<typeof closeChannel> & { readonly position: number };

/** The rows of the channels, those to keep as they are. @throws InvalidInputError for one that is not the rule's */
function listChannels(
  channels: readonly NewChannel[],
  known: readonly NotificationChannel[],
  seal: Seal,
): ChannelRow[] {
  return channels.map((channel, position) => {
    if (channel.kind !== 'KEEP') return { ...closeChannel(randomUUID(), channel, seal), position };
    const kept = known.find(({ id }) => id === channel.id);
    if (kept === undefined) {
      refuse(`the rule has no channel ${quote(channel.id)}`, 'channels', String(position), 'keep');
    }
    const { id, kind, target, sealed } = kept;
    return { id, kind, target, sealed: new Uint8Array(sealed), position };
  });
}

/** Kept ones are not made anew: messages that wait belong to them. What is left stays, without a rule, as of one that is deleted. */
function replaceChannels(
  wanted: readonly ChannelRow[],
  known: readonly NotificationChannel[],
  left: readonly Pick<NotificationChannel, 'id'>[],
) {
  const isKnown = new Set(known.map(({ id }) => id));
  return {
    deleteMany: { id: { notIn: [...wanted, ...left].map(({ id }) => id) } },
    disconnect: left.map(({ id }) => ({ id })),
    update: wanted
      .filter(({ id }) => isKnown.has(id))
      .map(({ id, position }) => ({ where: { id }, data: { position } })),
    create: wanted.filter(({ id }) => !isKnown.has(id)),
  };
}

function toColumns({ scope, maintenanceWindows, ...plain }: Omit<RuleChange, 'channels'>) {
  return {
    ...plain,
    ...(scope === undefined ? {} : { scope: toJson(scope) }),
    ...(maintenanceWindows === undefined ? {} : { maintenanceWindows: toJson(maintenanceWindows) }),
  };
}

/** Plain data, as checked before; JSON leaves out what is undefined. */
function toJson(value: object): Prisma.InputJsonObject {
  return JSON.parse(JSON.stringify(value)) as Prisma.InputJsonObject;
}

const UNIQUE_VIOLATION = 'P2002';

async function orNameTaken<T>(name: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (!(error instanceof Prisma.PrismaClientKnownRequestError && error.code === UNIQUE_VIOLATION))
      throw error;
    throw new DuplicateNameError(`name: there is a notification rule named ${JSON.stringify(name)} already`);
  }
}
