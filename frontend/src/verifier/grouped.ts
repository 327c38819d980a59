/** Add an item to the list that stands under a key: in place, since a copy for each item would take the square of them. */
export function addTo<Key, Item>(groups: Map<Key, Item[]>, key: Key, item: Item): void {
  const found = groups.get(key);
  if (found === undefined) groups.set(key, [item]);
  else found.push(item);
}
