import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Marks, PressGuard, type Mark } from './Marks';

const mark = (timeline: number): Mark => ({ run: 0, time90k: timeline, timeline, image: '' });

function storage(): Storage {
  const items = new Map<string, string>();
  return {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
    removeItem: (key: string) => void items.delete(key),
  } as unknown as Storage;
}

function opened(store = storage()): Marks {
  const marks = new Marks(store, () => undefined);
  marks.open('a');
  return marks;
}

test('marks outlive a reload, each recording has its own', () => {
  const store = storage();
  const marks = opened(store);
  marks.setIn(mark(5));
  marks.setOut(mark(9));
  const again = opened(store);
  assert.deepEqual([again.in?.timeline, again.out?.timeline], [5, 9]);
  again.open('b');
  assert.deepEqual([again.in, again.out], [null, null]);
  again.open('a');
  again.clear();
  assert.equal(opened(store).in, null);
});

test('an in point behind the out point drops the out point, and the other way round', () => {
  const marks = opened();
  marks.setIn(mark(5));
  marks.setOut(mark(9));
  marks.setIn(mark(12));
  assert.deepEqual([marks.in?.timeline, marks.out], [12, null]);
  marks.setOut(mark(3));
  assert.deepEqual([marks.in, marks.out?.timeline], [null, 3]);
});

test('with an in point only, the clip ends on the picture shown', () => {
  const marks = opened();
  assert.match(String(marks.range(mark(8))), /in point first/);
  marks.setIn(mark(5));
  assert.deepEqual(marks.range(mark(8)), { in: mark(5), out: mark(8) });
  assert.match(String(marks.range(mark(4))), /before the in point/);
  assert.match(String(marks.range(null)), /no picture/);
  marks.setOut(mark(6));
  assert.deepEqual(marks.range(mark(8)), { in: mark(5), out: mark(6) });
});

test('one picture can be a clip', () => {
  const marks = opened();
  marks.setIn(mark(5));
  marks.setOut(mark(5));
  assert.deepEqual(marks.range(null), { in: mark(5), out: mark(5) });
});

test('a second press within a second on the same marks makes nothing', () => {
  const guard = new PressGuard();
  assert.equal(guard.admits('5-9', 1000), true);
  assert.equal(guard.admits('5-9', 1999), false);
  assert.equal(guard.admits('5-10', 1999), true);
  assert.equal(guard.admits('5-10', 2999), true);
});
