import { useEffect, useRef, useState } from 'react';
import type { ChannelKind } from '../../generated/graphql.ts';
import { ChoiceField, TextField } from '../../parts/form-field.tsx';
import { CHANNEL_KINDS, type ChannelDraft, listFields, NEW_CHANNEL } from './channel-draft.ts';

const MAX_CHANNELS = 10;
/** Added by one press; the others are chosen from the list. */
const QUICK_KINDS = [
  ['SLACK', 'Slack'],
  ['EMAIL', 'E-mail'],
  ['PAGERDUTY', 'PagerDuty'],
] as const satisfies readonly (readonly [ChannelKind, string])[];

/** Where messages go. What a channel knows is never read back: one that is kept can only be taken away. */
export function ChannelList(props: {
  readonly channels: readonly ChannelDraft[];
  readonly onChange: (channels: readonly ChannelDraft[]) => void;
}) {
  const { channels, onChange } = props;
  const [first, setFirst] = useState<'input' | 'select'>('input');
  const change = (place: number, part: Partial<ChannelDraft>) =>
    onChange(channels.map((channel, index) => (index === place ? { ...channel, ...part } : channel)));
  return (
    <>
      {channels.length === 0 ? (
        <p className="quiet">No channels: incidents are recorded, nobody is notified.</p>
      ) : null}
      {channels.map((channel, place) => (
        <fieldset key={channel.keptId ?? place} className="channel line spread removable">
          <legend className="only-heard">Channel {place + 1}</legend>
          {channel.keptId === null ? (
            <ChannelFields
              at={`channels.${place}`}
              channel={channel}
              first={first}
              onChange={(part) => change(place, part)}
            />
          ) : (
            <span>
              <span className="badge">{channel.kind.toLowerCase()}</span> {channel.target}
            </span>
          )}
          <button
            type="button"
            aria-label={`Take channel ${place + 1} away`}
            onClick={() => onChange(channels.filter((_, index) => index !== place))}
          >
            ✕
          </button>
        </fieldset>
      ))}
      <div className="line" role="group" aria-label="Add a channel">
        {QUICK_KINDS.map(([kind, name]) => (
          <button
            key={kind}
            type="button"
            disabled={channels.length >= MAX_CHANNELS}
            onClick={() => {
              setFirst('input');
              onChange([...channels, { ...NEW_CHANNEL, kind }]);
            }}
          >
            + {name}
          </button>
        ))}
        <button
          type="button"
          disabled={channels.length >= MAX_CHANNELS}
          onClick={() => {
            setFirst('select');
            onChange([...channels, NEW_CHANNEL]);
          }}
        >
          Add channel
        </button>
      </div>
    </>
  );
}

function ChannelFields(props: {
  readonly at: string;
  readonly channel: ChannelDraft;
  /** What is filled in first, and has the focus: its kind, or what follows where the kind was chosen by the button. */
  readonly first: 'input' | 'select';
  readonly onChange: (part: Partial<ChannelDraft>) => void;
}) {
  const { at, channel, first, onChange } = props;
  const place = useRef<HTMLDivElement>(null);
  const [wanted] = useState(first);
  useEffect(() => place.current?.querySelector<HTMLElement>(wanted)?.focus(), [wanted]);
  return (
    <div className="fields" ref={place}>
      <ChoiceField
        at={`${at}.kind`}
        label="Channel"
        choices={CHANNEL_KINDS}
        value={channel.kind}
        onChange={(kind) => onChange({ kind })}
      />
      {listFields(channel.kind).map(({ of, at: place, isOptional = false, ...words }) => (
        <TextField
          key={place}
          {...words}
          at={place === '' ? at : `${at}.${place}`}
          isRequired={!isOptional}
          value={channel[of]}
          onChange={(value) => onChange({ [of]: value })}
        />
      ))}
    </div>
  );
}
