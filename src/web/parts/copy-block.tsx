import { useState } from 'react';

/** @returns puts text on the clipboard, and whether the last one is there, in words */
export function useCopy() {
  const [notice, setNotice] = useState('');
  const copy = async (text: string) => {
    try {
      await navigator.clipboard.writeText(text);
      setNotice('copied');
    } catch {
      // Without HTTPS browsers keep the clipboard to themselves.
      setNotice('select it and copy by hand');
    }
  };
  return { notice, copy };
}

/** Text to be taken elsewhere, with a button that takes it. */
export function CopyBlock({ title, text }: { readonly title: string; readonly text: string }) {
  const { notice, copy } = useCopy();
  return (
    <figure className="copy">
      <figcaption className="line spread">
        <strong>{title}</strong>
        <span className="line">
          <span className="quiet" role="status">
            {notice}
          </span>
          <button type="button" onClick={() => void copy(text)} aria-label={`Copy ${title}`}>
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
