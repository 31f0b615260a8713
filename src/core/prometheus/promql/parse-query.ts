/**
 * Reads a query: the grammar is Prometheus' own, from its package; here what Lapwing answers is separated from what it does
 * not. Pure.
 * https://prometheus.io/docs/prometheus/latest/querying/basics/
 */
import type { SyntaxNode } from '@lezer/common';
import {
  AGGREGATIONS,
  ARITHMETIC,
  type BinaryOperator,
  COMPARISONS,
  type Expression,
  type GroupSide,
  isOneOf,
  type LabelChoice,
  SET_OPERATORS,
  typeOf,
  type ValueType,
} from './expression.ts';
import { buildCall } from './functions/build-call.ts';
import { SIGNATURES } from './functions/signatures.ts';
import { findOperandProblem } from './operators/check-operands.ts';
import { COUNT_VALUES } from './operators/count-values.ts';
import { isSubquery, parseSubquery } from './operators/parse-subquery.ts';
import { parseNumber } from './parse-literal.ts';
import { parseSelector, parseTextOf } from './parse-selector.ts';
import { PromqlError } from './promql-error.ts';
import { childrenOf, failAt, parseSyntax, placeModifiers } from './syntax-node.ts';

const KNOWN_AGGREGATIONS = [...AGGREGATIONS, COUNT_VALUES] as const;
/** They take something before what they aggregate. */
const WITH_PARAMETER: ReadonlySet<string> = new Set(['bottomk', COUNT_VALUES, 'quantile', 'topk']);
const NOTHING_EXCLUDED: LabelChoice = { labels: [], isExcluded: true };
const FUNCTIONS = [...SIGNATURES.keys()].toSorted();

/** @throws PromqlError: bad_data for what is not PromQL, execution for what is, and is not supported */
export function parseQuery(text: string): Expression {
  const placed = placeModifiers(text);
  return new QueryReader(placed).read(parseSyntax(placed));
}

