interface PageInfo {
  readonly hasNextPage: boolean;
  readonly endCursor: string | null;
}

/** Buttons to go on in a list, and back to its beginning. */
export function TurnPage(props: {
  /** The cursor the shown page comes after; null for the first. */
  readonly after: string | null;
  readonly pageInfo: PageInfo;
  readonly onTurn: (after: string | null) => void;
  /** Of the way back to the beginning, and of the way on; for a list that begins with the newest when left out. */
  readonly words?: readonly [string, string];
}) {
  const { after, pageInfo, onTurn, words = ['Newest', 'Older'] } = props;
  return (
    <div className="line">
      {after === null ? null : <button onClick={() => onTurn(null)}>{words[0]}</button>}
      {pageInfo.hasNextPage ? <button onClick={() => onTurn(pageInfo.endCursor)}>{words[1]}</button> : null}
    </div>
  );
}
