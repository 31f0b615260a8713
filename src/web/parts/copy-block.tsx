import { useState } from 'react';

/** Text to be taken elsewhere, with a button that takes it. */
export function CopyBlock({ title, text }: { readonly title: string; readonly text: string }) {
  const [told, setTold] = useState('');
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setTold('copied');
    } catch {
      // Without HTTPS browsers keep the clipboard to themselves.
      setTold('select it and copy by hand');
    }
  };
  return (
    <figure className="copy">
      <figcaption className="line spread">
        <strong>{title}</strong>
        <span className="line">
          <span className="quiet" role="status">
            {told}
          </span>
          <button type="button" onClick={() => void copy()} aria-label={`Copy ${title}`}>
            Copy
          </button>
        </span>
      </figcaption>
      <pre tabIndex={0} aria-label={title}>
        {text}
      </pre>
    </figure>
  );
}
