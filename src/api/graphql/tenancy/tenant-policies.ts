/** Monitoring policies for one account: its own. */
import type { PolicyActions } from '../../../core/monitoring/policies/policies.ts';
import { NotFoundError } from '../../../errors.ts';
import type { PrismaClient } from '../../../generated/prisma/client.ts';

/** @param visible sees nothing but the account's policies */
export function tenantPolicies(
  policies: PolicyActions,
  visible: Pick<PrismaClient, 'monitoringPolicy'>,
  accountId: number,
): PolicyActions {
  const check = async (id: string) => {
    if ((await visible.monitoringPolicy.count({ where: { id } })) > 0) return;
    throw new NotFoundError(`input.id: no monitoring policy has the id ${id}`);
  };
  return {
    create: (change, options) => policies.create(change, { ...options, accountId }),
    update: async (id, change, applyToExisting) => {
      await check(id);
      return policies.update(id, change, applyToExisting);
    },
    delete: async (id) => {
      await check(id);
      return policies.delete(id);
    },
    preview: (match) => policies.preview(match, accountId),
  };
}
