export function WallPage() {
  return <p />;
}
