/** Panel links in the database. */
import type pg from 'pg';
import { NotFoundError, QuotaExceededError } from '../../../errors.ts';
import { Prisma, type PanelLink, type PrismaClient } from '../../../generated/prisma/client.ts';

/** A link, and whose metric it shows. */
export interface StoredPanel extends Omit<PanelLink, 'number' | 'createdBy' | 'createdAt'> {
  readonly accountId: number;
}

/** Of one metric: each is a place somebody keeps the address in. */
const MAX_LINKS = 100;
/** A link that was revoked says so for a while, and then that there is none. */
const KEPT_ENDED_MS = 30 * 86_400_000;

/** @throws NotFoundError when the metric is gone; QuotaExceededError */
export async function insertPanelLink(
  prisma: PrismaClient,
  link: Prisma.PanelLinkUncheckedCreateInput,
  now: Date,
): Promise<PanelLink> {
  const { metricId } = link;
  const before = new Date(now.getTime() - KEPT_ENDED_MS);
  await prisma.panelLink.deleteMany({
    where: { metricId, OR: [{ revokedAt: { lt: before } }, { expiresAt: { lt: before } }] },
  });
  return prisma.$transaction(async (transaction) => {
    // One request after the other counts the links of a metric.
    const held = await transaction.$queryRaw<readonly object[]>`
      SELECT id FROM metric WHERE id = ${metricId}::uuid FOR NO KEY UPDATE`;
    if (held.length === 0) throw new NotFoundError(`input.metricId: no metric has the id Metric:${metricId}`);
    const count = await transaction.panelLink.count({ where: { metricId, ...isOpen(now) } });
    if (count >= MAX_LINKS) {
      throw new QuotaExceededError(
        `the metric has ${count} panel links: revoke some first`,
        MAX_LINKS,
        count,
      );
    }
    return transaction.panelLink.create({ data: link });
  });
}

/** Neither revoked nor expired. */
export function isOpen(now: Date): Prisma.PanelLinkWhereInput {
  return { revokedAt: null, OR: [{ expiresAt: null }, { expiresAt: { gt: now } }] };
}

/** It may be repeated: the first time counts. @throws NotFoundError */
export async function revokePanelLink(prisma: PrismaClient, id: string, now: Date): Promise<PanelLink> {
  await prisma.panelLink.updateMany({ where: { id, revokedAt: null }, data: { revokedAt: now } });
  const link = await prisma.panelLink.findUnique({ where: { id } });
  if (link === null) throw new NotFoundError(`input.id: no panel link has the id PanelLink:${id}`);
  return link;
}

/** In no order; those that are gone are left out. */
export async function readPanels(pool: pg.Pool, ids: readonly string[]): Promise<readonly StoredPanel[]> {
  const { rows } = await pool.query<StoredPanel>(
    `SELECT l.id, l.metric_id AS "metricId", m.account_id AS "accountId", l.hours, l.theme, l.key_id AS "keyId",
       l.user_issuer AS "userIssuer", l.user_subject AS "userSubject", l.expires_at AS "expiresAt",
       l.revoked_at AS "revokedAt"
     FROM panel_link AS l JOIN metric AS m ON m.id = l.metric_id WHERE l.id = ANY($1::uuid[])`,
    [ids],
  );
  return rows;
}
