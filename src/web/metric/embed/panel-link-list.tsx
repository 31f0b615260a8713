import { useId, useState } from 'react';
import { findProblem, useDo } from '../../api/ask.ts';
import { type PanelLinkFragment, RevokePanelLinkDocument } from '../../generated/graphql.ts';
import { useCopy } from '../../parts/copy-block.tsx';
import { formatSpan } from '../../parts/format-time.ts';
import { Notice } from '../../parts/notice.tsx';
import { TimeText } from '../../parts/time-text.tsx';

const HOUR_MS = 3_600_000;

/** The links there are, each to be copied again or revoked; nothing while there are none. */
export function PanelLinkList(props: {
  readonly links: readonly PanelLinkFragment[];
  readonly onRevoked: () => void;
}) {
  const { links, onRevoked } = props;
  const revoke = useDo(RevokePanelLinkDocument);
  const [problem, setProblem] = useState<string | null>(null);
  if (links.length === 0) return null;
  const revokeOne = async (id: string) => {
    setProblem(findProblem(await revoke({ input: { id } })));
    onRevoked();
  };
  return (
    <section className="stack" aria-label="Links">
      <h3>Links of this metric</h3>
      {problem === null ? null : <Notice kind="problem">{problem}</Notice>}
      <ul className="stack">
        {links.map((link) => (
          <PanelLinkRow key={link.id} link={link} onRevoke={() => void revokeOne(link.id)} />
        ))}
      </ul>
    </section>
  );
}

function PanelLinkRow({
  link,
  onRevoke,
}: {
  readonly link: PanelLinkFragment;
  readonly onRevoke: () => void;
}) {
  const { hours, theme, state, createdBy, createdAt, expiresAt, html } = link;
  const { notice, copy } = useCopy();
  const about = useId();
  const name = `${formatSpan(hours * HOUR_MS)}${theme === null ? '' : `, ${theme.toLowerCase()}`}`;
  return (
    <li className="line spread">
      <span id={about}>
        <strong>{name}</strong>{' '}
        <span className="quiet">
          by {createdBy}, <TimeText time={createdAt} />
          {expiresAt === null ? null : (
            <>
              {' '}
              · expires <TimeText time={expiresAt} />
            </>
          )}
          {state === 'CREATOR_REVOKED' ? ' · shows nothing: who made it may not any more' : ''}
        </span>
      </span>
      <span className="line">
        <span className="quiet" role="status">
          {notice}
        </span>
        <button onClick={() => void copy(html)} aria-label={`Copy HTML of ${name}`} aria-describedby={about}>
          Copy HTML
        </button>
        <button
          className="bare danger"
          onClick={onRevoke}
          aria-label={`Revoke ${name}`}
          aria-describedby={about}
        >
          Revoke
        </button>
      </span>
    </li>
  );
}
