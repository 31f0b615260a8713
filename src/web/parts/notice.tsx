import type { ReactNode } from 'react';

/** A short message, with what can be done about it. */
export function Notice(props: {
  readonly kind?: 'plain' | 'problem' | 'warning' | 'done';
  readonly title?: string;
  readonly children?: ReactNode;
}) {
  const { kind = 'plain', title, children } = props;
  return (
    <div className="notice" data-kind={kind} role={kind === 'problem' ? 'alert' : 'status'}>
      {title === undefined ? null : <strong>{title}</strong>}
      {children}
    </div>
  );
}

/** For the moment before the first answer. */
export function Waiting({ what }: { readonly what: string }) {
  return (
    <p className="waiting" role="status">
      Loading {what}…
    </p>
  );
}
