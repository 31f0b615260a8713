import type { AnomalyClass } from '../generated/graphql.ts';

const WORDS = { RED: '▲ critical', YELLOW: '◆ warning', GREEN: '● normal', NONE: 'not enough data' } as const;
const STYLES = { RED: 'badge red', YELLOW: 'badge yellow', GREEN: 'badge normal', NONE: 'badge' } as const;

/** How anomalous, by sign, word and colour. */
export function ClassBadge({ value }: { readonly value: AnomalyClass }) {
  return <span className={STYLES[value]}>{WORDS[value]}</span>;
}

/** Of a point. One that nothing speaks against has no class: it is normal, unless the model was still learning. */
export function PointBadge(props: {
  readonly point: {
    readonly anomalyClass: AnomalyClass;
    readonly anomalyScore: number | null;
    readonly provisional: boolean;
  };
}) {
  const { anomalyClass, anomalyScore, provisional } = props.point;
  const isNormal = anomalyClass === 'NONE' && anomalyScore !== null && !provisional;
  return <ClassBadge value={isNormal ? 'GREEN' : anomalyClass} />;
}
