/** Which field of a form the server did not take, and why. */
import { createContext } from 'react';

export interface FieldProblem {
  /** Names and places from the outside in, with dots between: channels.0.webhook.url. Empty when no field is to blame. */
  readonly path: string;
  readonly text: string;
}

/** What is wrong with the form around; each field shows what is its own. */
export const ProblemContext = createContext<FieldProblem | null>(null);

const NAMED = /^(?:input\.)?([a-z][A-Za-z]*(?:\.\w+)*): (.+)$/s;
/** What GraphQL says of a value that is not of its type: it comes before the server's own checks. */
const COERCED = /at "input\.([\w.[\]]+)"; (.+)$/s;

/** Every refusal of this server begins with the field it is about. */
export function readProblem(message: string): FieldProblem {
  const [, coercedPath, coercedText] = COERCED.exec(message) ?? [];
  if (coercedPath !== undefined && coercedText !== undefined) return { path: coercedPath, text: coercedText };
  const [, path = '', text = message] = NAMED.exec(message) ?? [];
  return { path, text };
}

/** @param at path of a field, or of what holds fields */
export function isAbout(problem: FieldProblem | null, at: string): problem is FieldProblem {
  return problem !== null && (problem.path === at || problem.path.startsWith(`${at}.`));
}
