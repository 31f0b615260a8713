/** Selectors of series: a name, conditions on labels, a range, an offset. */
import type { SyntaxNode } from '@lezer/common';
import type { Selector } from './expression.ts';
import { isOneOf } from './expression.ts';
import { createMatcher, type LabelMatcher, MATCH_OPERATORS } from './label-matcher.ts';
import { parseText } from './parse-literal.ts';
import { PromqlError } from './promql-error.ts';
import { isModified, parseDurationOf, parseModified } from './operators/parse-modifiers.ts';
import { childrenOf, failAt, parseSyntax } from './syntax-node.ts';

export const NAME_LABEL = '__name__';

/**
 * @param text the `match[]` of a request for series or labels
 * @throws PromqlError for what is no selector of series
 */
export function parseSeriesSelector(text: string): readonly LabelMatcher[] {
  const node = parseSyntax(text);
  if (node.name !== 'VectorSelector') throw failAt(text, node.from, 'expected a selector of series');
  return parseMatchers(text, node);
}

/** @param node one of VectorSelector, MatrixSelector, OffsetExpr and StepInvariantExpr */
export function parseSelector(text: string, node: SyntaxNode): Selector {
  if (isModified(node)) return parseModified(text, node, (inner) => parseSelector(text, inner));
  if (node.name === 'MatrixSelector') return parseRange(text, node);
  if (node.name !== 'VectorSelector') {
    throw failAt(text, node.from, 'expected an offset or @ behind a selector, and nothing between the two');
  }
  return { kind: 'selector', matchers: parseMatchers(text, node), rangeMs: null, offsetMs: 0, at: null };
}

function parseRange(text: string, node: SyntaxNode): Selector {
  const [inner, duration] = childrenOf(node);
  if (inner?.name !== 'VectorSelector') {
    throw failAt(text, node.from, 'ranges only allowed for vector selectors');
  }
  const rangeMs = parseDurationOf(text, duration ?? node);
  if (rangeMs <= 0) throw failAt(text, node.from, 'duration must be greater than 0');
  return { ...parseSelector(text, inner), rangeMs };
}

function parseMatchers(text: string, node: SyntaxNode): readonly LabelMatcher[] {
  const matchers: LabelMatcher[] = [];
  for (const child of childrenOf(node)) {
    if (child.name === 'Identifier') {
      matchers.push(createMatcher(NAME_LABEL, '=', text.slice(child.from, child.to)));
    } else {
      for (const matcher of childrenOf(child)) matchers.push(parseMatcher(text, matcher));
    }
  }
  if (matchers.filter(({ label }) => label === NAME_LABEL).length > 1 && isNamedTwice(node)) {
    throw failAt(text, node.from, 'metric name must not be set twice');
  }
  if (matchers.every(({ matches }) => matches(''))) {
    throw failAt(text, node.from, 'vector selector must contain at least one non-empty matcher');
  }
  return matchers;
}

/** A name before the braces, and another one in them; two conditions in the braces may stand. */
function isNamedTwice(node: SyntaxNode): boolean {
  return node.getChild('Identifier') !== null;
}

function parseMatcher(text: string, node: SyntaxNode): LabelMatcher {
  const [name, operator, value] = childrenOf(node);
  // The name of the series alone, in quotes: {"lapwing_value"}
  if (node.name === 'QuotedLabelName') return createMatcher(NAME_LABEL, '=', parseTextOf(text, node));
  if (name === undefined || operator === undefined || value === undefined) {
    throw failAt(text, node.from, 'expected label="value"');
  }
  const label = name.name === 'QuotedLabelName' ? parseTextOf(text, name) : text.slice(name.from, name.to);
  const written = text.slice(operator.from, operator.to);
  if (!isOneOf(MATCH_OPERATORS, written)) {
    throw failAt(text, operator.from, `expected ${MATCH_OPERATORS.join(', ')}, got ${written}`);
  }
  try {
    return createMatcher(label, written, parseTextOf(text, value));
  } catch (error) {
    if (!(error instanceof PromqlError)) throw error;
    throw failAt(text, node.from, error.message);
  }
}

export function parseTextOf(text: string, node: SyntaxNode): string {
  const value = parseText(text.slice(node.from, node.to));
  if (value === null) throw failAt(text, node.from, 'expected escapes as Go has them');
  return value;
}
