/**
 * What stands behind a selector or a subquery: `offset` and `@`, each once, in any order.
 * https://prometheus.io/docs/prometheus/latest/querying/basics/#modifier
 */
import type { SyntaxNode } from '@lezer/common';
import type { AtModifier, Selector, Subquery } from '../expression.ts';
import { parseDuration, parseNumber } from '../parse-literal.ts';
import { childrenOf, failAt } from '../syntax-node.ts';

const OFFSET = 'OffsetExpr';
const AT = 'StepInvariantExpr';

export function isModified({ name }: SyntaxNode): boolean {
  return name === OFFSET || name === AT;
}

/** @param read gives what the modifier is of @throws PromqlError */
export function parseModified<Of extends Selector | Subquery>(
  text: string,
  node: SyntaxNode,
  read: (inner: SyntaxNode) => Of,
): Of {
  const [inner = node, , written = node] = childrenOf(node);
  const of = read(inner);
  if (node.name === OFFSET) {
    if (hasModifier(inner, OFFSET)) throw failAt(text, node.from, 'offset may not be set multiple times');
    return { ...of, offsetMs: parseDurationOf(text, written) };
  }
  if (of.at !== null) throw failAt(text, node.from, '@ <timestamp> may not be set multiple times');
  return { ...of, at: parseAtModifier(text, written) };
}

function hasModifier(node: SyntaxNode, name: string): boolean {
  if (!isModified(node)) return false;
  const [inner] = childrenOf(node);
  return node.name === name || (inner !== undefined && hasModifier(inner, name));
}

function parseAtModifier(text: string, node: SyntaxNode): AtModifier {
  const written = text.slice(node.from, node.to);
  if (node.name === 'AtModifierPreprocessors') return written.startsWith('start') ? 'start' : 'end';
  const seconds = parseNumber(written.replaceAll(/\s/g, ''));
  if (seconds === null || !Number.isFinite(seconds)) {
    throw failAt(text, node.from, `expected a time in seconds, start() or end() behind @, got ${written}`);
  }
  return Math.round(seconds * 1000);
}

export function parseDurationOf(text: string, node: SyntaxNode): number {
  const written = text.slice(node.from, node.to).replaceAll(/\s/g, '');
  const ms = parseDuration(written);
  if (ms === null) throw failAt(text, node.from, `expected a duration such as 5m, got ${written}`);
  return ms;
}
