import { type SubmitEvent, useState } from 'react';
import { useApi } from './api/api.ts';
import { writeLoginLink } from './api/session.ts';
import { useStore } from './api/store.ts';
import { Modal } from './parts/modal.tsx';
import { Labelled } from './parts/form-field.tsx';

/** Asks who this is once the server wants to know: by a login, where there is one, or by an API key. */
export function KeyDialog() {
  const { key, session } = useApi();
  const login = useStore(session.login);
  const [text, setText] = useState('');
  const keep = (event: SubmitEvent) => {
    event.preventDefault();
    key.keep(text.trim());
    // Everything on the page was refused: the simplest way to ask for all of it again.
    location.reload();
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
