/** Checks a request against the bounds of its shape, and names all that is outside of them, as AWS' front end does. */
import { CloudwatchError, showValue } from './cloudwatch-error.ts';
import type { Shape, StructureShape } from './shape.ts';

/** @throws CloudwatchError ValidationError that lists every member that breaks a constraint */
export function checkConstraints(shape: StructureShape, tree: unknown): void {
  const problems: string[] = [];
  checkStructure(shape, tree, '', problems);
  if (problems.length === 0) return;
  const errors = problems.length === 1 ? 'error' : 'errors';
  throw new CloudwatchError(
    'ValidationError',
    `${problems.length} validation ${errors} detected: ${problems.join('; ')}`,
  );
}

function checkStructure(shape: StructureShape, tree: unknown, path: string, problems: string[]): void {
  for (const [name, member] of Object.entries(shape.members)) {
    const value: unknown = typeof tree === 'object' && tree !== null ? Reflect.get(tree, name) : undefined;
    const at = `${path}${name.charAt(0).toLowerCase()}${name.slice(1)}`;
    if (value !== undefined) checkValue(member, value, at, problems);
    else if (shape.required?.includes(name) === true) {
      problems.push(`Value null at '${at}' failed to satisfy constraint: Member must not be null`);
    }
  }
}

function checkValue(shape: Shape, value: unknown, at: string, problems: string[]): void {
  const fail = (shown: string, rule: string) =>
    problems.push(`Value '${shown}' at '${at}' failed to satisfy constraint: Member must ${rule}`);
  switch (shape.kind) {
    case 'string': {
      const word = String(value);
      const { min = 0, max = Infinity, oneOf } = shape;
      if (word.length < min) fail(showValue(word), `have length greater than or equal to ${min}`);
      if (word.length > max) fail(showValue(word), `have length less than or equal to ${max}`);
      if (oneOf?.includes(word) === false) {
        fail(showValue(word), `satisfy enum value set: [${oneOf.join(', ')}]`);
      }
      return;
    }
    case 'integer': {
      const { min = -Infinity, max = Infinity } = shape;
      if (Number(value) < min) fail(String(value), `have value greater than or equal to ${min}`);
      if (Number(value) > max) fail(String(value), `have value less than or equal to ${max}`);
      return;
    }
    case 'list': {
      const items: readonly unknown[] = Array.isArray(value) ? value : [];
      if (items.length > (shape.max ?? Infinity)) {
        const shown = items.every((item) => typeof item === 'string')
          ? items.join(', ')
          : `${items.length} members`;
        fail(showValue(`[${shown}]`), `have length less than or equal to ${shape.max ?? Infinity}`);
      }
      for (const [i, item] of items.entries()) checkValue(shape.of, item, `${at}.${i + 1}.member`, problems);
      return;
    }
    case 'structure':
      checkStructure(shape, value, `${at}.`, problems);
      return;
    default:
  }
}
