import { useState } from 'react';
import { findProblem, useDo } from '../api/ask.ts';
import { useSubmit } from '../api/use-submit.ts';
import { AnnotateDocument } from '../generated/graphql.ts';
import { Notice } from '../parts/notice.tsx';
import type { Range } from './range.ts';
import { Labelled } from '../parts/form-field.tsx';
import { serverClock } from '../api/server-clock.ts';

/** A note on the resource, about the middle of the time that is shown, or about now while it follows. */
export function AnnotationForm(props: {
  readonly server: string;
  readonly range: Range;
  readonly onSaved: () => void;
}) {
  const { server, range, onSaved } = props;
  const annotate = useDo(AnnotateDocument);
  const [text, setText] = useState('');
  const [user, setUser] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const save = useSubmit(async () => {
    const isNow = serverClock.now() - range.toMs < 60_000;
    const timestamp = new Date(isNow ? serverClock.now() : (range.fromMs + range.toMs) / 2).toISOString();
    const input = { server, timestamp, message: text.trim(), user: user.trim(), device: 'page' };
    const found = findProblem(await annotate({ input }));
    setProblem(found);
    if (found !== null) return;
    setText('');
    onSaved();
  });
  return (
    <details className="card">
      <summary>Add annotation</summary>
      <form className="stack" onSubmit={save}>
        <div className="fields">
          <Labelled label="What happened">
            <input value={text} required onChange={({ target }) => setText(target.value)} />
          </Labelled>
          <Labelled label="Your name">
            <input value={user} required maxLength={255} onChange={({ target }) => setUser(target.value)} />
          </Labelled>
        </div>
        <p className="quiet">
          The annotation is placed at the current time, or at the centre of a fixed range.
        </p>
        <div className="line">
          <button>Save annotation</button>
        </div>
        {problem === null ? null : <Notice kind="problem">{problem}</Notice>}
      </form>
    </details>
  );
}
