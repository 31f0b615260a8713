import { type ReactNode, useContext, useState } from 'react';
import { isAbout, ProblemContext } from './field-problem.ts';

/** A part of a long form that can be folded away. It opens by itself for a problem that is within. */
export function Section(props: {
  readonly title: string;
  /** What holds now, to be read while it is folded. */
  readonly summary?: string;
  /** Paths of what is in it. */
  readonly holds: readonly string[];
  readonly isFolded?: boolean;
  readonly children: ReactNode;
}) {
  const { title, summary, holds, isFolded = false, children } = props;
  const [isOpen, setOpen] = useState(!isFolded);
  const problem = useContext(ProblemContext);
  const isWanted = holds.some((at) => isAbout(problem, at));
  return (
    <details
      className="card"
      open={isOpen || isWanted}
      onToggle={({ currentTarget }) => setOpen(currentTarget.open)}
    >
      <summary>
        <strong>{title}</strong>
        {summary === undefined ? null : <span className="quiet"> · {summary}</span>}
      </summary>
      <div className="stack">{children}</div>
    </details>
  );
}
