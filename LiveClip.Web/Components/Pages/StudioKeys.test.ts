import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commandFor, type Focus, type Key } from './StudioKeys';

function press(key: string, code: string, more: Partial<Key> = {}, focus: Focus = 'page', dialogOpen = false): string | null {
  const none = { shiftKey: false, altKey: false, ctrlKey: false, metaKey: false, repeat: false, isComposing: false };
  return commandFor({ key, code, ...none, ...more }, focus, dialogOpen);
}

test('every key of the sheet', () => {
  const table: [string, string, Partial<Key>, string][] = [
    ['i', 'KeyI', {}, 'markIn'], ['o', 'KeyO', {}, 'markOut'], ['I', 'KeyI', { shiftKey: true }, 'goToIn'],
    ['O', 'KeyO', { shiftKey: true }, 'goToOut'], ['≈', 'KeyX', { altKey: true }, 'clearMarks'], ['Enter', 'Enter', {}, 'makeClip'],
    [' ', 'Space', {}, 'playPause'], ['j', 'KeyJ', {}, 'back'], ['k', 'KeyK', {}, 'pause'], ['l', 'KeyL', {}, 'faster'],
    ['ArrowLeft', 'ArrowLeft', {}, 'frameBack'], ['.', 'Period', {}, 'frameForward'],
    ['ArrowRight', 'ArrowRight', { shiftKey: true }, 'secondForward'], ['1', 'Digit1', {}, 'quick1'], ['3', 'Numpad3', {}, 'quick3'],
    ['End', 'End', {}, 'goLive'], ['Home', 'Home', {}, 'goToStart'], ['?', 'Slash', { shiftKey: true }, 'help'], ['\\', 'Backslash', {}, 'fit'],
  ];
  for (const [key, code, more, command] of table) {
    assert.equal(press(key, code, more), command, `${key} ${code}`);
  }
});

test('letters go by what they type, digits and punctuation by their place', () => {
  // AZERTY: A lies where Q is; digits need Shift there; M lies at Semicolon, the comma at KeyM.
  assert.equal(press('i', 'KeyI'), 'markIn');
  assert.equal(press('q', 'KeyI'), null);
  assert.equal(press('i', 'KeyQ'), 'markIn');
  assert.equal(press('é', 'Digit2'), 'quick2');
  assert.equal(press('2', 'Digit2', { shiftKey: true }), 'quick2');
  assert.equal(press('I', 'KeyI'), 'markIn', 'Caps Lock');
  assert.equal(press('?', 'Minus', { shiftKey: true }), 'help', 'QWERTZ');
});

test('text fields, dialogs, input methods and the browser\'s own shortcuts are left alone', () => {
  assert.equal(press('i', 'KeyI', {}, 'text'), null);
  assert.equal(press('Enter', 'Enter', {}, 'text'), null);
  assert.equal(press('Enter', 'Enter', {}, 'page', true), null);
  assert.equal(press('i', 'KeyI', { isComposing: true }), null);
  assert.equal(press('l', 'KeyL', { ctrlKey: true }), null);
  assert.equal(press('ArrowLeft', 'ArrowLeft', { metaKey: true }), null);
  assert.equal(press('ArrowLeft', 'ArrowLeft', { altKey: true }), null);
});

test('Enter makes the clip wherever the focus is; Space presses the button that has it', () => {
  for (const focus of ['page', 'button', 'link', 'handle'] as const) {
    assert.equal(press('Enter', 'Enter', {}, focus), 'makeClip');
  }

  assert.equal(press(' ', 'Space', {}, 'button'), null);
  assert.equal(press('i', 'KeyI', {}, 'button'), 'markIn');
});

test('a handle of the timeline keeps its arrows', () => {
  assert.equal(press('ArrowLeft', 'ArrowLeft', {}, 'handle'), null);
  assert.equal(press(',', 'Comma', {}, 'handle'), 'frameBack');
});

test('a key held down goes on stepping but marks only once', () => {
  assert.equal(press('ArrowRight', 'ArrowRight', { repeat: true }), 'frameForward');
  assert.equal(press('i', 'KeyI', { repeat: true }), null);
  assert.equal(press('1', 'Digit1', { repeat: true }), null);
  // Still the studio's, so that a held Enter presses no button; the studio makes nothing of it.
  assert.equal(press('Enter', 'Enter', { repeat: true }), 'makeClip');
});
