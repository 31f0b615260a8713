/** What may be worth monitoring: what works, the largest and oldest first, one of each kind in turn. */
import type { PrismaClient, Resource } from '../../generated/prisma/client.ts';

/** First of them those to propose, the others to choose from. */
const MAX_SUGGESTIONS = 28;
const AT_WORK = ['running', 'in-use', 'available'];
/** Of each type; more are never shown. */
const PER_TYPE = MAX_SUGGESTIONS;

/**
 * Resources of AWS nothing is monitored of yet. Within a type: by size, then by how long they run; types take turns.
 * @param region null for all
 */
export async function suggestResources(
  prisma: PrismaClient,
  region: string | null,
): Promise<readonly Resource[]> {
  const where = {
    datasource: 'CLOUDWATCH' as const,
    ...(region === null ? {} : { region }),
    OR: [{ state: { in: AT_WORK } }, { state: null }],
    metrics: { none: { status: { not: 'UNMONITORED' as const } } },
  };
  const types = await prisma.resource.findMany({
    where,
    distinct: ['type'],
    select: { type: true },
    orderBy: { type: 'asc' },
  });
  const lists = await Promise.all(
    types
      .toSorted((a, b) => rankType(a.type) - rankType(b.type))
      .map(({ type }) =>
        prisma.resource.findMany({
          where: { ...where, type },
          orderBy: [
            { sizeRank: 'desc' },
            { startedAt: { sort: 'asc', nulls: 'last' } },
            { region: 'asc' },
            { resourceId: 'asc' },
          ],
          take: PER_TYPE,
        }),
      ),
  );
  return takeTurns(lists).slice(0, MAX_SUGGESTIONS);
}

/** Those most people look at first, in the order HTM-IT had. */
const FIRST_TYPES = [
  'AWS::EC2::Instance',
  'AWS::RDS::DBInstance',
  'AWS::ElasticLoadBalancing::LoadBalancer',
  'AWS::AutoScaling::AutoScalingGroup',
];

function rankType(type: string): number {
  const place = FIRST_TYPES.indexOf(type);
  return place === -1 ? FIRST_TYPES.length : place;
}

function takeTurns<T>(lists: readonly (readonly T[])[]): readonly T[] {
  const longest = Math.max(0, ...lists.map((list) => list.length));
  return Array.from({ length: longest }, (_, round) =>
    lists.flatMap((list) => list.slice(round, round + 1)),
  ).flat();
}
