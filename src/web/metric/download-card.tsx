import { useState } from 'react';
import { type Outcome, useAskOnce } from '../api/ask.ts';
import { ArchiveLinkDocument, type DownloadFormat, SamplesLinkDocument } from '../generated/graphql.ts';
import { Notice } from '../parts/notice.tsx';
import { saveFile } from '../parts/save-file.ts';
import type { Range } from './range.ts';
import { Labelled, Select } from '../parts/form-field.tsx';

const FORMATS = [
  ['CSV', 'CSV'],
  ['NDJSON', 'NDJSON'],
  ['MSGPACK', 'MessagePack'],
] as const satisfies readonly (readonly [DownloadFormat, string])[];

/** The metric's samples, or everything about it, as a file. The server writes it while the browser takes it. */
export function DownloadCard(props: { readonly id: string; readonly range: Range }) {
  const { id, range } = props;
  const [format, setFormat] = useState<DownloadFormat>('CSV');
  const [isAll, setAll] = useState(false);
  const [comment, setComment] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const askSamples = useAskOnce(SamplesLinkDocument);
  const askArchive = useAskOnce(ArchiveLinkDocument);
  const fetchFile = <Data,>(outcome: Outcome<Data>, readUrl: (data: Data) => string) => {
    if ('problem' in outcome) setProblem(outcome.problem);
    else {
      setProblem(null);
      saveFile(readUrl(outcome.data));
    }
  };
  const fetchSamples = async () => {
    const time = { from: new Date(range.fromMs).toISOString(), to: new Date(range.toMs).toISOString() };
    const filter = { metricIds: [id], ...(isAll ? {} : time) };
    const outcome = await askSamples({ filter, format, unscored: true });
    fetchFile(outcome, ({ metricDataDownload }) => metricDataDownload.url);
  };
  const fetchArchive = async () => {
    const outcome = await askArchive({ id, comment: comment.trim() === '' ? null : comment.trim() });
    fetchFile(outcome, ({ exportMetricArchive }) => exportMetricArchive.url);
  };
  return (
    <details className="card">
      <summary>Export data</summary>
      <div className="stack">
        <div className="fields">
          <Labelled label="Samples as">
            <Select choices={FORMATS} value={format} onChange={setFormat} />
          </Labelled>
          <Labelled label="Time range">
            <select value={isAll ? 'all' : 'shown'} onChange={({ target }) => setAll(target.value === 'all')}>
              <option value="shown">Visible range</option>
              <option value="all">All data</option>
            </select>
          </Labelled>
        </div>
        <div className="line">
          <button onClick={() => void fetchSamples()}>Download samples</button>
        </div>
        <Labelled label="Comment (optional)">
          <input value={comment} maxLength={2000} onChange={({ target }) => setComment(target.value)} />
        </Labelled>
        <div className="line">
          <button onClick={() => void fetchArchive()}>Download the archive</button>
          <span className="quiet">Settings, labels, annotations, and all samples and scores.</span>
        </div>
        {problem === null ? null : <Notice kind="problem">{problem}</Notice>}
      </div>
    </details>
  );
}
