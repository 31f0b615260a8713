/** What can be read off queries without evaluating them. */
import type { Expression } from '../math/parse.ts';
import { MathError } from '../math/values.ts';
import { listReferences, type DataQuery, type StatQuery } from './data-query.ts';

const MINUTE_SECONDS = 60;

/** The shortest of the metrics; a minute where there is none. */
export function findPeriod(queries: ReadonlyMap<string, DataQuery>): number {
  const periods = [...queries.values()].flatMap((query) =>
    query.kind === 'stat' ? query.periodSeconds : [],
  );
  return periods.length === 0 ? MINUTE_SECONDS : Math.min(...periods);
}

/** The metrics behind these queries, each once. */
export function findStats(
  ids: readonly string[],
  queries: ReadonlyMap<string, DataQuery>,
): readonly StatQuery[] {
  const found = new Map<string, StatQuery>();
  const seen = new Set<string>();
  const left = [...ids];
  for (let id = left.pop(); id !== undefined; id = left.pop()) {
    if (seen.has(id)) continue;
    seen.add(id);
    const query = queries.get(id);
    if (query?.kind === 'stat') found.set(id, query);
    if (query?.kind === 'expression') left.push(...listReferences(query.expression));
  }
  return [...found.values()];
}

/**
 * Each band is evaluated over a range of its own, that begins earlier: one of another, and so on, would take as many as
 * there are ways from the last to the first.
 * @throws MathError where the expression, or a query it depends on, makes a band
 */
export function refuseBandIn(expression: Expression, queries: ReadonlyMap<string, DataQuery>): void {
  const seen = new Set<string>();
  const left: Expression[] = [expression];
  for (let one = left.pop(); one !== undefined; one = left.pop()) {
    if (listCalls(one).includes('ANOMALY_DETECTION_BAND')) {
      throw new MathError('a band of a band is not supported');
    }
    for (const id of listReferences(one)) {
      const query = queries.get(id);
      if (query?.kind === 'expression' && !seen.has(id)) left.push(query.expression);
      seen.add(id);
    }
  }
}

/** Names of the functions an expression calls. */
function listCalls(expression: Expression): readonly string[] {
  switch (expression.kind) {
    case 'call':
      return [expression.name, ...expression.args.flatMap(listCalls)];
    case 'negate':
      return listCalls(expression.operand);
    case 'binary':
      return [...listCalls(expression.left), ...listCalls(expression.right)];
    default:
      return [];
  }
}
