/** Metric math: from text to a tree. */
import { createTokens, MathSyntaxError, type Token, type Tokens } from './tokens.ts';

const BINARY_OPERATORS = ['+', '-', '*', '/', '^', '==', '!=', '<', '<=', '>', '>=', 'AND', 'OR'] as const;
export type BinaryOperator = (typeof BINARY_OPERATORS)[number];

export type Expression =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'reference'; readonly id: string }
  /** A word in capitals that is no function: FILL(m1, REPEAT). */
  | { readonly kind: 'keyword'; readonly word: string }
  | { readonly kind: 'negate'; readonly operand: Expression }
  | {
      readonly kind: 'binary';
      readonly operator: BinaryOperator;
      readonly left: Expression;
      readonly right: Expression;
    }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expression[] };

/** Deeper nesting would end in a stack overflow. */
const DEEPEST = 64;
const UNARY_STRENGTH = 6;
const STRENGTHS: Readonly<Record<BinaryOperator, number>> = {
  OR: 1,
  AND: 2,
  '==': 3,
  '!=': 3,
  '<': 3,
  '<=': 3,
  '>': 3,
  '>=': 3,
  '+': 4,
  '-': 4,
  '*': 5,
  '/': 5,
  '^': 7,
};

/** @throws MathSyntaxError */
export function parseExpression(text: string): Expression {
  const tokens = createTokens(text);
  const expression = parseOperators(tokens, 0, 0);
  const rest = tokens.peek();
  if (rest.kind !== 'end') throw new MathSyntaxError(`unexpected "${rest.text}" at character ${rest.at}`);
  return expression;
}

/** Operators that bind at least as strongly as `weakest`; all but ^ group from the left. */
function parseOperators(tokens: Tokens, weakest: number, depth: number): Expression {
  if (depth > DEEPEST) throw new MathSyntaxError(`nested deeper than ${DEEPEST}`);
  let left = parseOperand(tokens, depth);
  for (;;) {
    const operator = readOperator(tokens.peek());
    if (operator === null || STRENGTHS[operator] < weakest) return left;
    tokens.next();
    const strength = operator === '^' ? STRENGTHS[operator] : STRENGTHS[operator] + 1;
    left = { kind: 'binary', operator, left, right: parseOperators(tokens, strength, depth + 1) };
  }
}

/** A quoted text never is one, whatever it holds. */
function readOperator({ kind, text }: Token): BinaryOperator | null {
  return kind === 'text' ? null : (BINARY_OPERATORS.find((operator) => operator === text) ?? null);
}

function isSign({ kind, text }: Token, sign: string): boolean {
  return kind === 'sign' && text === sign;
}

function parseOperand(tokens: Tokens, depth: number): Expression {
  const token = tokens.next();
  switch (token.kind) {
    case 'number':
      return { kind: 'number', value: Number(token.text) };
    case 'text':
      return { kind: 'text', value: token.text };
    case 'word':
      return parseWord(tokens, token.text, depth);
    case 'sign':
      if (token.text === '-') {
        return { kind: 'negate', operand: parseOperators(tokens, UNARY_STRENGTH, depth + 1) };
      }
      if (token.text === '(') {
        const inner = parseOperators(tokens, 0, depth + 1);
        tokens.expect(')');
        return inner;
      }
      if (token.text === '[') return { kind: 'call', name: 'LIST', args: parseList(tokens, ']', depth) };
  }
  throw new MathSyntaxError(
    token.kind === 'end' ? 'it ends too early' : `unexpected "${token.text}" at character ${token.at}`,
  );
}

function parseWord(tokens: Tokens, word: string, depth: number): Expression {
  if (isSign(tokens.peek(), '(')) {
    tokens.next();
    return { kind: 'call', name: word.toUpperCase(), args: parseList(tokens, ')', depth) };
  }
  return /^[a-z]/.test(word) ? { kind: 'reference', id: word } : { kind: 'keyword', word };
}

function parseList(tokens: Tokens, end: ')' | ']', depth: number): readonly Expression[] {
  const items: Expression[] = [];
  if (isSign(tokens.peek(), end)) {
    tokens.next();
    return items;
  }
  for (;;) {
    items.push(parseOperators(tokens, 0, depth + 1));
    if (!isSign(tokens.peek(), ',')) break;
    tokens.next();
  }
  tokens.expect(end);
  return items;
}
