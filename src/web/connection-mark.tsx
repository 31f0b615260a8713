import { useApi } from './api/api.ts';
import { useStore } from './api/store.ts';

const WORDS = { connecting: 'connecting', live: 'live', offline: 'offline, trying again' } as const;

/** Whether what is shown is what is. */
export function ConnectionMark() {
  const { socket } = useApi();
  const state = useStore(socket.connection);
  return (
    <span className="connection" data-state={state} role="status">
      {WORDS[state]}
    </span>
  );
}
