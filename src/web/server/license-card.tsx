import type { ServerQuery } from '../generated/graphql.ts';
import { TimeText } from '../parts/time-text.tsx';

const WORDS = { OK: '● OK', WARNING: '◆ ends soon', ERROR: '▲ not valid' } as const;
const STYLES = { OK: 'badge normal', WARNING: 'badge yellow', ERROR: 'badge red' } as const;

/** How much may be monitored, how much is, and what the licence says. */
export function LicenseCard({ info }: { readonly info: ServerQuery['serverInfo'] }) {
  const { license, resources, resourceLimit, metrics } = info;
  return (
    <section className="card stack" aria-label="Quota and licence">
      <div className="line spread">
        <h2>Quota and licence</h2>
        <span className={STYLES[license.status]}>{WORDS[license.status]}</span>
      </div>
      <dl className="facts">
        <dt>Monitored resources</dt>
        <dd>
          {resources.toLocaleString('en')} resources
          {resourceLimit === null ? ' (no limit)' : ` of ${resourceLimit.toLocaleString('en')}`}
        </dd>
        <dt>Metrics</dt>
        <dd>{metrics.toLocaleString('en')} known</dd>
        <dt>Licence</dt>
        <dd>
          {license.holder ?? 'Not required'}
          {license.expires === null ? null : (
            <>
              , until <TimeText time={license.expires} style="day" /> ({license.restDays} days)
            </>
          )}
        </dd>
      </dl>
      {resourceLimit === null ? null : (
        <progress
          value={resources}
          max={Math.max(1, resourceLimit)}
          aria-label="Part of the quota that is used"
        />
      )}
      {[...license.errors, ...license.warnings].map((text) => (
        <p key={text}>{text}</p>
      ))}
    </section>
  );
}
