import { useId, useMemo, useState } from 'react';
import type { Weekday } from '../generated/graphql.ts';
import { ChoiceField, TextField } from '../parts/form-field.tsx';
import { nameZone, readClock, writeClock } from '../parts/format-time.ts';
import { useZone, type Zone } from '../parts/preferences.ts';
import { type Window, WEEKDAYS } from './windows.ts';
import { listZones, ownZone } from './zones.ts';
import { serverClock } from '../api/server-clock.ts';

const HOUR_MS = 3_600_000;
const SPANS = [
  ['1 hour', HOUR_MS],
  ['4 hours', 4 * HOUR_MS],
  ['1 day', 24 * HOUR_MS],
] as const;
const KINDS = [
  ['ONCE', 'once'],
  ['WEEKLY', 'every week'],
  ['HOLIDAYS', 'on holidays'],
] as const;

/** A window to be added: from now on for a while by one press, once, every week, or on holidays. */
export function WindowForm({ onAdd }: { readonly onAdd: (window: Window) => void }) {
  const [kind, setKind] = useState<(typeof KINDS)[number][0]>('ONCE');
  const label = useId();
  return (
    <fieldset className="channel stack" aria-labelledby={label}>
      <legend className="only-heard" id={label}>
        New maintenance window
      </legend>
      <div className="line">
        <span>Start now for</span>
        {SPANS.map(([text, spanMs]) => (
          <button
            key={text}
            type="button"
            aria-label={`Start now for ${text}`}
            onClick={() => onAdd(spanFrom(serverClock.now(), spanMs))}
          >
            {text}
          </button>
        ))}
      </div>
      <div className="fields">
        <ChoiceField at="" label="Schedule" choices={KINDS} value={kind} onChange={setKind} />
        {kind === 'ONCE' ? <OnceFields onAdd={onAdd} /> : null}
        {kind === 'WEEKLY' ? <WeeklyFields onAdd={onAdd} /> : null}
        {kind === 'HOLIDAYS' ? <HolidayFields onAdd={onAdd} /> : null}
      </div>
    </fieldset>
  );
}

/** In the zone that is shown, which is named. */
function OnceFields({ onAdd }: { readonly onAdd: (window: Window) => void }) {
  const zone = useZone();
  const [start, setStart] = useState(() => writeMinute(serverClock.now(), zone));
  const [end, setEnd] = useState(() => writeMinute(serverClock.now() + HOUR_MS, zone));
  const [startMs, endMs] = [readClock(start, zone), readClock(end, zone)];
  const isGood = startMs < endMs;
  return (
    <>
      <TextField
        at="start"
        label="Begins"
        hint={`by the clock of ${nameZone(zone)}`}
        type="datetime-local"
        value={start}
        onChange={setStart}
      />
      <TextField
        at="end"
        label="Ends"
        hint={isGood ? `by the clock of ${nameZone(zone)}` : 'It has to end after it begins.'}
        type="datetime-local"
        value={end}
        onChange={setEnd}
      />
      <AddButton
        isGood={isGood}
        onPress={() => onAdd({ start: writeTime(startMs), end: writeTime(endMs) })}
      />
    </>
  );
}

function WeeklyFields({ onAdd }: { readonly onAdd: (window: Window) => void }) {
  const [weekdays, setWeekdays] = useState<readonly Weekday[]>(['SATURDAY', 'SUNDAY']);
  const [from, setFrom] = useState('22:00');
  const [to, setTo] = useState('06:00');
  const [timeZone, setTimeZone] = useState(ownZone);
  const turn = (day: Weekday) =>
    setWeekdays(weekdays.includes(day) ? weekdays.filter((other) => other !== day) : [...weekdays, day]);
  const isGood = weekdays.length > 0 && from !== '' && to !== '' && isZone(timeZone);
  return (
    <>
      <div className="field" role="group" aria-label="Days it begins on">
        <span>Days it begins on</span>
        <div className="line">
          {WEEKDAYS.map(([day, text]) => (
            <label key={day} className="choice">
              <input type="checkbox" checked={weekdays.includes(day)} onChange={() => turn(day)} />
              {text}
            </label>
          ))}
        </div>
      </div>
      <TextField at="from" label="From" type="time" value={from} onChange={setFrom} />
      <TextField
        at="to"
        label="To"
        hint={to <= from ? 'on the next day' : ''}
        type="time"
        value={to}
        onChange={setTo}
      />
      <ZoneField timeZone={timeZone} onChange={setTimeZone} />
      <AddButton
        isGood={isGood}
        onPress={() => onAdd({ weekdays: [...weekdays], from, to, timeZone: timeZone.trim() })}
      />
    </>
  );
}

/** Dates as they are copied from elsewhere: separated by whatever it is. */
function HolidayFields({ onAdd }: { readonly onAdd: (window: Window) => void }) {
  const [text, setText] = useState('');
  const [timeZone, setTimeZone] = useState(ownZone);
  const dates = [...new Set(text.split(/[\s,;]+/).filter((date) => date !== ''))];
  const bad = dates.find((date) => !/^(\d{4}-)?\d{2}-\d{2}$/.test(date));
  return (
    <>
      <TextField
        at="dates"
        label="Days"
        hint={bad === undefined ? 'such as 2026-12-25, or 12-25 for every year' : `${bad} is no such day.`}
        value={text}
        onChange={setText}
      />
      <ZoneField timeZone={timeZone} onChange={setTimeZone} />
      <AddButton
        isGood={dates.length > 0 && bad === undefined && isZone(timeZone)}
        onPress={() => onAdd({ dates, timeZone: timeZone.trim() })}
      />
    </>
  );
}

function ZoneField(props: { readonly timeZone: string; readonly onChange: (timeZone: string) => void }) {
  const { timeZone, onChange } = props;
  const zones = useMemo(listZones, []);
  return (
    <TextField
      at="zone"
      label="Time zone"
      hint={isZone(timeZone) ? '' : 'The name of a zone such as Europe/Berlin.'}
      options={zones}
      value={timeZone}
      onChange={onChange}
    />
  );
}

function AddButton({ isGood, onPress }: { readonly isGood: boolean; readonly onPress: () => void }) {
  return (
    <div className="line">
      <button type="button" disabled={!isGood} onClick={onPress}>
        Add the window
      </button>
    </div>
  );
}

function isZone(name: string): boolean {
  try {
    Intl.DateTimeFormat('en', { timeZone: name.trim() });
    return name.trim() !== '';
  } catch {
    // What a browser throws for a name it does not know.
    return false;
  }
}

function spanFrom(startMs: number, spanMs: number): Window {
  return { start: writeTime(startMs), end: writeTime(startMs + spanMs) };
}

function writeTime(timeMs: number): string {
  return new Date(timeMs).toISOString();
}

/** As a field of date and time takes it, to the minute. */
function writeMinute(timeMs: number, zone: Zone): string {
  return writeClock(timeMs, zone).slice(0, 16);
}
