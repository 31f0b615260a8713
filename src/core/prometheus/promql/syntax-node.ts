/** Walks what the grammar of Prometheus makes of a text, and says where it is not PromQL. */
import { parser } from '@prometheus-io/lezer-promql';
import type { SyntaxNode } from '@lezer/common';
import { PromqlError } from './promql-error.ts';

const MAX_QUERY_LENGTH = 20_000;
const MAX_DEPTH = 100;
/** Every operator before it takes its right side whole: one pass places all of them, another one finds none. */
const MAX_PASSES = 3;
const OPERATIONS: readonly string[] = ['BinaryExpr', 'UnaryExpr'];
const MODIFIERS: readonly string[] = ['OffsetExpr', 'StepInvariantExpr'];

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

// An offset, or an @, is of the selector it stands behind: `a - b offset 1h` is `a - (b offset 1h)`. The grammar of the package, by
// which editors colour queries, takes it for one of all that stands before it; parentheses say what is meant.
// https://prometheus.io/docs/prometheus/latest/querying/basics/#offset-modifier

/** A piece of the text that is to stand in parentheses. */
interface Piece {
  readonly from: number;
  readonly to: number;
}

/** @returns the same query, in which each offset and each @ is of one selector alone @throws PromqlError for what is not PromQL */
export function placeModifiers(text: string): string {
  let placed = text;
  for (let pass = 0; pass < MAX_PASSES; pass += 1) {
    const pieces = listMisplaced(parseSyntax(placed));
    if (pieces.length === 0) break;
    placed = parenthesize(placed, pieces);
  }
  return placed;
}

function listMisplaced(root: SyntaxNode): readonly Piece[] {
  const pieces: Piece[] = [];
  root.cursor().iterate(({ node }) => {
    if (!MODIFIERS.includes(node.name)) return;
    const [inner] = childrenOf(node);
    if (inner === undefined || !OPERATIONS.includes(inner.name)) return;
    pieces.push({ from: findLastOperand(inner).from, to: node.to });
  });
  return pieces;
}

function findLastOperand(node: SyntaxNode): SyntaxNode {
  let operand = node;
  while (OPERATIONS.includes(operand.name)) {
    const last = childrenOf(operand).at(-1);
    if (last === undefined) break;
    operand = last;
  }
  return operand;
}

/** In the place of blanks, where there are some: messages name columns. */
function parenthesize(text: string, pieces: readonly Piece[]): string {
  const signs = pieces.flatMap(({ from, to }) => {
    const opening = text[from - 1] === ' ' ? { from: from - 1, to: from } : { from, to: from };
    const closing = text[to] === ' ' ? { from: to, to: to + 1 } : { from: to, to };
    return [
      { ...opening, sign: '(' },
      { ...closing, sign: ')' },
    ];
  });
  let placed = '';
  let at = 0;
  for (const { from, to, sign } of signs.toSorted((a, b) => a.from - b.from)) {
    placed += text.slice(at, from) + sign;
    at = to;
  }
  return placed + text.slice(at);
}
