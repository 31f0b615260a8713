import { useApi } from './api/api.ts';
import { useStore } from './api/store.ts';

const WORDS = {
  connecting: 'Connecting…',
  live: 'Live',
  offline: 'Offline – reconnecting…',
  refused: 'Not signed in',
} as const;

/** Whether what is shown is what is. */
export function ConnectionMark() {
  const { socket, key } = useApi();
  const state = useStore(socket.connection);
  return (
    <>
      <span className="connection" data-state={state} role="status">
        {WORDS[state]}
      </span>
      {state === 'refused' ? <button onClick={() => key.wanted.set(true)}>Sign in</button> : null}
    </>
  );
}
