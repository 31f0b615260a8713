/** A page of alarms, or of their history. */
import { CloudwatchError } from '../model/cloudwatch-error.ts';
import { createPaging, type Paging } from '../model/page-token.ts';

const DEFAULT_RECORDS = 50;

interface Paged {
  readonly MaxRecords?: number | undefined;
  readonly NextToken?: string | undefined;
}

/** @throws CloudwatchError InvalidNextToken for a token of another question */
export function openPage(input: Paged, accountId: number): { size: number; after: number; paging: Paging } {
  const size = input.MaxRecords ?? DEFAULT_RECORDS;
  const refuse = () =>
    new CloudwatchError('InvalidNextToken', 'The NextToken is not a token of this request.');
  const question = { ...input, NextToken: undefined, MaxRecords: undefined };
  const paging = createPaging(accountId, question, refuse);
  if (input.NextToken === undefined) return { size, after: 0, paging };
  return { size, after: paging.readId(input.NextToken), paging };
}
