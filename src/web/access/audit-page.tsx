import { useAsk } from '../api/ask.ts';
import { AuditLogDocument, type AuditLogQuery } from '../generated/graphql.ts';
import { Answered } from '../parts/answer.tsx';
import { Notice } from '../parts/notice.tsx';
import { PageTabs } from '../parts/page-tabs.tsx';
import { SERVER_PAGES } from '../parts/pages.ts';
import { TimeText } from '../parts/time-text.tsx';
import { useListPlace, useUrlState } from '../parts/url-state.ts';
import '../style/access.css';

/** Every change: when, by whom, what, and what became of it. */
export function AuditPage() {
  const [field, setField] = useUrlState('mutation');
  const [keyId, setKeyId] = useUrlState('key');
  const [after, setAfter] = useListPlace();
  const answer = useAsk(AuditLogDocument, {
    filter: {
      ...(field === '' ? {} : { fields: [field] }),
      ...(keyId === '' ? {} : { apiKeyIds: [keyId] }),
    },
    after,
  });
  const isNarrowed = field !== '' || keyId !== '';
  return (
    <div className="stack">
      <PageTabs label="Server" pages={SERVER_PAGES} here="/server/audit" />
      <p className="quiet">
        All changes of the last year, except data ingestion. Click a mutation or key to filter.
      </p>
      {isNarrowed ? (
        <Narrowed
          field={field}
          keyId={keyId}
          onShowAll={() => {
            setField('');
            setKeyId('');
          }}
        />
      ) : null}
      <Answered answer={answer} what="the audit log">
        {({ auditLog: { nodes, pageInfo } }) => (
          <>
            {nodes.length === 0 ? (
              <Notice title={isNarrowed ? 'No such changes.' : 'Nothing was changed yet.'} />
            ) : (
              <ul className="card audit" aria-label="Changes">
                {nodes.map((entry, index) => (
                  <AuditRow
                    key={`${entry.requestId ?? entry.at} ${index}`}
                    entry={entry}
                    onField={setField}
                    onKey={setKeyId}
                  />
                ))}
              </ul>
            )}
            <div className="line">
              {after === null ? (
                <button onClick={answer.askAgain}>Refresh</button>
              ) : (
                <button onClick={() => setAfter(null)}>Newest</button>
              )}
              {pageInfo.hasNextPage ? (
                <button onClick={() => setAfter(pageInfo.endCursor)}>Older</button>
              ) : null}
            </div>
          </>
        )}
      </Answered>
    </div>
  );
}

function Narrowed(props: { readonly field: string; readonly keyId: string; readonly onShowAll: () => void }) {
  const { field, keyId, onShowAll } = props;
  const parts = [field, keyId === '' ? '' : `those with the key ${keyId}`];
  return (
    <div className="line">
      <span>Only {parts.filter((part) => part !== '').join(', ')}</span>
      <button onClick={onShowAll}>Show all</button>
    </div>
  );
}

function AuditRow(props: {
  readonly entry: NonNullable<AuditLogQuery['auditLog']>['nodes'][number];
  readonly onField: (field: string) => void;
  readonly onKey: (id: string) => void;
}) {
  const { entry, onField, onKey } = props;
  const { at, field, apiKeyId, keyName, userId, result, requestId } = entry;
  return (
    <li>
      <div className="line">
        <TimeText time={at} style="second" />
        <button className="bare mono" onClick={() => onField(field)}>
          {field}
        </button>
        <span className={/Error$|^[A-Z_]+$/.test(result) ? 'badge red' : 'badge'}>{result}</span>
        {apiKeyId === null ? (
          <span className="quiet">{userId === null ? 'anonymous' : `by ${keyName}`}</span>
        ) : (
          <button className="bare" onClick={() => onKey(apiKeyId)}>
            by {keyName}
          </button>
        )}
      </div>
      <details>
        <summary>Details</summary>
        <pre tabIndex={0} aria-label={`Arguments of ${field}`}>
          {JSON.stringify(entry.arguments, null, 2)}
        </pre>
        {requestId === null ? null : <p className="quiet mono">request {requestId}</p>}
      </details>
    </li>
  );
}
