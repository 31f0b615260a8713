/** The last minutes of a number, without axes. */
export function SparkLine({ values }: { readonly values: readonly number[] }) {
  const most = Math.max(1e-9, ...values);
  const width = 120;
  const height = 28;
  const step = width / Math.max(1, values.length - 1);
  const points = values.map(
    (value, index) =>
      `${(index * step).toFixed(1)},${(height - 1 - (value / most) * (height - 2)).toFixed(1)}`,
  );
  return (
    <svg className="spark" viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden="true">
      <polyline points={points.join(' ')} />
    </svg>
  );
}
