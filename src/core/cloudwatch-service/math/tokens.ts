/** Metric math: from text to words, numbers, quoted texts and signs. */

/** The text is no expression; the message says where. */
export class MathSyntaxError extends Error {
  override readonly name = 'MathSyntaxError';
}

export interface Token {
  readonly kind: 'number' | 'text' | 'word' | 'sign' | 'end';
  readonly text: string;
  /** Characters before it. */
  readonly at: number;
}

export interface Tokens {
  peek(): Token;
  next(): Token;
  /** @throws MathSyntaxError unless the next token is this sign */
  expect(sign: string): void;
}

const PATTERN =
  /\s*(?:(?<number>\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)|(?<word>[A-Za-z][A-Za-z0-9_]*)|"(?<double>(?:[^"\\]|\\.)*)"|'(?<single>(?:[^'\\]|\\.)*)'|(?<sign>==|!=|<=|>=|&&|\|\||[-+*/^<>()[\],]))/y;

const SPELLINGS: ReadonlyMap<string, string> = new Map([
  ['&&', 'AND'],
  ['||', 'OR'],
]);

/** @throws MathSyntaxError at the first character that begins no token */
export function createTokens(text: string): Tokens {
  const tokens = splitTokens(text);
  const end: Token = { kind: 'end', text: '', at: text.length };
  let place = 0;
  const peek = () => tokens[place] ?? end;
  const next = () => {
    const token = peek();
    place += 1;
    return token;
  };
  const expect = (sign: string) => {
    const token = next();
    if (token.kind === 'sign' && token.text === sign) return;
    const found = token.kind === 'end' ? 'the end' : `"${token.text}"`;
    throw new MathSyntaxError(`expected "${sign}" but found ${found} at character ${token.at}`);
  };
  return { peek, next, expect };
}

function splitTokens(text: string): readonly Token[] {
  const tokens: Token[] = [];
  const pattern = new RegExp(PATTERN);
  const length = text.trimEnd().length;
  while (pattern.lastIndex < length) {
    const at = pattern.lastIndex;
    const groups = pattern.exec(text)?.groups;
    if (groups === undefined) {
      throw new MathSyntaxError(`unexpected ${JSON.stringify(text.slice(at, at + 10))} at character ${at}`);
    }
    tokens.push(readToken(groups, at));
  }
  return tokens;
}

function readToken(groups: Readonly<Record<string, string | undefined>>, at: number): Token {
  if (groups.number !== undefined) return { kind: 'number', text: groups.number, at };
  if (groups.word !== undefined) return { kind: 'word', text: groups.word, at };
  if (groups.sign !== undefined) {
    return { kind: 'sign', text: SPELLINGS.get(groups.sign) ?? groups.sign, at };
  }
  // Only the quote around it is unescaped: what else is escaped is the affair of who reads the text, as SEARCH does.
  const text = groups.double?.replaceAll('\\"', '"') ?? groups.single?.replaceAll("\\'", "'") ?? '';
  return { kind: 'text', text, at };
}
