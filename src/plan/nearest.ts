import leven from 'leven';

/** The known word that was probably meant, if one is near enough. */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  const ranked = [...known]
    .map((each) => ({ each, distance: leven(word.toLowerCase(), each.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance)[0];
  return ranked && ranked.distance <= Math.max(2, word.length / 3) ? ranked.each : undefined;
}

/** `Did you mean node1?`, or what there is to choose from, first what has the word in it. */
export function hint(word: string, known: Iterable<string>): string {
  const given = [...known];
  const near = nearest(word, given);
  if (near) return `Did you mean ${near}?`;
  const has = (each: string) => each.includes(word);
  const all = [...given.filter(has), ...given.filter((each) => !has(each))];
  return all.length ? `There is ${all.slice(0, 12).join(', ')}${all.length > 12 ? ', …' : ''}.` : 'There is none.';
}
