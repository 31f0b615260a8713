export function AddPage({ flow }: { readonly flow: string }) {
  return <p>{flow}</p>;
}
