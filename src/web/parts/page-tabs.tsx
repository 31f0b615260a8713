import { Link } from 'wouter';

/** The pages of one place: where one is, as the heading, and the ones beside it. */
export function PageTabs(props: {
  readonly label: string;
  /** Address and name of each. */
  readonly pages: readonly (readonly [string, string])[];
  readonly here: string;
}) {
  const { label, pages, here } = props;
  const title = pages.find(([path]) => path === here)?.[1] ?? label;
  return (
    <div className="line page-tabs">
      <h1>{title}</h1>
      <nav className="line" aria-label={label}>
        {pages.map(([path, name]) =>
          path === here ? null : (
            <Link key={path} href={path}>
              {name}
            </Link>
          ),
        )}
      </nav>
    </div>
  );
}
