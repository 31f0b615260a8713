/** The expression a call of a function is. */
import { type Expression, isOneOf, type Selector, type Subquery, typeOf } from '../expression.ts';
import { RANGE_FUNCTIONS, SORT_FUNCTIONS, VALUE_FUNCTIONS } from './function-names.ts';
import { DATE_FUNCTIONS } from './date-functions.ts';
import { listSelectedLabels } from './find-absent.ts';
import { joinLabels, replaceLabel } from './rewrite-labels.ts';
import type { Labels } from '../series-labels.ts';

const NOW: Expression = { kind: 'vector', operand: { kind: 'time' } };

/**
 * @param given of the types the function takes
 * @returns null for a range that is not that of a selector
 * @throws PromqlError for texts that are not what they are to be
 */
export function buildCall(name: string, given: readonly Expression[]): Expression | null {
  const [first, second, ...others] = given;
  if (first === undefined) {
    if (isOneOf(DATE_FUNCTIONS, name)) return mapOf(name, NOW);
    return name === 'pi' ? { kind: 'number', value: Math.PI } : { kind: 'time' };
  }
  if (isOneOf(RANGE_FUNCTIONS, name)) {
    const [selector, parameter = null] =
      typeOf(first) === 'range vector' ? [first, second] : [second ?? first, first];
    return isRange(selector) ? { kind: 'range', name, selector, parameter } : null;
  }
  if (isOneOf(VALUE_FUNCTIONS, name) || isOneOf(DATE_FUNCTIONS, name)) {
    return mapOf(name, first, second === undefined ? [] : [second, ...others]);
  }
  if (isOneOf(SORT_FUNCTIONS, name))
    return { kind: 'sort', isDescending: name === 'sort_desc', operand: first };
  switch (name) {
    case 'absent':
      return {
        kind: 'absent',
        operand: first,
        labels: selectedBy(first),
      };
    case 'absent_over_time': {
      if (!isRange(first)) return null;
      const operand = { kind: 'range', name: 'present_over_time', selector: first, parameter: null } as const;
      return { kind: 'absent', operand, labels: selectedBy(first) };
    }
    case 'timestamp':
      return { kind: name, operand: first };
    case 'histogram_quantile':
      return second === undefined ? null : { kind: 'histogram', quantile: first, operand: second };
    case 'label_join':
    case 'label_replace': {
      const [target = '', by = '', source = '', ...more] = given.slice(1).map(readText);
      const rewrite =
        name === 'label_replace'
          ? replaceLabel(target, by, source, more[0] ?? '')
          : joinLabels(target, by, ...given.slice(3).map(readText));
      return { kind: 'labels', operand: first, rewrite };
    }
    default:
      return { kind: name === 'vector' ? name : 'scalar', operand: first };
  }
}

function mapOf(
  name: Extract<Expression, { kind: 'map' }>['name'],
  operand: Expression,
  parameters: readonly Expression[] = [],
): Expression {
  return { kind: 'map', name, operand, parameters };
}

function isRange(expression: Expression): expression is Selector | Subquery {
  return expression.kind === 'selector' || expression.kind === 'subquery';
}

function selectedBy(expression: Expression): Labels {
  return expression.kind === 'selector' ? listSelectedLabels(expression) : new Map();
}

function readText(expression: Expression): string {
  return expression.kind === 'string' ? expression.value : '';
}
