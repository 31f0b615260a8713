import type { AnomalyClass } from '../generated/graphql.ts';

const WORDS = { RED: '▲ critical', YELLOW: '◆ warning', GREEN: '● normal', NONE: 'not enough data' } as const;
const STYLES = { RED: 'badge red', YELLOW: 'badge yellow', GREEN: 'badge normal', NONE: 'badge' } as const;

/** How anomalous, by sign, word and colour. */
export function ClassBadge({ value }: { readonly value: AnomalyClass }) {
  return <span className={STYLES[value]}>{WORDS[value]}</span>;
}
