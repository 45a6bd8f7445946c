// The first steps, and which of them are done: read off what is there, so that one can stop and go
// on at any time, and off what others did.

import type { Profiles } from '../../api/types';
import { classOf } from '../../profiles/profiles';

export type StepName = 'nodes' | 'classes' | 'look' | 'approve' | 'sweep' | 'tell';

export const kSteps: { name: StepName; title: string }[] = [
  { name: 'nodes', title: 'Which nodes there are' },
  { name: 'classes', title: 'Which classes they are of' },
  { name: 'look', title: 'What each class looks like' },
  { name: 'approve', title: 'What is approved' },
  { name: 'sweep', title: 'The first sweep' },
  { name: 'tell', title: 'Who is told, and who else looks' },
];

export type StepState = 'done' | 'now' | 'later';

export interface Facts {
  nodes: number;
  unclassed: number;
  classes: string[];
  approved: string[]; // host types: "compute", "compute@hsn"
  waiting: string[];
  sweeps: number; // that have ended
  channels: number;
}

function isDone(name: StepName, facts: Facts): boolean {
  const approved = new Set(facts.approved.map(classOf));
  const waiting = new Set(facts.waiting.map(classOf));
  const hasClasses = facts.nodes > 0 && facts.classes.length > 0;
  switch (name) {
    case 'nodes':
      return facts.nodes > 0;
    case 'classes':
      return hasClasses && facts.unclassed === 0;
    case 'look':
      return hasClasses && facts.classes.every((each) => approved.has(each) || waiting.has(each));
    case 'approve':
      return (
        hasClasses &&
        facts.waiting.length === 0 &&
        facts.classes.every((each) => approved.has(each))
      );
    case 'sweep':
      return facts.sweeps > 0;
    case 'tell':
      return facts.channels > 0;
  }
}

/** Those of which somebody can know whether they are done. */
export function stepsFor(seesAll: boolean, isOperator: boolean): typeof kSteps {
  return kSteps.filter(
    ({ name }) => (name !== 'sweep' || seesAll) && (name !== 'tell' || (seesAll && isOperator)),
  );
}

/** The first one that is not done is the one to do now. */
export function stepStates(facts: Facts, steps = kSteps): Record<StepName, StepState> {
  let hasNow = false;
  const states = {} as Record<StepName, StepState>;
  for (const { name } of steps) {
    if (isDone(name, facts)) {
      states[name] = 'done';
    } else {
      states[name] = hasNow ? 'later' : 'now';
      hasNow = true;
    }
  }
  return states;
}

export interface ClassState {
  name: string;
  nodes: number;
  waiting: string[]; // host types of it that wait for approval
  approved: string[];
}

/** Of each class: how many nodes it has, and how far its profiles are. */
export function classStates(sizes: Map<string, number>, profiles: Profiles | null): ClassState[] {
  return [...sizes].sort().map(([name, nodes]) => ({
    name,
    nodes,
    waiting: (profiles?.waiting ?? [])
      .map((each) => each.host_type)
      .filter((each) => classOf(each) === name),
    approved: (profiles?.approved ?? [])
      .map((each) => each.host_type)
      .filter((each) => classOf(each) === name),
  }));
}
