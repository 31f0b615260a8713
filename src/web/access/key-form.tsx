import { useState, useEffect, useRef } from 'react';
import { useApi } from '../api/api.ts';
import { findProblem, useDo } from '../api/ask.ts';
import { useSubmit } from '../api/use-submit.ts';
import { type AccessScope, CreateKeyDocument } from '../generated/graphql.ts';
import { Notice } from '../parts/notice.tsx';
import { Labelled, Select } from '../parts/form-field.tsx';
import { CopyBlock } from '../parts/copy-block.tsx';
import { serverClock } from '../api/server-clock.ts';

/** What a key of a scope may. */
const SCOPE_WORDS: Readonly<Record<AccessScope, string>> = {
  READ: 'read: ask and subscribe',
  INGEST: 'ingest: push points',
  WRITE: 'write: read, push, and change metrics',
  ADMIN: 'admin: everything',
};

const DAY_MS = 86_400_000;
const SCOPES: readonly AccessScope[] = ['READ', 'INGEST', 'WRITE', 'ADMIN'];

interface Draft {
  readonly name: string;
  readonly scope: AccessScope;
  readonly account: string;
  /** Until it expires; empty for never. */
  readonly days: string;
}

/** The draft of a key, and what came of it. */
function useNewKey(isFirst: boolean, onMade: () => void) {
  const { key } = useApi();
  const [draft, setDraft] = useState<Draft>({ name: '', scope: 'READ', account: '', days: '' });
  const [made, setMade] = useState<{ readonly name: string; readonly secret: string } | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const create = useDo(CreateKeyDocument);
  const scope = isFirst ? 'ADMIN' : draft.scope;
  const save = useSubmit(async () => {
    const { account, days } = draft;
    const name = draft.name.trim();
    const expiresAt = days === '' ? null : new Date(serverClock.now() + Number(days) * DAY_MS).toISOString();
    const owner = scope === 'ADMIN' || account.trim() === '' ? null : account.trim();
    const outcome = await create({ input: { name, scopes: [scope], account: owner, expiresAt } });
    setProblem(findProblem(outcome));
    if (!('data' in outcome) || !('secret' in outcome.data.createApiKey)) return;
    const { secret } = outcome.data.createApiKey;
    // The first key closes the server: without it this page would be locked out by what it just did.
    if (key.value.get() === null) key.keep(secret);
    setMade({ name, secret });
    setDraft((old) => ({ ...old, name: '' }));
    onMade();
  });
  const change = (changed: Partial<Draft>) => setDraft((old) => ({ ...old, ...changed }));
  return { draft: { ...draft, scope }, change, save, problem, made, forget: () => setMade(null) };
}

/** A new key. What is made is shown here, this once. */
export function KeyForm(props: {
  /** Whether the server has none yet: then it has to be one that may do everything. */
  readonly isFirst: boolean;
  readonly accounts: readonly string[];
  readonly onMade: () => void;
}) {
  const { isFirst, accounts, onMade } = props;
  const { draft, change, save, problem, made, forget } = useNewKey(isFirst, onMade);
  return (
    <>
      <form className="card stack" aria-label="New key" onSubmit={save}>
        <h2>New key</h2>
        <KeyFields draft={draft} isFirst={isFirst} accounts={accounts} onChange={change} />
        {isFirst ? (
          <p className="quiet">
            The first key is an admin key. After creating it, every client must authenticate; this tab signs
            in automatically.
          </p>
        ) : null}
        <div className="line">
          <button className="main">Create key</button>
        </div>
        {problem === null ? null : <Notice kind="problem">{problem}</Notice>}
      </form>
      {made === null ? null : (
        <NewKey key={made.secret} name={made.name} secret={made.secret} onDone={forget} />
      )}
    </>
  );
}

function KeyFields(props: {
  readonly draft: Draft;
  readonly isFirst: boolean;
  readonly accounts: readonly string[];
  readonly onChange: (changed: Partial<Draft>) => void;
}) {
  const { draft, isFirst, accounts, onChange } = props;
  const { name, scope, account, days } = draft;
  return (
    <div className="fields">
      <Labelled label="Name of the key">
        <input
          value={name}
          required
          maxLength={255}
          onChange={({ target }) => onChange({ name: target.value })}
        />
      </Labelled>
      <Labelled label="Scope">
        <Select
          choices={SCOPES.map((known) => [known, SCOPE_WORDS[known]])}
          value={scope}
          disabled={isFirst}
          onChange={(chosen) => onChange({ scope: chosen })}
        />
      </Labelled>
      <Labelled label="Account (empty = all)">
        <input
          value={scope === 'ADMIN' ? '' : account}
          disabled={scope === 'ADMIN'}
          list="accounts"
          maxLength={255}
          onChange={({ target }) => onChange({ account: target.value })}
        />
        <datalist id="accounts">
          {accounts.map((known) => (
            <option key={known} value={known} />
          ))}
        </datalist>
      </Labelled>
      <Labelled label="Expires after (days, empty = never)">
        <input
          type="number"
          min="1"
          max="3650"
          value={days}
          onChange={({ target }) => onChange({ days: target.value })}
        />
      </Labelled>
    </div>
  );
}

/** A key that was just made. Gone once it is put away: the server keeps nothing that could show it again. */
function NewKey(props: { readonly name: string; readonly secret: string; readonly onDone: () => void }) {
  const { name, secret, onDone } = props;
  const place = useRef<HTMLElement>(null);
  useEffect(() => place.current?.focus(), []);
  return (
    <section className="notice" data-kind="done" aria-label="The new key" tabIndex={-1} ref={place}>
      <strong>{name} is made. Copy it now: it is shown this once.</strong>
      <CopyBlock title="Key" text={secret} />
      <button onClick={onDone}>Done</button>
    </section>
  );
}
