/** What no answer may be, whatever was asked. */
import { ERROR_CODES } from '../../src/errors.ts';

/** Signs of what is behind the API: places in code, SQL, the database's and Prisma's own words, stacks. */
const INTERNALS =
  /node_modules|file:\/\/|\/src\/|\.[jt]s:\d|\bat [\w.<>]+ \(|\bSELECT\b.*\bFROM\b|INSERT INTO|[Pp]risma|invocation|relation "|violates|syntax error at or near|SQLSTATE|invalid byte sequence|out of range for type|Cannot read propert|is not a function|is not iterable|Maximum call stack|ECONN|ENOENT|INTERNAL_SERVER_ERROR/;

/** The failures an overloaded or waiting server declares. */
const DECLARED = /"code":"(?:RETRY_LATER|TOOK_TOO_LONG)"/;

/** @returns what is wrong with an answer; null when nothing is */
export function judgeAnswer(status: number, body: string): string | null {
  if (status >= 500 && !(status === 503 && DECLARED.test(body))) return `status ${status}`;
  return judgeText(body);
}

const CODES = new Set<string>(ERROR_CODES);

export function judgeText(text: string): string | null {
  for (const [, code = ''] of text.matchAll(/"extensions":\{"code":"(\w+)"/g)) {
    if (!CODES.has(code)) return `has the code ${code}, which the schema does not list`;
  }
  const found = INTERNALS.exec(text);
  return found === null
    ? null
    : `shows ${JSON.stringify(text.slice(Math.max(0, found.index - 200), found.index + 300))}`;
}
