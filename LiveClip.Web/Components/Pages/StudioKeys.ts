// Which key does what. Letters go by the letter they type (AZERTY), digits and punctuation by their place on the keyboard (input methods).

export type Command =
  | 'markIn' | 'markOut' | 'goToIn' | 'goToOut' | 'clearMarks' | 'makeClip'
  | 'playPause' | 'pause' | 'faster' | 'back'
  | 'frameBack' | 'frameForward' | 'secondBack' | 'secondForward'
  | 'goToStart' | 'goLive' | 'quick1' | 'quick2' | 'quick3'
  | 'mute' | 'fit' | 'zoomIn' | 'zoomOut' | 'help';

/** What is read of a KeyboardEvent. */
export interface Key {
  readonly key: string;
  readonly code: string;
  readonly shiftKey: boolean;
  readonly altKey: boolean;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly repeat: boolean;
  readonly isComposing: boolean;
}

/** Where the focus is. */
export type Focus = 'page' | 'button' | 'link' | 'handle' | 'text';

const LETTERS: Record<string, Command> = {
  i: 'markIn', o: 'markOut', 'shift+i': 'goToIn', 'shift+o': 'goToOut',
  // Its key is another one on every keyboard, with or without Shift.
  '?': 'help', 'shift+?': 'help',
  j: 'back', k: 'pause', l: 'faster', 'shift+l': 'goLive', v: 'mute',
};

const CODES: Record<string, Command> = {
  Enter: 'makeClip', NumpadEnter: 'makeClip', Space: 'playPause',
  ArrowLeft: 'frameBack', ArrowRight: 'frameForward', Comma: 'frameBack', Period: 'frameForward',
  'shift+ArrowLeft': 'secondBack', 'shift+ArrowRight': 'secondForward',
  Home: 'goToStart', End: 'goLive',
  Digit1: 'quick1', Digit2: 'quick2', Digit3: 'quick3', Numpad1: 'quick1', Numpad2: 'quick2', Numpad3: 'quick3',
  Minus: 'zoomOut', Equal: 'zoomIn', Backslash: 'fit', 'alt+KeyX': 'clearMarks',
};

/** Held down, these go on; all others act once a press. */
const REPEATING = new Set<Command>(['frameBack', 'frameForward', 'secondBack', 'secondForward', 'back', 'zoomIn', 'zoomOut']);

/**
 * Null for a key that is not the studio's. Enter makes the clip wherever the focus is but in a text field; Space presses a button or
 * link that has the focus, since Enter does not; a handle of the timeline keeps its arrow keys.
 */
export function commandFor(key: Key, focus: Focus, dialogOpen: boolean): Command | null {
  if (focus === 'text' || dialogOpen || key.isComposing || key.ctrlKey || key.metaKey) {
    return null;
  }

  const command = lookUp(key);
  if (!command || (key.repeat && !REPEATING.has(command) && command !== 'makeClip')) {
    return null;
  }

  if (command === 'playPause' && focus !== 'page') {
    return null;
  }

  return focus === 'handle' && (key.code.startsWith('Arrow') || key.code === 'Home' || key.code === 'End') ? null : command;
}

function lookUp(key: Key): Command | null {
  const modifiers = (key.altKey ? 'alt+' : '') + (key.shiftKey ? 'shift+' : '');
  // Caps Lock types capitals without Shift, and Shift with Caps Lock small letters.
  const letter = key.altKey ? undefined : LETTERS[modifiers + key.key.toLowerCase()];
  if (letter) {
    return letter;
  }

  // On AZERTY digits are typed with Shift; their place is what counts.
  const code = key.code.startsWith('Digit') ? key.code : modifiers + key.code;
  return key.altKey && key.code.startsWith('Digit') ? null : (CODES[code] ?? null);
}

export function focusOf(element: Element | null): Focus {
  if (!element || element === document.body) {
    return 'page';
  }

  if (element.closest('input:not([type=button]):not([type=submit]):not([type=checkbox]), textarea, select')
    || (element as HTMLElement).isContentEditable) {
    return 'text';
  }

  if (element.closest('[role=slider]')) {
    return 'handle';
  }

  return element.closest('a[href]') ? 'link' : element.closest('button, summary, input, [role=button], [role=menuitem]') ? 'button' : 'page';
}
