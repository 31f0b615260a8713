import { useState } from 'react';
import { describeError, findProblem, useAsk, useDo } from '../../api/ask.ts';
import { useSubmit } from '../../api/use-submit.ts';
import {
  CreatePanelLinkDocument,
  type PanelLinkFragment,
  PanelLinksDocument,
  type PanelTheme,
} from '../../generated/graphql.ts';
import { CopyBlock } from '../../parts/copy-block.tsx';
import { ChoiceField } from '../../parts/form-field.tsx';
import { Modal } from '../../parts/modal.tsx';
import { Notice } from '../../parts/notice.tsx';
import { PanelLinkList } from './panel-link-list.tsx';
import { serverClock } from '../../api/server-clock.ts';

const SPANS = [
  ['1', '1 hour'],
  ['6', '6 hours'],
  ['24', '1 day'],
  ['72', '3 days'],
  ['168', '1 week'],
  ['336', '2 weeks'],
] as const;
const DAYS = [
  ['', 'Never'],
  ['1', 'In 1 day'],
  ['7', 'In 1 week'],
  ['30', 'In 30 days'],
  ['365', 'In 1 year'],
] as const;
const THEMES = [
  ['', 'As the device'],
  ['LIGHT', 'Light'],
  ['DARK', 'Dark'],
] as const satisfies readonly (readonly [PanelTheme | '', string])[];
const DAY_MS = 86_400_000;

/** Makes links that show the chart in other pages, and lists those there are. */
export function EmbedDialog(props: { readonly metricId: string; readonly onClose: () => void }) {
  const { metricId, onClose } = props;
  const { data, error, askAgain } = useAsk(PanelLinksDocument, { metricId }, { policy: 'network-only' });
  const create = useDo(CreatePanelLinkDocument);
  const [hours, setHours] = useState<(typeof SPANS)[number][0]>('24');
  const [days, setDays] = useState<(typeof DAYS)[number][0]>('');
  const [theme, setTheme] = useState<PanelTheme | ''>('');
  const [made, setMade] = useState<PanelLinkFragment | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const submit = useSubmit(async () => {
    const input = {
      metricId,
      hours: Number(hours),
      theme: theme === '' ? null : theme,
      expiresAt: days === '' ? null : new Date(serverClock.now() + Number(days) * DAY_MS).toISOString(),
    };
    const outcome = await create({ input });
    setProblem(findProblem(outcome));
    const link = 'data' in outcome ? outcome.data.createPanelLink : null;
    if (link !== null && 'html' in link) setMade(link);
    askAgain();
  });
  return (
    <Modal title="Embed" onClose={onClose}>
      <p className="quiet">
        A link shows this chart, live, to anybody who has it, without a key, until it is revoked or expires.
      </p>
      {data === undefined ? null : <EmbedOrigins origins={data.serverInfo.embedOrigins} />}
      <form className="stack" onSubmit={submit}>
        <div className="fields">
          <ChoiceField
            at="input.hours"
            label="Time range"
            choices={SPANS}
            value={hours}
            onChange={setHours}
          />
          <ChoiceField at="input.expiresAt" label="Expires" choices={DAYS} value={days} onChange={setDays} />
          <ChoiceField at="input.theme" label="Theme" choices={THEMES} value={theme} onChange={setTheme} />
        </div>
        <div className="line">
          <button className="main">Create link</button>
        </div>
      </form>
      {problem === null ? null : <Notice kind="problem">{problem}</Notice>}
      {made === null ? null : <Snippets link={made} />}
      {error === undefined ? null : <Notice kind="problem">{describeError(error)}</Notice>}
      <PanelLinkList links={data?.panelLinks.nodes ?? []} onRevoked={askAgain} />
      <div className="line">
        <button onClick={onClose}>Close</button>
      </div>
    </Modal>
  );
}

/** Who may put it into a page: a snippet that shows nothing would be a riddle. */
function EmbedOrigins({ origins }: { readonly origins: readonly string[] }) {
  if (origins.includes('*')) return <p className="quiet">Any page may embed it.</p>;
  if (origins.length > 0) {
    return <p className="quiet">Pages of {origins.join(', ')} and of this server may embed it.</p>;
  }
  return (
    <Notice kind="warning">
      <p>
        Pages of other sites may not embed it: <code>LAPWING_EMBED_ORIGINS</code> of the server lists none.
        The link by itself works.
      </p>
    </Notice>
  );
}

function Snippets({ link }: { readonly link: PanelLinkFragment }) {
  return (
    <div className="stack" role="group" aria-label="New link">
      <CopyBlock title="HTML" text={link.html} />
      <CopyBlock title="Address" text={link.url} />
    </div>
  );
}
