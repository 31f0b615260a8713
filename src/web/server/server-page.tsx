export function ServerPage() {
  return <p />;
}
