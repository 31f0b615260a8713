import { Link } from 'wouter';

/** Between incidents and the rules that make them. */
export function IncidentTabs({ here }: { readonly here: 'incidents' | 'rules' }) {
  return (
    <div className="line">
      <h1>{here === 'incidents' ? 'Incidents' : 'Rules'}</h1>
      <nav className="line" aria-label="Incidents and rules">
        {here === 'incidents' ? <Link href="/rules">Rules</Link> : <Link href="/incidents">Incidents</Link>}
      </nav>
    </div>
  );
}
