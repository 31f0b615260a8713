import type { ReactNode } from 'react';
import { type Answer, describeError } from '../api/ask.ts';
import { Notice, Waiting } from './notice.tsx';

/** Draws an answer: what came, that it is awaited, or why it failed with a way to try again. */
export function Answered<Data>(props: {
  readonly answer: Answer<Data>;
  /** What is read, as in "Reading … ". */
  readonly what: string;
  readonly children: (data: Data) => ReactNode;
}) {
  const { answer, what, children } = props;
  const { data, error, askAgain } = answer;
  if (data !== undefined && data !== null) return children(data);
  if (error !== undefined) {
    return (
      <Notice kind="problem" title={`${what.charAt(0).toUpperCase()}${what.slice(1)} could not be read.`}>
        <p>{describeError(error)}</p>
        <button onClick={askAgain}>Try again</button>
      </Notice>
    );
  }
  return <Waiting what={what} />;
}
