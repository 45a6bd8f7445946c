// How the ports of a node stand to what its classes expect, in words and shapes.

import type { PagePort, Severity, Verdict } from '../api/types';
import { safe } from '../base/text';

export interface VerdictLook {
  word: string;
  glyph: Severity | 'none' | 'unknown';
  isOut: boolean; // out of step
  isKnown: boolean; // somebody could tell
  meaning: string;
}

const kLooks: Record<Verdict, VerdictLook> = {
  'in-step': {
    word: 'in step',
    glyph: 'none',
    isOut: false,
    isKnown: true,
    meaning: 'Open as the profile or a rule has it.',
  },
  unexpected: {
    word: 'unexpected',
    glyph: 'high',
    isOut: true,
    isKnown: true,
    meaning: 'Open, and nothing allows it.',
  },
  'wrong-service': {
    word: 'wrong service',
    glyph: 'high',
    isOut: true,
    isKnown: true,
    meaning: 'Open as expected, but what answers, or its key, is not what should.',
  },
  missing: {
    word: 'missing',
    glyph: 'medium',
    isOut: true,
    isKnown: true,
    meaning: 'Expected, and not open though it was examined.',
  },
  conditional: {
    word: 'allowed under a condition',
    glyph: 'informational',
    isOut: false,
    isKnown: true,
    meaning: 'A rule allows it under a condition that is not known here.',
  },
  'of-job': {
    word: 'of a job',
    glyph: 'informational',
    isOut: false,
    isKnown: true,
    meaning: 'Open while a job held the node.',
  },
  'not-judged': {
    word: 'not judged',
    glyph: 'unknown',
    isOut: false,
    isKnown: false,
    meaning: 'A class of the node has no profile.',
  },
  'not-known': {
    word: 'not known',
    glyph: 'unknown',
    isOut: false,
    isKnown: false,
    meaning: 'Expected, and the latest look did not reach it.',
  },
};

/** Of a word that is newer than this page nobody can say that it is well. */
export function verdictLook(verdict: string): VerdictLook {
  const known = kLooks[verdict as Verdict] as VerdictLook | undefined;
  return (
    known ?? {
      word: safe(verdict, 40),
      glyph: 'unknown',
      isOut: false,
      isKnown: false,
      meaning: 'This page does not know what the server means by it.',
    }
  );
}

interface Place {
  network: string;
  protocol: string | null;
  port: number | null;
}

/** The network that a node's addresses are of where nobody says otherwise. */
export const kUsualNetwork = 'management';

/** "4444/tcp", "4444/tcp on bmc". */
export function portName({ network, protocol, port }: Place): string {
  const name = port === null ? (protocol ?? '') : `${port}/${protocol ?? '?'}`;
  return network && network !== kUsualNetwork ? `${name} on ${network}` : name;
}

/** For the link, and for finding the same port again. */
export function portKey({ network, protocol, port }: Place): string {
  return `${network}/${protocol}/${port}`;
}

/** What answers, as a person says it: "ssh OpenSSH 9.2p1", "silent"; empty: nobody asked. */
export function answerText(port: Pick<PagePort, 'answers'>): string {
  const { answers } = port;
  if (!answers) return '';
  if (answers.answer !== 'spoke') return answers.answer;
  const said = [answers.name, answers.product, answers.version].filter(Boolean).join(' ');
  return (answers.tunnel ? `${said || 'unknown'} in ${answers.tunnel}` : said) || 'unknown service';
}

/** "3 of 511 open"; empty: no clone was examined there. */
export function clonesText({ clones, clones_open }: PagePort): string {
  return clones > 0 ? `${clones_open} of ${clones} open` : '';
}
