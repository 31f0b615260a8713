/** What zod found wrong, as one of our errors. */
import { InvalidInputError } from '../../../errors.ts';

type PathPart = PropertyKey | { readonly key: PropertyKey };

interface Issue {
  readonly message: string;
  readonly path?: readonly PathPart[] | undefined;
}

/** As many as anybody reads. */
const MAX_ISSUES = 10;

/** The issues in one message; the path is that of the first. */
export function toInvalidInput({ issues }: { readonly issues: readonly Issue[] }): InvalidInputError {
  const message = issues
    .slice(0, MAX_ISSUES)
    .map((issue) => `${readPath(issue).join('.')}: ${issue.message}`)
    .join('; ');
  const [first] = issues;
  return new InvalidInputError(message, first === undefined ? [] : readPath(first));
}

function readPath(issue: Issue): readonly string[] {
  return (issue.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part));
}
