// The keys of what can be done about alerts.

import type { Command } from '../shell/keys.svelte';
import { kActions, kActionWords, type ActionKind } from './actions';

const kInputs = 'input:not([type=checkbox]), textarea, select, dialog';

/** For a page of alerts, keys work everywhere in it; beside the wall, which has keys of its own,
    only where the focus is on them (onActionKey). */
export function actionCommands(
  what: string,
  areEverywhere: boolean,
  act: (kind: ActionKind) => void,
): Command[] {
  return kActions.map((kind) => ({
    title: `${kActionWords[kind].title} ${what}`,
    ...(areEverywhere ? { keys: kind[0]! } : {}),
    run: () => act(kind),
  }));
}

export function onActionKey(event: KeyboardEvent, act: (kind: ActionKind) => void): void {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if ((event.target as Element).closest(kInputs)) return;
  const kind = kActions.find((each) => each[0] === event.key);
  if (!kind) return;
  event.preventDefault();
  act(kind);
}
