import { useEffect, useState } from 'react';
import { useApi } from '../api/api.ts';
import { writeLoginLink } from '../api/session.ts';
import { useStore } from '../api/store.ts';
import { KeyDialog } from '../key-dialog.tsx';
import { formatTime } from '../parts/format-time.ts';
import { useZone } from '../parts/preferences.ts';

/** Says in large letters that what is shown is not what is, and since when. Nothing while it is live. */
export function ScreenTrouble({ problem }: { readonly problem: string | null }) {
  const { socket, key, session } = useApi();
  const zone = useZone();
  const connection = useStore(socket.connection);
  const isOffline = connection === 'offline';
  const isDialogWanted = useStore(key.wanted);
  // It stays so when the dialog is closed.
  const isKeyWanted = isDialogWanted || connection === 'refused';
  const login = useStore(session.login);
  const [isAsked, setAsked] = useState(false);
  const isTrouble = isOffline || isKeyWanted || problem !== null;
  const sinceMs = useSince(isTrouble);
  if (!isTrouble) return null;
  const ask = () => {
    setAsked(true);
    key.wanted.set(true);
  };
  return (
    <div className="screen-trouble" role="alert">
      <strong>Not live{sinceMs === null ? '' : ` since ${formatTime(sinceMs, zone)}`}</strong>
      <span>
        {isKeyWanted
          ? 'The session has ended or the key is not valid. This screen goes on by itself once somebody signs in.'
          : isOffline
            ? 'The server does not answer. Reconnecting…'
            : `${problem ?? ''} · Retrying…`}
      </span>
      {isKeyWanted && login !== null ? (
        <a className="button" href={writeLoginLink(login)}>
          Sign in with {login.name}
        </a>
      ) : null}
      {isKeyWanted && login === null ? <button onClick={ask}>Sign in</button> : null}
      {isAsked && isDialogWanted ? <KeyDialog /> : null}
    </div>
  );
}

/** When it began; null while it is not so. */
function useSince(isSo: boolean): number | null {
  const [sinceMs, setSinceMs] = useState<number | null>(null);
  useEffect(() => setSinceMs(isSo ? Date.now() : null), [isSo]);
  return sinceMs;
}
