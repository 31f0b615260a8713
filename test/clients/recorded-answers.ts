/** Holds answers against recorded ones, in each of the three protocols, and counts what is equal. */
import { expect } from 'vitest';
import { flatten, PROTOCOLS, speakAws } from './speak-aws.ts';

/** Operation, request, code, message (parts of it, apart from each other by …). The status is 400 where it is left out. */
export type Refusal = readonly [
  operation: string,
  input: object,
  code: string,
  message: string,
  status?: number,
];

export class RecordedAnswers {
  readonly #endpoint: string;
  readonly #equal = new Map<string, number>();

  constructor(endpoint: string) {
    this.#endpoint = endpoint;
  }

  count(operation: string): void {
    this.#equal.set(operation, (this.#equal.get(operation) ?? 0) + 1);
  }

  async expectRefusal([operation, input, code, message, status = 400]: Refusal): Promise<void> {
    const parts = message.split('…');
    for (const protocol of PROTOCOLS) {
      const answer = await speakAws(this.#endpoint, protocol, operation, input);
      expect({ protocol, code: answer.code, status: answer.status }).toEqual({ protocol, code, status });
      if (parts.length === 1 && message !== '') expect(answer.message).toBe(message);
      for (const part of parts) expect(answer.message).toContain(part);
    }
    this.count(operation);
  }

  /** The same members in each protocol, and no others; times are masked. @param read makes the answers comparable */
  async expectAnswer(
    operation: string,
    input: object,
    expected: object,
    read: (body: unknown) => unknown = (body) => body,
  ): Promise<void> {
    for (const protocol of PROTOCOLS) {
      const { status, body } = await speakAws(this.#endpoint, protocol, operation, input);
      expect({ protocol, status, body: flatten(read(body)) }).toEqual({
        protocol,
        status: 200,
        body: flatten(expected),
      });
    }
    this.count(operation);
  }

  report(): string {
    const counted = [...this.#equal].map(([operation, count]) => `${operation} ${count}`).join(', ');
    const all = [...this.#equal.values()].reduce((sum, count) => sum + count, 0);
    return `equal to AWS: ${all} answers in three protocols (${counted})\n`;
  }
}
