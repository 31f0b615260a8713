import { useEffect, useRef } from 'react';
import { Link, Route, Switch, useLocation, useSearchParams } from 'wouter';
import { useApi } from './api/api.ts';
import { useStore } from './api/store.ts';
import { Account } from './account.tsx';
import { ConnectionMark } from './connection-mark.tsx';
import { ErrorBoundary } from './error-boundary.tsx';
import { KeyDialog } from './key-dialog.tsx';
import { AuditPage } from './access/audit-page.tsx';
import { KeysPage } from './access/keys-page.tsx';
import { AddPage } from './add/add-page.tsx';
import { IncidentPage } from './incidents/incident-page.tsx';
import { IncidentsPage } from './incidents/incidents-page.tsx';
import { OpenCount } from './incidents/open-count.tsx';
import { MessagesPage } from './incidents/messages-page.tsx';
import { MetricPage } from './metric/metric-page.tsx';
import { Notice } from './parts/notice.tsx';
import { INCIDENT_PAGES, SERVER_PAGES } from './parts/pages.ts';
import { ViewButtons } from './parts/view-buttons.tsx';
import { MaintenancePage } from './rules/maintenance-page.tsx';
import { EditRulePage, NewRulePage } from './rules/editor/rule-editor.tsx';
import { RulesPage } from './rules/rules-page.tsx';
import { WallScreen } from './screen/wall-screen.tsx';
import { ServerPage } from './server/server-page.tsx';
import { SavedButton } from './saved/saved-button.tsx';
import { SearchButton } from './search/search-button.tsx';
import { UnmonitoredPage } from './unmonitored/unmonitored-page.tsx';
import { WallPage } from './wall/wall-page.tsx';

const PLACES = [
  ['/', 'Overview'],
  ['/incidents', 'Incidents'],
  ['/add', 'Add'],
  ['/server', 'Server'],
] as const;
/** Nobody presses a button there. */
const SCREEN_RETRY_MS = 30_000;
const TITLED = [...INCIDENT_PAGES, ...SERVER_PAGES];

/** What is around everything: where one is, whether it is live, and the page itself below. */
export function Frame() {
  const [path] = useLocation();
  const [params] = useSearchParams();
  const { key } = useApi();
  const isKeyWanted = useStore(key.wanted);
  useEffect(() => {
    const page = TITLED.find(([to]) => to === path) ?? PLACES.find(([to]) => isAt(path, to));
    // A metric, a rule and an incident give their own.
    if (!['/metric/', '/rules/', '/incidents/'].some((start) => path.startsWith(start)))
      document.title = page === undefined ? 'Lapwing' : `${page[1]} · Lapwing`;
  }, [path]);
  useFocusOnContent(path);
  if (path === '/' && params.get('wall') === '1') {
    return (
      <ErrorBoundary place="wall screen" retryMs={SCREEN_RETRY_MS}>
        <WallScreen />
      </ErrorBoundary>
    );
  }
  return (
    <div className="frame">
      <header>
        <a className="skip" href="#content">
          Skip to main content
        </a>
        <Link href="/" className="brand">
          <img src="/favicon.svg" width="22" height="22" alt="" />
          Lapwing
        </Link>
        <nav aria-label="Main">
          {PLACES.map(([to, name]) => (
            <Link key={to} href={to} aria-current={isAt(path, to) ? 'page' : undefined}>
              {name}
              {to === '/incidents' ? <OpenCount /> : null}
            </Link>
          ))}
        </nav>
        <SearchButton />
        <SavedButton />
        <ConnectionMark />
        <ViewButtons />
        <Account />
      </header>
      <main id="content" tabIndex={-1}>
        <ErrorBoundary place={path}>
          <Views />
        </ErrorBoundary>
      </main>
      {isKeyWanted ? <KeyDialog /> : null}
    </div>
  );
}

/**
 * What a link led to has the focus, so that the next Tab leads into it, and a screen reader reads it. A field of the new view
 * that took the focus keeps it.
 */
function useFocusOnContent(path: string): void {
  const shown = useRef(path);
  useEffect(() => {
    if (shown.current === path) return;
    shown.current = path;
    const content = document.getElementById('content');
    if (content?.contains(document.activeElement) === false) content.focus({ preventScroll: true });
  }, [path]);
}

/** What is shown at which address. */
function Views() {
  return (
    <Switch>
      <Route path="/" component={WallPage} />
      <Route path="/metric/:id">{({ id }) => <MetricPage key={id} id={decode(id)} />}</Route>
      <Route path="/incidents" component={IncidentsPage} />
      <Route path="/incidents/:id">{({ id }) => <IncidentPage key={id} id={decode(id)} />}</Route>
      <Route path="/unmonitored" component={UnmonitoredPage} />
      <Route path="/rules" component={RulesPage} />
      <Route path="/rules/new" component={NewRulePage} />
      <Route path="/rules/:id">{({ id }) => <EditRulePage key={id} id={decode(id)} />}</Route>
      <Route path="/maintenance" component={MaintenancePage} />
      <Route path="/messages" component={MessagesPage} />
      <Route path="/add/:flow?">{({ flow }) => <AddPage flow={flow ?? 'sources'} />}</Route>
      <Route path="/server" component={ServerPage} />
      <Route path="/server/keys" component={KeysPage} />
      <Route path="/server/audit" component={AuditPage} />
      <Route>
        <Notice title="Page not found.">
          <Link href="/">To the overview</Link>
        </Notice>
      </Route>
    </Switch>
  );
}

/** What a person put into the address may be no encoding of anything: then it is the id of nothing. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function isAt(path: string, to: string): boolean {
  if (to === '/incidents') return INCIDENT_PAGES.some(([page]) => path.startsWith(page));
  if (to !== '/') return path.startsWith(to);
  return path === '/' || path === '/unmonitored' || path.startsWith('/metric/');
}
