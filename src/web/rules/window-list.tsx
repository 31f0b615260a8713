import { isAbout, ProblemContext } from '../parts/field-problem.ts';
import { useZone } from '../parts/preferences.ts';
import { WindowForm } from './window-form.tsx';
import { describeWindow, placeWindow, type Window } from './windows.ts';
import { useContext } from 'react';
import { serverClock } from '../api/server-clock.ts';

const PLACES = { now: 'badge yellow', later: 'badge', over: 'badge' } as const;

/** The windows of a rule that is edited. */
export function WindowList(props: {
  readonly windows: readonly Window[];
  readonly onChange: (windows: readonly Window[]) => void;
}) {
  const { windows, onChange } = props;
  const problem = useContext(ProblemContext);
  return (
    <>
      <ul className="stack" aria-label="Maintenance windows">
        {windows.map((window, place) => (
          <li key={JSON.stringify(window)} className="line spread removable">
            <WindowText window={window} />
            {isAbout(problem, `maintenanceWindows.${place}`) ? (
              <span className="refused">{problem.text}</span>
            ) : null}
            <button
              type="button"
              aria-label={`Take window ${place + 1} away`}
              onClick={() => onChange(windows.filter((_, index) => index !== place))}
            >
              ✕
            </button>
          </li>
        ))}
      </ul>
      <WindowForm onAdd={(window) => onChange([...windows, window])} />
    </>
  );
}

/** When it is, by whose clock, and whether it is now. */
export function WindowText({ window }: { readonly window: Window }) {
  const zone = useZone();
  const place = placeWindow(window, serverClock.now());
  return (
    <span>
      {place === 'later' ? null : <span className={PLACES[place]}>{place === 'now' ? '◆ now' : 'over'}</span>}{' '}
      {describeWindow(window, zone)}
    </span>
  );
}
