import { ChoiceField, TextField } from '../parts/form-field.tsx';
import { CHANNEL_KINDS, type ChannelDraft, NEW_CHANNEL, targetPath } from './channel-draft.ts';

const MAX_CHANNELS = 10;

/** Where messages go. What a channel knows is never read back: one that is kept can only be taken away. */
export function ChannelList(props: {
  readonly channels: readonly ChannelDraft[];
  readonly onChange: (channels: readonly ChannelDraft[]) => void;
}) {
  const { channels, onChange } = props;
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
      <div className="line">
        <button
          type="button"
          disabled={channels.length >= MAX_CHANNELS}
          onClick={() => onChange([...channels, NEW_CHANNEL])}
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
  readonly onChange: (part: Partial<ChannelDraft>) => void;
}) {
  const { at, channel, onChange } = props;
  const { kind, target, secret } = channel;
  const isMail = kind === 'EMAIL';
  return (
    <div className="fields">
      <ChoiceField
        at={`${at}.kind`}
        label="Channel"
        choices={CHANNEL_KINDS}
        value={kind}
        onChange={(next) => onChange({ kind: next })}
      />
      <TextField
        // Without a mail server it is the channel as a whole that is refused.
        at={isMail ? at : `${at}.${targetPath(channel)}`}
        label={isMail ? 'E-mail addresses (comma-separated)' : 'URL'}
        isRequired
        value={target}
        onChange={(next) => onChange({ target: next })}
      />
      {kind === 'WEBHOOK' ? (
        <TextField
          at={`${at}.webhook.secret`}
          label="Signing secret"
          hint="16 to 256 characters. It is never shown again."
          type="password"
          isRequired
          value={secret}
          onChange={(next) => onChange({ secret: next })}
        />
      ) : null}
    </div>
  );
}
