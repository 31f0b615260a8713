import { useState } from 'react';
import { EmbedDialog } from './embed-dialog.tsx';

/** Puts the chart into other pages. */
export function EmbedButton({ metricId }: { readonly metricId: string }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <button aria-haspopup="dialog" onClick={() => setOpen(true)}>
        Embed…
      </button>
      {isOpen ? <EmbedDialog metricId={metricId} onClose={() => setOpen(false)} /> : null}
    </>
  );
}
