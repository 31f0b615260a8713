import type { AnomalyClass } from '../generated/graphql.ts';

const WORDS = { RED: '▲ red', YELLOW: '◆ yellow', GREEN: '● usual', NONE: 'nothing to say' } as const;
const STYLES = { RED: 'badge red', YELLOW: 'badge yellow', GREEN: 'badge usual', NONE: 'badge' } as const;

/** How unusual, by sign, word and colour. */
export function ClassBadge({ value }: { readonly value: AnomalyClass }) {
  return <span className={STYLES[value]}>{WORDS[value]}</span>;
}
