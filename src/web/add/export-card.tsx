import { useState } from 'react';
import { useAskOnce } from '../api/ask.ts';
import { ExportModelsDocument, MonitoredIdsDocument, type MonitoredIdsQuery } from '../generated/graphql.ts';
import { Notice } from '../parts/notice.tsx';
import { saveFile } from '../parts/save-file.ts';

type NoticeState = { readonly kind: 'plain' | 'done' | 'problem'; readonly text: string } | null;

/** All monitored metrics, as one file. */
export function ExportCard() {
  const askIds = useAskOnce(MonitoredIdsDocument);
  const askModels = useAskOnce(ExportModelsDocument);
  const [notice, setNotice] = useState<NoticeState>(null);
  const listIds = async (): Promise<readonly string[]> => {
    const ids: string[] = [];
    let after: string | null = null;
    for (;;) {
      const outcome: Awaited<ReturnType<typeof askIds>> = await askIds({ after });
      if ('problem' in outcome) throw new Error(outcome.problem);
      const page: NonNullable<MonitoredIdsQuery['metrics']> = outcome.data.metrics;
      ids.push(...page.nodes.filter(({ status }) => status !== 'UNMONITORED').map(({ id }) => id));
      if (!page.pageInfo.hasNextPage) return ids;
      after = page.pageInfo.endCursor;
    }
  };
  const exportAll = async () => {
    try {
      const ids = await listIds();
      const models: string[] = [];
      for (const [at, id] of ids.entries()) {
        setNotice({ kind: 'plain', text: `${at} of ${ids.length} metrics read …` });
        // Its samples come along, and the server has room for so many in one answer.
        const outcome = await askModels({ ids: [id] });
        if ('problem' in outcome) throw new Error(outcome.problem);
        models.push(...(outcome.data.exportModels ?? []).map((model) => JSON.stringify(model)));
      }
      save(`[\n${models.join(',\n')}\n]\n`);
      setNotice({ kind: 'done', text: `${models.length} metrics are in the file.` });
    } catch (error) {
      setNotice({ kind: 'problem', text: error instanceof Error ? error.message : String(error) });
    }
  };
  return (
    <section className="card stack" aria-label="Export">
      <h2>Export</h2>
      <p className="quiet">
        All monitored metrics with their data, as JSON. For large installations use{' '}
        <code>lapwing export</code>.
      </p>
      <div className="line">
        <button disabled={notice?.kind === 'plain'} onClick={() => void exportAll()}>
          Export everything
        </button>
      </div>
      {notice === null ? null : <Notice kind={notice.kind}>{notice.text}</Notice>}
    </section>
  );
}

function save(text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
  saveFile(url, `lapwing-${new Date().toISOString().slice(0, 10)}.json`);
  URL.revokeObjectURL(url);
}
