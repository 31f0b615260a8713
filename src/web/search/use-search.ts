/** Asks for what is searched for, once the user pauses. */
import { useEffect, useState } from 'react';
import type { CombinedError } from 'urql';
import { useAsk } from '../api/ask.ts';
import { useStore } from '../api/store.ts';
import { SearchDocument, SearchRulesDocument } from '../generated/graphql.ts';
import { usePreferences } from '../parts/preferences.ts';
import { type Found, type FoundGroup, keepKind, listFound } from './list-found.ts';
import { readRecent } from './recent.ts';

const PAUSE_MS = 120;

export interface SearchAnswer {
  readonly groups: readonly FoundGroup[];
  /** Whether what is shown answers what is typed. */
  readonly isSettled: boolean;
  readonly error: CombinedError | undefined;
}

/** @param kind only what is of this kind; everything when left out */
export function useSearch(typed: string, kind?: Found['kind']): SearchAnswer {
  const text = typed.trim();
  const [asked, setAsked] = useState('');
  const preferences = usePreferences();
  const views = useStore(preferences.views.items);
  const favourites = useStore(preferences.favourites.items);
  const [recent] = useState(() => readRecent());
  useEffect(() => {
    const timer = setTimeout(() => setAsked(text), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  const answer = useAsk(SearchDocument, { text: asked }, { isPaused: asked === '' });
  const rules = useAsk(SearchRulesDocument, {});
  const isAnswered = asked === '' || (answer.data !== undefined && !answer.isAsking);
  const groups = listFound(
    asked,
    { views, favourites, recent },
    answer.data,
    rules.data?.notificationRules ?? [],
  );
  return {
    groups: kind === undefined ? groups : keepKind(groups, kind),
    isSettled: text === '' ? asked === '' : text === asked && (isAnswered || answer.error !== undefined),
    error: answer.error ?? rules.error,
  };
}
