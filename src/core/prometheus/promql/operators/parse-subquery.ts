/** Subqueries: an expression, a range, and how far its steps are from each other. */
import type { SyntaxNode } from '@lezer/common';
import type { Expression, Subquery } from '../expression.ts';
import { childrenOf, failAt } from '../syntax-node.ts';
import { isModified, parseDurationOf, parseModified } from './parse-modifiers.ts';

/** As long as rules are evaluated by default. */
const DEFAULT_STEP_MS = 60_000;
/** Without parentheses a subquery is of what stands right before it, which the grammar does not see. */
const OPERATIONS: readonly string[] = ['BinaryExpr', 'UnaryExpr'];

export function isSubquery(node: SyntaxNode): boolean {
  if (node.name === 'SubqueryExpr') return true;
  const [inner] = isModified(node) ? childrenOf(node) : [];
  return inner !== undefined && isSubquery(inner);
}

/** @param read gives the expression within @throws PromqlError */
export function parseSubquery(
  text: string,
  node: SyntaxNode,
  read: (node: SyntaxNode) => Expression,
): Subquery {
  if (isModified(node)) return parseModified(text, node, (modified) => parseSubquery(text, modified, read));
  const [inner = node, ...rest] = childrenOf(node);
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
  return { kind: 'subquery', operand: read(inner), rangeMs, stepMs, offsetMs: 0, at: null };
}
