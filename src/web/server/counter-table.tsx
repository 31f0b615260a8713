import { useState } from 'react';
import { formatValue } from '../parts/format-number.ts';
import type { Counter } from './rates.ts';

/** Everything the server counts, with what a rising number means. */
export function CounterTable({ counters }: { readonly counters: readonly Counter[] }) {
  const [text, setText] = useState('');
  const [isAll, setAll] = useState(false);
  const wanted = text.trim().toLowerCase();
  const shown = counters.filter(
    ({ name, help, value }) =>
      (isAll || value !== 0) &&
      (wanted === '' || name.includes(wanted) || help.toLowerCase().includes(wanted)),
  );
  return (
    <section className="card stack" aria-label="Counters">
      <div className="line spread">
        <h2>Internal counters</h2>
        <div className="line">
          <label className="choice">
            <input type="checkbox" checked={isAll} onChange={({ target }) => setAll(target.checked)} />
            Show zero values
          </label>
          <input
            type="search"
            aria-label="Filter counters"
            placeholder="Filter"
            value={text}
            onChange={({ target }) => setText(target.value)}
          />
        </div>
      </div>
      <div className="scroll" tabIndex={0} role="region" aria-label="Table of counters">
        <table>
          <thead>
            <tr>
              <th scope="col">Number</th>
              <th scope="col" className="number">
                Now
              </th>
              <th scope="col">What it means</th>
            </tr>
          </thead>
          <tbody>
            {shown.map(({ name, reason, value, help }) => (
              <tr key={`${name} ${reason ?? ''}`}>
                <td className="mono">
                  {name}
                  {reason === null ? '' : ` · ${reason}`}
                </td>
                <td className="number">{formatValue(value)}</td>
                <td className="quiet">{help}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
