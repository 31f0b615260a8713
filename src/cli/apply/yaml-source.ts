/** A YAML file with the line and the column of everything in it. */
import {
  isAlias,
  isMap,
  isNode,
  isPair,
  isSeq,
  LineCounter,
  parseDocument,
  type Document,
  type Node,
  type YAMLMap,
} from 'yaml';

/** Something of the file that cannot be as it is. Lines and columns count from 1. */
export interface Problem {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** Each may stand for as much as the whole file, and for others. */
const MAX_ALIASES = 1000;

export class YamlSource {
  readonly #document: Document;
  readonly #lines = new LineCounter();
  readonly #problems: Problem[] = [];
  /** How many were read so far. */
  #aliases = 0;

  /** @param text YAML 1.2; what is no YAML, a key that is there twice and an unknown tag are problems */
  constructor(text: string) {
    this.#document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false });
    for (const { pos, code, message } of [...this.#document.errors, ...this.#document.warnings]) {
      this.#report(pos[0], describeError(code, message, text.slice(pos[0])));
    }
  }

  /** All problems so far, in their order in the file. */
  get problems(): readonly Problem[] {
    return this.#problems.toSorted((a, b) => a.line - b.line || a.column - b.column);
  }

  /** Null for an empty file. */
  get root(): Node | null {
    return this.#document.contents;
  }

  /** The node itself; of an alias, what it stands for. Null for a value that is left out, and for an alias of nothing. */
  resolve(node: unknown): Node | null {
    if (!isAlias(node)) return isNode(node) ? node : null;
    if (this.#aliases === MAX_ALIASES) return null;
    this.#aliases += 1;
    const found = node.resolve(this.#document) ?? null;
    if (found === null) this.report(node, `there is no anchor &${node.source}`);
    if (this.#aliases === MAX_ALIASES) this.report(node, `expected at most ${MAX_ALIASES} aliases`);
    return found;
  }

  report(node: unknown, message: string): void {
    this.#report((isNode(node) ? node.range?.[0] : undefined) ?? 0, message);
  }

  /**
   * Reports what is said of a value within a mapping.
   * @param path keys and indexes from the mapping on; as much of it as the file has
   */
  reportAt(map: YAMLMap, path: readonly string[], message: string): void {
    this.report(this.#find(map, path), message);
  }

  /** Where the value is, as FILE:LINE:COLUMN has it. */
  locate(map: YAMLMap, path: readonly string[]): { readonly line: number; readonly column: number } {
    const node = this.#find(map, path);
    return this.#positionOf(node.range?.[0] ?? 0);
  }

  #find(from: Node, path: readonly string[]): Node {
    let found = from;
    for (const step of path) {
      const next = this.#step(found, step);
      if (next === null) break;
      found = next;
    }
    return found;
  }

  #step(node: Node, step: string): Node | null {
    const parent = this.resolve(node);
    if (!isMap(parent) && !isSeq(parent)) return null;
    const child: unknown = parent.get(isSeq(parent) ? Number(step) : step, true);
    return isNode(child) && !isPair(child) ? child : null;
  }

  #report(offset: number, message: string): void {
    this.#problems.push({ ...this.#positionOf(offset), message });
  }

  #positionOf(offset: number): { readonly line: number; readonly column: number } {
    const { line, col } = this.#lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  }
}

/**
 * The library's own words are for its callers.
 * @param rest of the text, from where the error is
 */
function describeError(code: string, message: string, rest: string): string {
  if (code === 'MULTIPLE_DOCS') return 'expected one document, got several';
  if (code !== 'DUPLICATE_KEY') return message;
  const key = /^(?:"[^"\n]*"|'[^'\n]*'|[^:\n]*)/.exec(rest)?.[0] ?? '';
  return `${key}: expected once in its mapping, is there twice`;
}
