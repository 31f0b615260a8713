import { Link } from 'wouter';

/** The pages of one place. The one that is shown is the heading too. */
export function PageTabs(props: {
  readonly label: string;
  /** Address and name of each. */
  readonly pages: readonly (readonly [string, string])[];
  readonly here: string;
}) {
  const { label, pages, here } = props;
  const title = pages.find(([path]) => path === here)?.[1] ?? label;
  return (
    <div>
      <h1 className="only-heard">{title}</h1>
      <nav className="page-tabs" aria-label={label}>
        {pages.map(([path, name]) => (
          <Link key={path} href={path} aria-current={path === here ? 'page' : undefined}>
            {name}
          </Link>
        ))}
      </nav>
    </div>
  );
}
