import { useState } from 'react';
import { findProblem, useDo } from '../api/ask.ts';
import { type MessageRowFragment, RetryMessageDocument } from '../generated/graphql.ts';
import { TimeText } from '../parts/time-text.tsx';

const STATES = {
  FAILED: ['badge red', '▲ failed'],
  WAITING: ['badge yellow', '◆ pending'],
  SENT: ['badge normal', '● delivered'],
} as const;

const KINDS = { START: 'opened', END: 'resolved' } as const;

/** One message: to whom, about what, how far it has come; one that was given up can be tried again. */
export function MessageCard({ message }: { readonly message: MessageRowFragment }) {
  const { id, kind, state, channel, target, incidentCount, createdAt, attempts, lastError } = message;
  const [style, word] = STATES[state];
  const retry = useDo(RetryMessageDocument);
  const [problem, setProblem] = useState<string | null>(null);
  const tryAgain = async () => setProblem(findProblem(await retry({ input: { id } })));
  return (
    <article className="card incident" aria-label={`Message to ${target}, ${word}`}>
      <div className="line spread">
        <div className="line">
          <span className={style}>{word}</span>
          <strong>
            {incidentCount} {incidentCount === 1 ? 'incident' : 'incidents'} {KINDS[kind]}
          </strong>
          <span className="quiet">
            {channel.toLowerCase()} {target}
          </span>
        </div>
        <span className="quiet">
          <TimeText time={createdAt} />
        </span>
      </div>
      <div className="line spread">
        <span className="quiet">
          Rule: {message.ruleName} · tried {attempts} {attempts === 1 ? 'time' : 'times'}
          {message.nextAttemptAt === null ? null : (
            <>
              , again <TimeText time={message.nextAttemptAt} style="second" />
            </>
          )}
          {message.sentAt === null ? null : (
            <>
              , taken <TimeText time={message.sentAt} style="second" />
            </>
          )}
        </span>
        {state === 'FAILED' ? <button onClick={() => void tryAgain()}>Try again</button> : null}
      </div>
      {lastError === null || state === 'SENT' ? null : <p>{lastError}</p>}
      {problem === null ? null : <p role="alert">{problem}</p>}
      {message.body === null ? null : (
        <details>
          <summary>{message.subject ?? 'Message'}</summary>
          <pre tabIndex={0} aria-label="Message">
            {message.body}
          </pre>
        </details>
      )}
    </article>
  );
}
