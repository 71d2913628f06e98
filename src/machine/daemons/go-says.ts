import { type Buildable, buildLine } from './catalogue.ts';

/** What go says of a module that it could not have, or that is not the one that go.sum knows. */
const unhad = [
  /: (?:reading|unrecognized import path|Get) /,
  /404 Not Found|410 Gone|dial tcp|no such host|i\/o timeout|connection refused|not found: module lookup disabled|module lookup disabled/,
];
const unknownSum = /checksum mismatch|SECURITY ERROR|missing go\.sum entry|verifying (?:module|go\.mod)/;

/** Why a build did not come to its end, from what go said: a sentence, go’s own words, what to type. */
export function whyNotBuilt({ name, folder }: Pick<Buildable, 'name' | 'folder'>, said: string): string[] {
  const lines = said
    .trim()
    .split('\n')
    .filter((line) => line.trim() && !line.startsWith('go: downloading '));
  const again = buildLine(name);
  const sum = lines.find((line) => unknownSum.test(line));
  if (sum)
    return [
      `${name} is not built: a module is not the one whose checksum daemons/${folder}/go.sum has.`,
      sum,
      `Throw away what was fetched, then once more: go clean -modcache; ${again}`,
    ];
  const module = lines.find((line) => unhad.some((pattern) => pattern.test(line)));
  if (module)
    return [
      `${name} is not built: a module cannot be had.`,
      module,
      `See where Go looks for it: go env GOPROXY. Then once more: ${again}`,
    ];
  return [
    `${name} is not built. Go says:`,
    ...lines.slice(-8),
    `Once more, with all that Go does: GOFLAGS=-x ${again}`,
  ];
}
