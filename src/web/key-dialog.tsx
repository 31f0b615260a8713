import { type SubmitEvent, useState } from 'react';
import { useApi } from './api/api.ts';
import { Modal } from './parts/modal.tsx';

/** Asks for an API key once the server wants one. */
export function KeyDialog() {
  const { key } = useApi();
  const [text, setText] = useState('');
  const keep = (event: SubmitEvent) => {
    event.preventDefault();
    key.keep(text.trim());
    // Everything on the page was refused: the simplest way to ask for all of it again.
    location.reload();
  };
  return (
    <Modal title="Sign in with an API key" onClose={() => key.wanted.set(false)}>
      <form className="stack" onSubmit={keep}>
        <label className="field">
          <span>API key</span>
          <input
            type="password"
            autoComplete="current-password"
            value={text}
            onChange={(event) => setText(event.target.value)}
            required
          />
        </label>
        <p className="quiet">
          Ask your administrator for a key (created with <code>lapwing key create</code>). It is stored in
          this tab only.
        </p>
        <div className="line">
          <button className="main">Sign in</button>
        </div>
      </form>
    </Modal>
  );
}
