/** A span of intervals that is chosen on the timeline; in the address, so that a link shows the same. */
import { useCallback, useMemo, useState } from 'react';
import { useUrlState } from '../../parts/url-state.ts';

export interface Span {
  readonly fromMs: number;
  /** Does not belong to it. */
  readonly toMs: number;
}

export interface Brush {
  /** What is chosen, or being chosen. */
  readonly span: Span | null;
  /** What is chosen; it does not change before the pointer is let go. */
  readonly chosen: Span | null;
  /** Begins at an interval; with `extend` what is chosen is made to reach it. */
  readonly begin: (start: number, extend: boolean) => void;
  readonly move: (start: number) => void;
  readonly end: () => void;
  /** Chooses a span as a whole. */
  readonly choose: (span: Span) => void;
  readonly clear: () => void;
}

/** @param widthMs of an interval */
export function useBrush(widthMs: number): Brush {
  const [text, setText] = useUrlState('span');
  const chosen = useMemo(() => readSpan(text), [text]);
  const [dragged, setDragged] = useState<{ readonly first: number; readonly last: number } | null>(null);
  const cover = useCallback(
    ({ first, last }: { readonly first: number; readonly last: number }): Span => ({
      fromMs: Math.min(first, last),
      toMs: Math.max(first, last) + widthMs,
    }),
    [widthMs],
  );
  const begin = (start: number, extend: boolean) => {
    const first =
      extend && chosen !== null && start < chosen.fromMs ? chosen.toMs - widthMs : (chosen?.fromMs ?? start);
    setDragged({ first: extend ? first : start, last: start });
  };
  const move = (start: number) => setDragged((old) => (old === null ? null : { ...old, last: start }));
  const end = () => {
    if (dragged === null) return;
    setText(writeSpan(cover(dragged)));
    setDragged(null);
  };
  return {
    span: dragged === null ? chosen : cover(dragged),
    chosen,
    begin,
    move,
    end,
    choose: (span) => setText(writeSpan(span)),
    clear: () => setText(''),
  };
}

function writeSpan({ fromMs, toMs }: Span): string {
  return `${fromMs}-${toMs}`;
}

/** Null for what is no span. */
export function readSpan(text: string): Span | null {
  const [, from, to] = /^(\d{1,15})-(\d{1,15})$/.exec(text) ?? [];
  const span = { fromMs: Number(from), toMs: Number(to) };
  return span.fromMs < span.toMs ? span : null;
}
