import { useState } from 'react';
import { useApi } from '../api/api.ts';
import { useAsk } from '../api/ask.ts';
import { useStore } from '../api/store.ts';
import { KeysDocument } from '../generated/graphql.ts';
import { Answered } from '../parts/answer.tsx';
import { Notice } from '../parts/notice.tsx';
import { PageTabs } from '../parts/page-tabs.tsx';
import { SERVER_PAGES } from '../parts/pages.ts';
import { KeyForm } from './key-form.tsx';
import { KeyTable } from './key-table.tsx';
import '../style/access.css';

/** Who may ask this server, and what for. */
export function KeysPage() {
  const [isAll, setAll] = useState(false);
  // The first key has to be able to create others.
  const { key, session } = useApi();
  const apiKey = useStore(key.value);
  const login = useStore(session.login);
  const isOpen = apiKey === null && login === null;
  const answer = useAsk(KeysDocument, { revoked: isAll });
  return (
    <div className="stack">
      <PageTabs label="Server" pages={SERVER_PAGES} here="/server/keys" />
      <Answered answer={answer} what="the keys">
        {({ apiKeys, accounts }) => (
          <>
            <KeyForm
              isFirst={isOpen && !apiKeys.some(({ scopes }) => scopes.includes('ADMIN'))}
              accounts={accounts.map(({ name }) => name)}
              onMade={answer.askAgain}
            />
            <label className="choice">
              <input type="checkbox" checked={isAll} onChange={({ target }) => setAll(target.checked)} />
              Show revoked and expired keys
            </label>
            {apiKeys.length === 0 ? (
              <Notice title="No keys yet.">
                {isOpen
                  ? 'Not required while the server listens on localhost only. Creating the first key locks the server.'
                  : login === null
                    ? 'This tab has the key of LAPWING_API_KEY. Give people and programs keys of their own.'
                    : 'People sign in; programs need keys.'}
              </Notice>
            ) : (
              <KeyTable keys={apiKeys} onRevoked={answer.askAgain} />
            )}
          </>
        )}
      </Answered>
    </div>
  );
}
