import cedar from '@cedar-policy/cedar-wasm/nodejs';
import { LIMITS } from '../../base/limits.ts';
import { SHIPPED_POLICIES } from '../role-policies.ts';
import { readsTime } from '../time.ts';
import { argumentReads } from './argument-reads.ts';
import type { PolicyMistake, ReadPolicy } from './own-policy.ts';
import { type Piece, positionOf, split } from './split.ts';

export interface PolicyFile {
  /** For mistakes and decisions; null: it came through the API. */
  readonly file: string | null;
  readonly text: string;
}

export interface ReadPolicies {
  readonly policies: readonly ReadPolicy[];
  /** In the order of the files. With any of them nothing of the files may be used. */
  readonly mistakes: readonly PolicyMistake[];
}

/** Reads files of policies without the tools they speak of: every mistake of every policy that can be seen by itself. Linear, bounded, never throws. */
export function readPolicies(files: readonly PolicyFile[]): ReadPolicies {
  const policies: ReadPolicy[] = [];
  const mistakes: PolicyMistake[] = [];
  const taken = new Set<string>();
  for (const file of files) {
    const tooLarge = Buffer.byteLength(file.text) > LIMITS.policyFileBytes;
    if (tooLarge) mistakes.push(mistakeAt(file, 0, null, `the text is larger than ${LIMITS.policyFileBytes} bytes`));
    for (const piece of tooLarge ? [] : split(file.text)) {
      const read = readPiece(file, piece);
      if (!('id' in read)) mistakes.push(...read.mistakes);
      else if (taken.has(read.id)) mistakes.push(mistakeAt(file, piece.offset, read.id, 'another policy has this id'));
      else policies.push(read);
      if ('id' in read) taken.add(read.id);
    }
  }
  const last = policies[LIMITS.policies];
  if (last !== undefined)
    mistakes.push({ ...last.place, column: 1, policy: last.id, what: `there are more than ${LIMITS.policies} policies` });
  return { policies, mistakes };
}

type Read = ReadPolicy | { readonly mistakes: readonly PolicyMistake[] };

function readPiece(file: PolicyFile, piece: Piece): Read {
  const at = (what: string, offset = piece.offset, id: string | null = null): PolicyMistake => mistakeAt(file, offset, id, what);
  // Cedar's parser recurses, and what exhausts its stack leaves it unusable: depth and length are judged before it sees anything.
  if (Buffer.byteLength(piece.text) > LIMITS.policyBytes) return { mistakes: [at(`a policy has at most ${LIMITS.policyBytes} bytes`)] };
  if (piece.nesting > MOST_NESTING) return { mistakes: [at(`brackets stand in one another more than ${MOST_NESTING} deep`)] };
  const parsed = cedar.policyToJson(piece.text);
  if (parsed.type === 'failure')
    return {
      mistakes: parsed.errors.slice(0, 5).map(({ message, help, sourceLocations }) => {
        const start = sourceLocations?.[0]?.start ?? 0;
        return at(sentence(message, help), piece.offset + unitsBefore(piece.text, start));
      }),
    };
  if (isDeeper(parsed.json, MOST_DEPTH))
    return { mistakes: [at('too many operators follow one another: write [..].contains(..), or several policies')] };
  return judge(file, piece, parsed.json);
}

const MOST_NESTING = 32;
/** Levels of Cedar's own tree as JSON; two for each operator. Beyond about 120 its validator exhausts its stack. */
const MOST_DEPTH = 72;

const POLICY_ID = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const ANNOTATIONS = new Set(['id', 'message', 'advice']);
const MOST_TEXT = 300;

function judge(file: PolicyFile, piece: Piece, tree: cedar.PolicyJson): Read {
  const annotations: Readonly<Record<string, string | null>> = tree.annotations ?? {};
  const id = annotations['id'] ?? null;
  const { reads, whole } = argumentReads(tree.conditions);
  const wrong: readonly (readonly [boolean, string])[] = [
    [id === null, 'the policy has no id; write @id("a-name") before it'],
    [id !== null && (!POLICY_ID.test(id) || id.length > 64), 'an id has small letters, digits and single hyphens, at most 64'],
    [id !== null && Object.hasOwn(SHIPPED_POLICIES, id), 'a policy that ships has this id'],
    ...Object.keys(annotations)
      .filter((name) => !ANNOTATIONS.has(name))
      .map((name) => [true, `@${name} means nothing here; there are @id, @message and @advice`] as const),
    ...['message', 'advice'].map(
      (name) => [!isLine(annotations[name]), `@${name} is one line of at most ${MOST_TEXT} characters`] as const,
    ),
    [speaksOfDiscovery(tree.action), 'discovery follows from what could be called: write action == Action::"call", or action alone'],
    [readsVariable(tree.conditions, 'action'), 'conditions cannot ask for the action: name it in the head'],
    [
      reads.length > 0 && !isOfTools(tree.resource),
      'only tools have arguments: write resource == Tool::"...", resource is Tool, or resource is Tool in Server::"..."',
    ],
    [whole, 'context cannot be taken as a whole; write context.arguments.NAME, or a member of context.time'],
  ];
  const mistakes = wrong.flatMap(([is, what]) => (is ? [mistakeAt(file, piece.offset, id, what)] : []));
  if (id === null || mistakes.length > 0) return { mistakes };
  const { line } = positionOf(file.text, piece.offset);
  const message = [annotations['message'], annotations['advice']].filter((text) => typeof text === 'string').join(' ');
  const { effect } = tree;
  return {
    id,
    text: piece.text,
    place: { file: file.file, line },
    tree,
    effect,
    message: message === '' ? null : message,
    reads,
    timed: readsTime(tree.conditions),
    comparesPaths: holdsSlash(tree.conditions),
  };
}

const isLine = (text: string | null | undefined): boolean =>
  text === undefined || (text !== null && text !== '' && text.length <= MOST_TEXT && !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(text));

function speaksOfDiscovery(action: cedar.ActionConstraint): boolean {
  return JSON.stringify(action).includes('"discover"');
}

const isOfTools = (head: cedar.ResourceConstraint): boolean =>
  head.op === 'is' ? head.entity_type === 'Tool' : head.op === '==' && JSON.stringify(head).includes('"type":"Tool"');

function readsVariable(node: unknown, name: string): boolean {
  if (typeof node !== 'object' || node === null) return false;
  return Object.entries(node).some(([key, value]) => (key === 'Var' && value === name) || readsVariable(value, name));
}

/** Any text or pattern with a slash in it, and so a path or a URL to compare with. */
function holdsSlash(node: unknown): boolean {
  if (typeof node === 'string') return node.includes('/');
  if (typeof node !== 'object' || node === null) return false;
  return Object.values(node).some(holdsSlash);
}

function isDeeper(root: unknown, most: number): boolean {
  let level: readonly unknown[] = [root];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > most) return true;
    level = level.flatMap((node) => (typeof node === 'object' && node !== null ? Object.values(node) : []));
  }
  return false;
}

function mistakeAt(file: PolicyFile, offset: number, policy: string | null, what: string): PolicyMistake {
  return { file: file.file, ...positionOf(file.text, offset), policy, what };
}

export const sentence = (message: string, help: string | null): string =>
  `${message.replace(/^failed to parse policy from string: /, '').replace(/^for policy `[^`]*`, /, '')}${help === null ? '' : `; ${help}`}`.slice(
    0,
    500,
  );

/** Cedar counts bytes of UTF-8. */
export const unitsBefore = (text: string, bytes: number): number => Buffer.from(text).subarray(0, bytes).toString('utf8').length;
