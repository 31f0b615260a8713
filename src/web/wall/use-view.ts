/** How the wall is looked at; all of it in the address. */
import { useMemo } from 'react';
import { useUrlChoice, useUrlState } from '../parts/url-state.ts';
import type { WindowName } from './bars.ts';
import type { WallView } from './wall-rows.ts';

export interface ViewState extends WallView {
  readonly window: WindowName;
  readonly setText: (text: string) => void;
  readonly setDatasource: (datasource: string) => void;
  readonly setLeast: (least: WallView['least']) => void;
  readonly setOrder: (order: WallView['order']) => void;
  readonly setWindow: (window: WindowName) => void;
  /** Opens a row that is closed, closes one that is open. */
  readonly turn: (key: string) => void;
}

const LEAST = ['ALL', 'YELLOW', 'RED'] as const;
const ORDERS = ['ANOMALY', 'NAME'] as const;
const WINDOWS = ['HOURS', 'DAYS', 'WEEKS'] as const;
/** Stands in no canonical name of a resource. */
const BETWEEN = '|';

export function useView(): ViewState {
  const [text, setText] = useUrlState('q');
  const [datasource, setDatasource] = useUrlState('source');
  const [least, setLeast] = useUrlChoice('least', LEAST);
  const [order, setOrder] = useUrlChoice('order', ORDERS);
  const [window, setWindow] = useUrlChoice('window', WINDOWS);
  const [openText, setOpenText] = useUrlState('open');
  return useMemo(() => {
    const turned = new Set(openText === '' ? [] : openText.split(BETWEEN));
    const turn = (key: string) => {
      const next = new Set(turned);
      if (!next.delete(key)) next.add(key);
      setOpenText([...next].join(BETWEEN));
    };
    const setters = { setText, setDatasource, setLeast, setOrder, setWindow, turn };
    return { text, datasource, least, order, window, turned, ...setters };
  }, [
    text,
    datasource,
    least,
    order,
    window,
    openText,
    setText,
    setDatasource,
    setLeast,
    setOrder,
    setWindow,
    setOpenText,
  ]);
}
