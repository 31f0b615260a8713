/** What a document selects of a field, fragments looked into. */
import { type GraphQLResolveInfo, Kind, type SelectionSetNode } from 'graphql';

/** Whether a field may be asked for, together with what is selected of it. */
type MayAsk = (name: string, below: SelectionSetNode | undefined) => boolean;

export function isOneOf(fields: ReadonlySet<string>): MayAsk {
  return (name) => fields.has(name);
}

/** Fragments are looked into, whatever they are on: at worst they ask for more than this type has. */
export function asksOnly(
  selectionSet: SelectionSetNode | undefined,
  info: Pick<GraphQLResolveInfo, 'fragments'>,
  mayAsk: MayAsk,
): boolean {
  if (selectionSet === undefined) return false;
  return selectionSet.selections.every((selection) => {
    if (selection.kind === Kind.FIELD) return mayAsk(selection.name.value, selection.selectionSet);
    const fragment =
      selection.kind === Kind.FRAGMENT_SPREAD ? info.fragments[selection.name.value] : selection;
    return asksOnly(fragment?.selectionSet, info, mayAsk);
  });
}

/** Whether it selects the number of all beside the page; one that is skipped by a directive counts as selected. */
export function asksTotalCount(info: GraphQLResolveInfo): boolean {
  const isOther = (name: string) => name !== 'totalCount';
  return !info.fieldNodes.every(({ selectionSet }) => asksOnly(selectionSet, info, isOther));
}
