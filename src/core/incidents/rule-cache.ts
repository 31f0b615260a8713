/** The rules in memory: every batch of scores is held against those that are switched on. */
import type { PrismaClient } from '../../generated/prisma/client.ts';
import { readRule, type Rule } from './rule.ts';

export interface RuleBook {
  /** Reads them again; to be called after every change. */
  load: () => Promise<void>;
  /** Those that are switched on. */
  all: () => readonly Rule[];
  /** Whether it is switched on or not. */
  byId: (id: string) => Rule | undefined;
  /** The least score any that is switched on asks for; Infinity when there is none. */
  leastSensitivity: () => number;
}

export function createRuleBook(prisma: PrismaClient): RuleBook {
  let rules: ReadonlyMap<string, Rule> = new Map();
  let enabled: readonly Rule[] = [];
  return {
    load: async () => {
      const rows = await prisma.notificationRule.findMany({
        include: { channels: { orderBy: { position: 'asc' } } },
        orderBy: { createdAt: 'asc' },
      });
      rules = new Map(rows.map((row) => [row.id, readRule(row)]));
      enabled = [...rules.values()].filter((rule) => rule.enabled);
    },
    all: () => enabled,
    byId: (id) => rules.get(id),
    leastSensitivity: () => Math.min(...enabled.map(({ sensitivity }) => sensitivity)),
  };
}
