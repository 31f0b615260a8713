import { type DragEvent, useState } from 'react';
import { useDo } from '../api/ask.ts';
import { ImportModelsDocument } from '../generated/graphql.ts';
import { Notice } from '../parts/notice.tsx';
import { ExportCard } from './export-card.tsx';
import { ItemResults } from './item-results.tsx';
import { readModels } from './read-models.ts';
import { useItems, type Work } from './use-items.ts';

/** A file of models, chosen or dropped, becomes monitored metrics one by one; and the way back. */
export function TransferFlow() {
  const importModels = useDo(ImportModelsDocument);
  const { items, isWorking, begin } = useItems();
  const [problem, setProblem] = useState<string | null>(null);
  const [isOver, setOver] = useState(false);
  const read = async (file: File | undefined) => {
    setOver(false);
    if (file === undefined || isWorking) return;
    try {
      const models = readModels(await file.text());
      setProblem(null);
      await begin(models.map(({ title, model }, index) => describeWork(title, model, index)));
    } catch (error) {
      setProblem(`${file.name}: ${error instanceof Error ? error.message : 'it cannot be read'}`);
    }
  };
  const describeWork = (title: string, model: unknown, index: number): Work => ({
    key: String(index),
    title,
    run: async () => {
      const outcome = await importModels({ input: { models: [model] } });
      if ('problem' in outcome) return outcome;
      const [result] = outcome.data.importModels.results;
      if (result?.error != null) return { problem: result.error.message };
      return { text: result?.created === true ? 'is monitored now' : 'was monitored already' };
    },
  });
  const onDrop = (event: DragEvent) => {
    event.preventDefault();
    void read(event.dataTransfer.files[0]);
  };
  return (
    <div className="stack">
      <section className="card stack" aria-label="Import">
        <h2>Import</h2>
        <label
          className="drop"
          data-over={isOver}
          onDragOver={(event) => {
            event.preventDefault();
            setOver(true);
          }}
          onDragLeave={() => setOver(false)}
          onDrop={onDrop}
        >
          <span>Drop a file here, or choose one</span>
          <input
            type="file"
            accept=".json,.ndjson,application/json"
            disabled={isWorking}
            onChange={({ target }) => {
              void read(target.files?.[0]);
              target.value = '';
            }}
          />
          <span className="quiet">Accepts exports of Lapwing and HTM-IT. Importing twice is safe.</span>
        </label>
        {problem === null ? null : <Notice kind="problem">{problem}</Notice>}
        <ItemResults items={items} label="What became of the models" />
      </section>
      <ExportCard />
    </div>
  );
}
