interface PageInfo {
  readonly hasNextPage: boolean;
  readonly endCursor: string | null;
}

/** Buttons to go on in a list that begins with the newest, and back to its beginning. */
export function TurnPage(props: {
  /** The cursor the shown page comes after; null for the first. */
  readonly after: string | null;
  readonly pageInfo: PageInfo;
  readonly onTurn: (after: string | null) => void;
}) {
  const { after, pageInfo, onTurn } = props;
  return (
    <div className="line">
      {after === null ? null : <button onClick={() => onTurn(null)}>Newest</button>}
      {pageInfo.hasNextPage ? <button onClick={() => onTurn(pageInfo.endCursor)}>Older</button> : null}
    </div>
  );
}
