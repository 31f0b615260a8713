import { type SubmitEvent, useState } from 'react';
import { findProblem, useDo } from '../api/ask.ts';
import { CreateRuleDocument, type NotificationChannelInput } from '../generated/graphql.ts';
import { Notice } from '../parts/notice.tsx';

const KINDS = [
  ['NONE', 'nobody: only keep incidents'],
  ['WEBHOOK', 'a webhook'],
  ['SLACK', 'Slack'],
  ['EMAIL', 'e-mail'],
  ['ALERTMANAGER', 'an Alertmanager'],
] as const;
type Kind = (typeof KINDS)[number][0];

/** A new rule: the few things most rules differ in. The API knows more. */
export function RuleForm({ onMade }: { readonly onMade: () => void }) {
  const [name, setName] = useState('');
  const [pattern, setPattern] = useState('');
  const [sensitivity, setSensitivity] = useState('0.99999');
  const [kind, setKind] = useState<Kind>('NONE');
  const [target, setTarget] = useState('');
  const [secret, setSecret] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const create = useDo(CreateRuleDocument);
  const save = async (event: SubmitEvent) => {
    event.preventDefault();
    const channel = describeChannel(kind, target.trim(), secret);
    const outcome = await create({
      input: {
        name: name.trim(),
        sensitivity: Number(sensitivity),
        ...(pattern.trim() === '' ? {} : { scope: { namePattern: pattern.trim() } }),
        channels: channel === null ? [] : [channel],
      },
    });
    const found = findProblem(outcome);
    setProblem(found);
    if (found === null) onMade();
  };
  return (
    <form className="card stack" aria-label="New rule" onSubmit={(event) => void save(event)}>
      <div className="fields">
        <label className="field">
          <span>Name of the rule</span>
          <input value={name} required maxLength={100} onChange={({ target: { value } }) => setName(value)} />
        </label>
        <label className="field">
          <span>Metrics named (empty for every one)</span>
          <input
            value={pattern}
            placeholder="shop.*"
            onChange={({ target: { value } }) => setPattern(value)}
          />
        </label>
        <label className="field">
          <span>As seldom as</span>
          <select value={sensitivity} onChange={({ target: { value } }) => setSensitivity(value)}>
            <option value="0.9999">1 in 10,000 (yellow)</option>
            <option value="0.99999">1 in 100,000 (red)</option>
            <option value="0.999999">1 in 1,000,000</option>
          </select>
        </label>
        <label className="field">
          <span>Tell</span>
          <select
            value={kind}
            onChange={({ target: { value } }) =>
              setKind(KINDS.find(([known]) => known === value)?.[0] ?? 'NONE')
            }
          >
            {KINDS.map(([value, text]) => (
              <option key={value} value={value}>
                {text}
              </option>
            ))}
          </select>
        </label>
        {kind === 'NONE' ? null : (
          <label className="field">
            <span>{kind === 'EMAIL' ? 'Addresses, commas between' : 'Its URL'}</span>
            <input
              type={kind === 'EMAIL' ? 'text' : 'url'}
              value={target}
              required
              onChange={({ target: { value } }) => setTarget(value)}
            />
          </label>
        )}
        {kind === 'WEBHOOK' ? (
          <label className="field">
            <span>Secret to sign with, 16 characters or more</span>
            <input
              type="password"
              autoComplete="new-password"
              value={secret}
              required
              minLength={16}
              maxLength={256}
              onChange={({ target: { value } }) => setSecret(value)}
            />
          </label>
        ) : null}
      </div>
      <div className="line">
        <button className="main">Save the rule</button>
      </div>
      {problem === null ? null : <Notice kind="problem">{problem}</Notice>}
    </form>
  );
}

function describeChannel(kind: Kind, target: string, secret: string): NotificationChannelInput | null {
  switch (kind) {
    case 'WEBHOOK':
      return { webhook: { url: target, secret } };
    case 'SLACK':
      return { slack: { url: target } };
    case 'ALERTMANAGER':
      return { alertmanager: { url: target } };
    case 'EMAIL':
      return { email: { to: target.split(',').map((address) => address.trim()) } };
    case 'NONE':
      return null;
  }
}
