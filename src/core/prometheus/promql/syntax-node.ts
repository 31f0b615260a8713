/** Walks what the grammar of Prometheus makes of a text, and says where it is not PromQL. */
import { parser } from '@prometheus-io/lezer-promql';
import type { SyntaxNode } from '@lezer/common';
import { PromqlError } from './promql-error.ts';

const MAX_QUERY_LENGTH = 20_000;
const MAX_DEPTH = 100;

/** @returns the one expression of a query @throws PromqlError for what is not PromQL */
export function parseSyntax(text: string): SyntaxNode {
  if (text.length > MAX_QUERY_LENGTH) {
    throw new PromqlError('bad_data', `expected at most ${MAX_QUERY_LENGTH} characters, got ${text.length}`);
  }
  const { topNode } = parser.parse(text);
  checkSyntax(topNode, text);
  const [expression] = childrenOf(topNode);
  if (expression === undefined) throw new PromqlError('bad_data', 'no expression found in input');
  return expression;
}

/** The grammar goes on behind what it does not understand, and marks it. */
function checkSyntax(topNode: SyntaxNode, text: string): void {
  let depth = 0;
  topNode.cursor().iterate(
    (node) => {
      depth += 1;
      if (depth > MAX_DEPTH) throw failAt(text, node.from, `expected at most ${MAX_DEPTH} levels`);
      if (!node.type.isError) return;
      if (text.trim() === '') throw new PromqlError('bad_data', 'no expression found in input');
      const found = text.slice(node.from, Math.max(node.to, node.from + 1)).slice(0, 50);
      const what = found === '' ? 'end of input' : JSON.stringify(found);
      throw failAt(text, node.from, `unexpected ${what}`);
    },
    () => void (depth -= 1),
  );
}

/** Those that mean something. */
export function childrenOf(node: SyntaxNode): readonly SyntaxNode[] {
  const children: SyntaxNode[] = [];
  for (let child = node.firstChild; child !== null; child = child.nextSibling) {
    if (child.name !== 'LineComment') children.push(child);
  }
  return children;
}

/** As Prometheus writes it: line and column count from 1. */
export function failAt(text: string, offset: number, problem: string): PromqlError {
  const before = text.slice(0, offset).split('\n');
  const column = (before.at(-1)?.length ?? 0) + 1;
  return new PromqlError('bad_data', `${before.length}:${column}: parse error: ${problem}`);
}
