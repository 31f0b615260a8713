/** Works on a list of items one after the other, and reports progress. */
import { useCallback, useRef, useState } from 'react';
import type { Item } from './item-results.tsx';

export interface Work {
  readonly key: string;
  readonly title: string;
  /** @returns what came of it; a problem when it failed */
  readonly run: () => Promise<{ readonly text: string } | { readonly problem: string }>;
}

export interface ItemsState {
  readonly items: readonly Item[];
  readonly isWorking: boolean;
  /** Begins; what went before is forgotten. */
  readonly begin: (work: readonly Work[]) => Promise<void>;
}

export function useItems(): ItemsState {
  const [items, setItems] = useState<readonly Item[]>([]);
  const [isWorking, setWorking] = useState(false);
  const turn = useRef(0);
  const begin = useCallback(async (work: readonly Work[]) => {
    const mine = (turn.current += 1);
    const change = (key: string, part: Partial<Item>) =>
      setItems((old) => old.map((item) => (item.key === key ? { ...item, ...part } : item)));
    setItems(work.map(({ key, title }) => ({ key, title, state: 'waiting', text: '' })));
    setWorking(true);
    for (const { key, run } of work) {
      if (mine !== turn.current) return;
      change(key, { state: 'working' });
      const outcome = await run();
      if ('problem' in outcome) change(key, { state: 'failed', text: outcome.problem });
      else change(key, { state: 'done', text: outcome.text });
    }
    setWorking(false);
  }, []);
  return { items, isWorking, begin };
}