class QueryReader {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  read(node: SyntaxNode): Expression {
    if (isSubquery(node)) {
      return parseSubquery(this.#text, node, (inner) => this.#expect(inner, ['instant vector'], 'subquery'));
    }
    switch (node.name) {
      case 'NumberDurationLiteral':
        return { kind: 'number', value: this.#readNumber(node) };
      case 'StringLiteral':
        return { kind: 'string', value: parseTextOf(this.#text, node) };
      case 'VectorSelector':
      case 'MatrixSelector':
      case 'OffsetExpr':
      case 'StepInvariantExpr':
        return parseSelector(this.#text, node);
      case 'ParenExpr':
        return this.#readOnly(node);
      case 'UnaryExpr':
        return this.#readUnary(node);
      case 'FunctionCall':
        return this.#readCall(node);
      case 'AggregateExpr':
        return this.#readAggregate(node);
      case 'BinaryExpr':
        return this.#readBinary(node);
      default:
        throw unsupported(`${this.#write(node)} is`);
    }
  }

  #readNumber(node: SyntaxNode): number {
    const value = parseNumber(this.#write(node));
    if (value === null) throw this.#fail(node, `expected a number, got ${this.#write(node)}`);
    return value;
  }

  #readOnly(node: SyntaxNode): Expression {
    const [inner] = childrenOf(node);
    if (inner === undefined) throw this.#fail(node, 'expected an expression');
    return this.read(inner);
  }

  #readUnary(node: SyntaxNode): Expression {
    const [operator, operand] = childrenOf(node);
    if (operator === undefined || operand === undefined) throw this.#fail(node, 'expected an expression');
    const expression = this.#expect(operand, ['scalar', 'instant vector']);
    if (this.#write(operator) === '+') return expression;
    if (expression.kind === 'number') return { kind: 'number', value: -expression.value };
    return { kind: 'negate', operand: expression };
  }

  #readCall(node: SyntaxNode): Expression {
    const [identifier, body] = childrenOf(node);
    const name = identifier === undefined ? '' : this.#write(identifier);
    const given = body === undefined ? [] : childrenOf(body);
    const signature = SIGNATURES.get(name);
    if (signature === undefined) {
      throw unsupported(`the function ${name}() is`, `; these are: ${FUNCTIONS.join(', ')}`);
    }
    const { takes, optional = 0, rest } = signature;
    if ((given.length > takes.length && rest === undefined) || given.length < takes.length - optional) {
      const expected = optional === 0 ? takes.length : `${takes.length - optional} to ${takes.length}`;
      throw this.#fail(node, `expected ${expected} argument(s) in call to "${name}", got ${given.length}`);
    }
    const read = given.map((one, index) => this.#expect(one, [takes[index] ?? rest ?? 'scalar'], name));
    const call = buildCall(name, read);
    if (call === null) throw this.#fail(node, 'expected a range vector selector');
    return call;
  }

  #readAggregate(node: SyntaxNode): Expression {
    const [operation, ...parts] = childrenOf(node);
    const operator = operation === undefined ? '' : this.#write(operation).toLowerCase();
    if (!isOneOf(KNOWN_AGGREGATIONS, operator)) {
      throw unsupported(`the aggregation ${operator} is`, `; these are: ${KNOWN_AGGREGATIONS.join(', ')}`);
    }
    const body = parts.find(({ name }) => name === 'FunctionCallBody');
    const modifier = parts.find(({ name }) => name === 'AggregateModifier');
    const given = body === undefined ? [] : childrenOf(body);
    const wanted = WITH_PARAMETER.has(operator) ? 2 : 1;
    const operand = given.at(-1);
    if (operand === undefined || given.length !== wanted) {
      const counts = `expected ${wanted}, got ${given.length}`;
      throw this.#fail(node, `wrong number of arguments for aggregate expression provided, ${counts}`);
    }
    const [parameter] = wanted === 2 ? given : [];
    const of = {
      grouping: modifier === undefined ? { labels: [], isExcluded: false } : this.#readGrouping(modifier),
      operand: this.#expect(operand, ['instant vector'], operator),
    };
    if (operator === COUNT_VALUES) {
      const label = this.#expect(parameter ?? operand, ['string'], operator);
      return { kind: 'countValues', label: label.kind === 'string' ? label.value : '', ...of };
    }
    return {
      kind: 'aggregate',
      operator,
      parameter: parameter === undefined ? null : this.#expect(parameter, ['scalar'], operator),
      ...of,
    };
  }

  /** Of an aggregation: by (…) or without (…). */
  #readGrouping(node: SyntaxNode): LabelChoice {
    return { labels: this.#readLabels(node), isExcluded: node.getChild('Without') !== null };
  }

  /** Of the first list behind a place. */
  #readLabels(node: SyntaxNode, from = node.from): readonly string[] {
    const list = node.getChildren('GroupingLabels').find((one) => one.from >= from);
    const names = list === undefined ? [] : childrenOf(list);
    return names.map((name) =>
      name.name === 'QuotedLabelName' ? parseTextOf(this.#text, name) : this.#write(name),
    );
  }

  #readBinary(node: SyntaxNode): Expression {
    const [first, operation, ...rest] = childrenOf(node);
    const last = rest.pop();
    if (first === undefined || operation === undefined || last === undefined) {
      throw this.#fail(node, 'expected two expressions and an operator between them');
    }
    const operator = this.#readOperator(operation);
    const left = this.#expect(first, ['scalar', 'instant vector']);
    const right = this.#expect(last, ['scalar', 'instant vector']);
    const isBool = node.getChild('BoolModifier') !== null;
    const problem = findOperandProblem(operator, isBool, [typeOf(left), typeOf(right)]);
    if (problem !== null) throw this.#fail(node, problem);
    const clause = node.getChild('MatchingModifierClause');
    if (clause !== null) this.#checkMatching(clause, operator, [typeOf(left), typeOf(right)]);
    const matching = clause === null ? NOTHING_EXCLUDED : this.#readMatching(clause);
    const grouping = clause === null ? null : this.#readGroupSide(clause, matching);
    if (node.getChild('FillModifier') !== null) throw unsupported('fill modifiers are');
    const binary = { kind: 'binary', operator, isBool, matching, grouping, left, right } as const;
    // The grammar takes a sign for a part of the number; a power binds it more tightly: -1 ^ 2 is -1.
    if (operator !== '^' || left.kind !== 'number' || !this.#write(first).startsWith('-')) return binary;
    return { kind: 'negate', operand: { ...binary, left: { kind: 'number', value: -left.value } } };
  }

  #readOperator(node: SyntaxNode): BinaryOperator {
    const operator = this.#write(node).toLowerCase();
    for (const list of [ARITHMETIC, COMPARISONS, SET_OPERATORS]) {
      const known = list.find((one) => one === operator);
      if (known !== undefined) return known;
    }
    throw unsupported(`the operator ${operator} is`);
  }

  #readMatching(node: SyntaxNode): LabelChoice {
    return { labels: this.#readLabels(node), isExcluded: node.getChild('On') === null };
  }

  #checkMatching(node: SyntaxNode, operator: BinaryOperator, types: readonly ValueType[]): void {
    if (types.includes('scalar') && this.#readLabels(node).length > 0) {
      throw this.#fail(node, 'vector matching only allowed between instant vectors');
    }
    const isGrouped = node.getChild('GroupLeft') !== null || node.getChild('GroupRight') !== null;
    if (isGrouped && isOneOf(SET_OPERATORS, operator)) {
      throw this.#fail(node, `no grouping allowed for "${operator}" operation`);
    }
  }

  #readGroupSide(node: SyntaxNode, matching: LabelChoice): GroupSide | null {
    const keyword = node.getChild('GroupLeft') ?? node.getChild('GroupRight');
    if (keyword === null) return null;
    const labels = this.#readLabels(node, keyword.to);
    const both = matching.isExcluded ? undefined : labels.find((label) => matching.labels.includes(label));
    if (both !== undefined) {
      throw this.#fail(node, `label "${both}" must not occur in ON and GROUP clause at once`);
    }
    return { many: keyword.name === 'GroupLeft' ? 'left' : 'right', labels };
  }

  #expect(node: SyntaxNode, types: readonly ValueType[], by = 'the expression'): Expression {
    const expression = this.read(node);
    const type = typeOf(expression);
    if (types.includes(type)) return expression;
    throw this.#fail(node, `expected type ${types.join(' or ')} in ${by}, got ${type}`);
  }

  #write({ from, to }: SyntaxNode): string {
    return this.#text.slice(from, to);
  }

  #fail({ from }: SyntaxNode, problem: string): PromqlError {
    return failAt(this.#text, from, problem);
  }
}

function unsupported(what: string, more = ''): PromqlError {
  return new PromqlError('execution', `${what} not supported${more}`);
}
