import { useEffect, useState } from 'react';
import { useLocation } from 'wouter';
import { SearchDialog } from './search-dialog.tsx';

/** Opens the search, as Ctrl-K, ⌘K and / do. */
export function SearchButton() {
  const [, navigate] = useLocation();
  const [isOpen, setOpen] = useState(false);
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (!isSearchKey(event)) return;
      event.preventDefault();
      // One dialog at a time: another one may hold what is not saved yet.
      if (document.querySelector('dialog[open]') === null) setOpen(true);
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, []);
  return (
    <>
      <button
        className="search-button"
        aria-haspopup="dialog"
        aria-keyshortcuts="Control+K Meta+K /"
        title="Search (Ctrl-K or /)"
        onClick={() => setOpen(true)}
      >
        <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
          <path d="M10.5 10.5 L15 15 M12 6.5 A5.5 5.5 0 1 1 1 6.5 A5.5 5.5 0 1 1 12 6.5" />
        </svg>
        <span>Search</span> <kbd aria-hidden="true">Ctrl K</kbd>
      </button>
      {isOpen ? (
        <SearchDialog
          title="Search"
          what="Metric, resource, incident, rule or page"
          onOpen={({ href }) => navigate(href)}
          onClose={() => setOpen(false)}
        />
      ) : null}
    </>
  );
}

/** A slash is a letter where text is typed. */
function isSearchKey({ key, ctrlKey, metaKey, altKey, target }: KeyboardEvent): boolean {
  if ((ctrlKey || metaKey) && !altKey) return key.toLowerCase() === 'k';
  const isTyping = target instanceof Element && target.closest('input, textarea, select, dialog') !== null;
  return key === '/' && !ctrlKey && !metaKey && !altKey && !isTyping;
}
