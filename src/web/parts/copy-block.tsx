import { useState } from 'react';

/** Text to be taken elsewhere, with a button that takes it. */
export function CopyBlock({ title, text }: { readonly title: string; readonly text: string }) {
  const [notice, setNotice] = useState('');
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setNotice('copied');
    } catch {
      // Without HTTPS browsers keep the clipboard to themselves.
      setNotice('select it and copy by hand');
    }
  };
  return (
    <figure className="copy">
      <figcaption className="line spread">
        <strong>{title}</strong>
        <span className="line">
          <span className="quiet" role="status">
            {notice}
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
