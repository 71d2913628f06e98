import * as v from 'valibot';

const text = v.pipe(v.string(), v.trim(), v.nonEmpty('must not be empty'));
const commands = v.record(v.string(), v.string());
const header = v.object({ protocol: text, fields: v.record(v.string(), v.unknown()) });
const hop = v.object({ at: text, because: text, headers: v.array(header) });
const proof = v.union(
  [text, v.strictObject({ claim: text, corrects: text })],
  'must be the id of a claim, or corrects(…)',
);

const walk = v.strictObject({
  claims: v.optional(v.array(proof)),
  send: v.object({ from: text, command: text }),
  request: v.pipe(v.array(hop), v.nonEmpty('must list at least one hop')),
  reply: v.optional(v.array(hop)),
});

const expectation = v.union(
  [
    v.strictObject({ json: v.unknown(), exactly: v.optional(v.literal(true)) }),
    v.strictObject({ none: v.unknown() }),
    v.strictObject({ lines: v.array(text) }),
    v.strictObject({ lacks: v.array(text) }),
    v.strictObject({ fails: v.array(text) }),
  ],
  'must be one of json(…), exactly(…), none(…), lines(…), lacks(…), fails(…)',
);

const check = v.strictObject({
  claim: v.optional(proof),
  run: text,
  see: v.record(v.string(), v.union([expectation, v.array(expectation)])),
});

const matrix = v.strictObject({
  claim: v.optional(proof),
  seenAs: v.picklist(['the address it left with', 'its own address']),
  pairs: v.array(v.strictObject({ from: v.array(text), to: v.array(text) })),
});

const fault = v.strictObject({
  claims: v.optional(v.array(proof)),
  break: commands,
  walk: v.optional(text),
  lostAt: text,
  untouched: v.optional(v.union([v.literal('all'), v.array(text)])),
  hint: text,
  fix: commands,
});

const lab = v.strictObject({
  title: text,
  about: v.optional(text),
  nodes: v.record(v.string(), text),
  links: v.array(text),
  setup: v.record(v.string(), commands),
  walks: v.record(v.string(), walk),
  checks: v.optional(
    v.record(
      v.string(),
      v.lazy((input) => (typeof input === 'object' && input && 'pairs' in input ? matrix : check)),
    ),
  ),
  faults: v.optional(v.record(v.string(), fault)),
  claims: v.optional(v.record(v.string(), v.object({ document: text, says: text }))),
});

/** What keeps a value from being a lab at all, each with its place. */
export function shapeProblems(value: unknown): { where: string; what: string }[] {
  const { issues } = v.safeParse(lab, value);
  return (issues ?? []).map((issue) => ({ where: v.getDotPath(issue) ?? 'the lab', what: issue.message }));
}
