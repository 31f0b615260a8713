import { OpenIncident } from '../incidents/open-incidents.tsx';
import type { IncidentGroup } from '../incidents/group-incidents.ts';

/** More would leave no room for the rows; how many there are is the title of the screen. */
const MAX_SHOWN = 6;

/** Firing ones before those that recover. */
export function ScreenIncidents({ groups }: { readonly groups: readonly IncidentGroup[] }) {
  if (groups.length === 0) return null;
  const isFiring = ({ shown }: IncidentGroup) => (shown.state === 'FIRING' ? 0 : 1);
  const sorted = groups.toSorted((a, b) => isFiring(a) - isFiring(b));
  return (
    <section className="screen-incidents" aria-label="Open incidents">
      <ul>
        {sorted.slice(0, MAX_SHOWN).map(({ shown }) => (
          <OpenIncident key={shown.id} incident={shown} />
        ))}
      </ul>
      {sorted.length > MAX_SHOWN ? <p className="quiet">and {sorted.length - MAX_SHOWN} more</p> : null}
    </section>
  );
}
