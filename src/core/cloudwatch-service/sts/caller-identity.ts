/** STS GetCallerIdentity: clients that send everything to one endpoint ask first who they are. */
import { nameAccount } from '../model/arn.ts';
import type { OperationContext } from '../model/operation.ts';
import { string, structure, type Infer } from '../model/shape.ts';

export const GET_CALLER_IDENTITY_INPUT = structure({});
export const GET_CALLER_IDENTITY_OUTPUT = structure({ UserId: string, Account: string, Arn: string });

/** The access key stands for the user. */
export function getCallerIdentity(
  _input: object,
  { accountId, accessKeyId }: OperationContext,
): Promise<Infer<typeof GET_CALLER_IDENTITY_OUTPUT>> {
  const account = nameAccount(accountId);
  return Promise.resolve({
    UserId: accessKeyId,
    Account: account,
    Arn: `arn:aws:iam::${account}:user/${accessKeyId}`,
  });
}
