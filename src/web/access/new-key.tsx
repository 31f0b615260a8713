import { useEffect, useRef } from 'react';
import { CopyBlock } from '../parts/copy-block.tsx';

/** A key that was just made. Gone once it is put away: the server keeps nothing that could show it again. */
export function NewKey(props: {
  readonly name: string;
  readonly secret: string;
  readonly onDone: () => void;
}) {
  const { name, secret, onDone } = props;
  const place = useRef<HTMLElement>(null);
  useEffect(() => place.current?.focus(), []);
  return (
    <section className="notice" data-kind="done" aria-label="The new key" tabIndex={-1} ref={place}>
      <strong>{name} is made. Copy it now: it is shown this once.</strong>
      <CopyBlock title="Key" text={secret} />
      <button onClick={onDone}>Done</button>
    </section>
  );
}
