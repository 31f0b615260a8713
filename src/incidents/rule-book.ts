/** The rules that are switched on, in memory: every batch of scores is held against them. */
import type { PrismaClient } from '../generated/prisma/client.ts';
import { readRule, type Rule } from './rule.ts';

export interface RuleBook {
  /** Reads them again; to be called after every change. */
  load: () => Promise<void>;
  all: () => readonly Rule[];
  byId: (id: string) => Rule | undefined;
  /** The least score any of them asks for; Infinity when there is none. */
  leastSensitivity: () => number;
}

export function createRuleBook(prisma: PrismaClient): RuleBook {
  let rules: ReadonlyMap<string, Rule> = new Map();
  return {
    load: async () => {
      const rows = await prisma.notificationRule.findMany({
        where: { enabled: true },
        include: { channels: { orderBy: { position: 'asc' } } },
        orderBy: { createdAt: 'asc' },
      });
      rules = new Map(rows.map((row) => [row.id, readRule(row)]));
    },
    all: () => [...rules.values()],
    byId: (id) => rules.get(id),
    leastSensitivity: () => Math.min(...[...rules.values()].map(({ sensitivity }) => sensitivity)),
  };
}
