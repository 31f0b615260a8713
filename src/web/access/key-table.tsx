import { useState } from 'react';
import { findProblem, useDo } from '../api/ask.ts';
import { type KeyRowFragment, RevokeKeyDocument } from '../generated/graphql.ts';
import { Modal } from '../parts/modal.tsx';
import { Notice } from '../parts/notice.tsx';
import { TimeText } from '../parts/time-text.tsx';
import { serverClock } from '../api/server-clock.ts';

/** Every key, with what ends it. */
export function KeyTable(props: {
  readonly keys: readonly KeyRowFragment[];
  readonly onRevoked: () => void;
}) {
  const { keys, onRevoked } = props;
  const [asked, setAsked] = useState<KeyRowFragment | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const revoke = useDo(RevokeKeyDocument);
  const act = async (id: string) => {
    const found = findProblem(await revoke({ input: { id } }));
    setProblem(found);
    if (found !== null) return;
    setAsked(null);
    onRevoked();
  };
  const close = () => {
    setAsked(null);
    setProblem(null);
  };
  return (
    <section className="card" aria-label="Keys">
      <ul className="keys">
        {keys.map((key) => (
          <li key={key.id} className="line spread" aria-label={`Key ${key.name}`}>
            <KeyFacts row={key} />
            {key.revokedAt === null ? (
              <button className="danger" aria-label={`Revoke ${key.name}`} onClick={() => setAsked(key)}>
                Revoke
              </button>
            ) : (
              <span className="badge">revoked</span>
            )}
          </li>
        ))}
      </ul>
      {asked === null ? null : (
        <Modal title={`Revoke the key ${asked.name}?`} onClose={close}>
          <p>
            Clients that use it are refused at once; their subscriptions end within a second. This cannot be
            undone.
          </p>
          {problem === null ? null : <Notice kind="problem">{problem}</Notice>}
          <div className="line">
            <button className="main danger" onClick={() => void act(asked.id)}>
              Revoke key
            </button>
            <button onClick={close}>Cancel</button>
          </div>
        </Modal>
      )}
    </section>
  );
}

function KeyFacts({ row }: { readonly row: KeyRowFragment }) {
  const { id, name, scopes, account, createdAt, expiresAt, revokedAt, lastUsedAt } = row;
  return (
    <div className="key-facts">
      <span className="line">
        <strong>{name}</strong>
        {scopes.map((scope) => (
          <span key={scope} className="badge">
            {scope.toLowerCase()}
          </span>
        ))}
        {account === null ? null : <span className="quiet">of {account.name}</span>}
        <span className="quiet mono">{id}</span>
      </span>
      <span className="quiet">
        made <TimeText time={createdAt} />,{' '}
        {lastUsedAt === null ? (
          'never used'
        ) : (
          <>
            last used <TimeText time={lastUsedAt} />
          </>
        )}
        {expiresAt === null ? null : (
          <>
            , {Date.parse(expiresAt) < serverClock.now() ? 'expired' : 'valid until'}{' '}
            <TimeText time={expiresAt} />
          </>
        )}
        {revokedAt === null ? null : (
          <>
            , revoked <TimeText time={revokedAt} />
          </>
        )}
      </span>
    </div>
  );
}
