/** Subqueries: an expression, a range, and how far its steps are from each other. */
import type { SyntaxNode } from '@lezer/common';
import type { Expression, Subquery } from '../expression.ts';
import { parseDurationOf } from '../parse-selector.ts';
import { childrenOf, failAt } from '../syntax-node.ts';

/** As long as rules are evaluated by default. */
const DEFAULT_STEP_MS = 60_000;
/** Without parentheses a subquery is of what stands right before it, which the grammar does not see. */
const OPERATIONS: readonly string[] = ['BinaryExpr', 'UnaryExpr'];

export function isSubquery(node: SyntaxNode): boolean {
  const inner = node.name === 'OffsetExpr' ? node.firstChild : node;
  return inner?.name === 'SubqueryExpr';
}

/** @param read gives the expression within @throws PromqlError */
export function parseSubquery(
  text: string,
  node: SyntaxNode,
  read: (node: SyntaxNode) => Expression,
): Subquery {
  const [inner = node, ...rest] = childrenOf(node);
  if (node.name === 'OffsetExpr') {
    return { ...parseSubquery(text, inner, read), offsetMs: parseDurationOf(text, rest.at(-1) ?? node) };
  }
  if (OPERATIONS.includes(inner.name)) {
    throw failAt(
      text,
      node.from,
      'subquery is only allowed on instant vector, in parentheses where it has an operator',
    );
  }
  const [range = node, step] = rest;
  const rangeMs = parseDurationOf(text, range);
  const stepMs = step === undefined ? DEFAULT_STEP_MS : parseDurationOf(text, step);
  if (rangeMs <= 0 || stepMs <= 0) throw failAt(text, node.from, 'duration must be greater than 0');
  return { kind: 'subquery', operand: read(inner), rangeMs, stepMs, offsetMs: 0 };
}
