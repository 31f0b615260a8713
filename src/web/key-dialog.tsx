import { type SubmitEvent, useState } from 'react';
import { useApi } from './api/api.ts';
import { writeLoginLink } from './api/session.ts';
import { useStore } from './api/store.ts';
import { Modal } from './parts/modal.tsx';
import { Notice } from './parts/notice.tsx';
import { Labelled } from './parts/form-field.tsx';

/** What a header takes. */
const SENDABLE = /^[\x21-\x7e]+$/;
const REFUSED = 'The server refuses the API key of this tab: it is wrong, expired or revoked.';
const NOT_SENDABLE = 'An API key has no blanks, and no letters but those of ASCII.';

/** Asks who this is once the server wants to know: by a login, where there is one, or by an API key. */
export function KeyDialog() {
  const { key, session } = useApi();
  const login = useStore(session.login);
  const [text, setText] = useState('');
  // It asks though there is a key: that one was refused.
  const [problem, setProblem] = useState(key.value.get() === null ? null : REFUSED);
  const keep = (event: SubmitEvent) => {
    event.preventDefault();
    // Copied out of a header it has the word before it.
    const typed = text.trim().replace(/^Bearer\s+/i, '');
    if (SENDABLE.test(typed)) key.keep(typed);
    else setProblem(NOT_SENDABLE);
  };
  return (
    <Modal
      title={login === null ? 'Sign in with an API key' : 'Sign in'}
      onClose={() => key.wanted.set(false)}
    >
      {login === null ? null : (
        <>
          <a className="button main" href={writeLoginLink(login)}>
            Sign in with {login.name}
          </a>
          <p className="quiet">Or with an API key:</p>
        </>
      )}
      {problem === null ? null : <Notice kind="problem">{problem}</Notice>}
      <form className="stack" onSubmit={keep}>
        <Labelled label="API key">
          <input
            type="password"
            autoComplete="current-password"
            value={text}
            onChange={(event) => setText(event.target.value)}
            required
          />
        </Labelled>
        <p className="quiet">
          Ask your administrator for a key (created with <code>lapwing key create</code>). It is stored in
          this tab only.
        </p>
        <div className="line">
          <button className={login === null ? 'main' : undefined}>Sign in</button>
        </div>
      </form>
    </Modal>
  );
}
