/** Refuses texts PostgreSQL cannot keep as they are. */
import { listUnstorable } from '../../../platform/bounded-input/storable-text.ts';
import { invalid, joinErrors } from './cloudwatch-error.ts';

const RULE = 'It must not contain U+0000 or half of a surrogate pair.';
const MAX_NAMED = 20;

/**
 * Any of these would end in a failure of the database, or in another name than was given.
 * @param tree a request, read
 * @throws CloudwatchError naming every text that cannot be kept
 */
export function refuseUnstorable(tree: unknown): void {
  const [first, ...others] = listUnstorable(tree).map(({ path, text }) =>
    invalid(
      path.map((part) => (typeof part === 'number' ? `member.${part + 1}` : part)).join('.'),
      text,
      RULE,
    ),
  );
  if (first !== undefined) throw joinErrors([first, ...others.slice(0, MAX_NAMED - 1)]);
}
