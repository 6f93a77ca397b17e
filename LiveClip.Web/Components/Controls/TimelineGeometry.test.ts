import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endOf, fit, follow, gaps, keepInside, pan, rows, rulerMarks, rulerStep, snap, toPixel, toTicks, zoom } from './TimelineGeometry';

const S = 90_000;
const hour = { start: 0, end: 3600 * S };

test('pixels and ticks are each other\'s inverse', () => {
  const view = { start: 10 * S, ticksPerPixel: 300, width: 1000 };
  for (const pixel of [0, 1, 499, 1000]) {
    assert.equal(toPixel(view, toTicks(view, pixel)), pixel);
  }
});

test('fit shows the whole recording and room after the live edge', () => {
  const view = fit(hour, 1000);
  assert.equal(toPixel(view, 0), 0);
  assert.equal(Math.round(toPixel(view, hour.end)), 940);
});

test('a recording that has just begun is not blown up', () => {
  assert.ok(toPixel(fit({ start: 0, end: S }, 1000), S) < 100);
});

test('zoom keeps the place under the pointer', () => {
  const view = fit(hour, 1000);
  const closer = zoom(view, 0.25, 400, hour);
  assert.equal(toTicks(closer, 400), toTicks(view, 400));
  assert.equal(closer.ticksPerPixel, view.ticksPerPixel / 4);
});

test('zoom ends at the whole recording and at ten milliseconds', () => {
  const view = fit(hour, 1000);
  assert.deepEqual(zoom(view, 100, 500, hour), view);
  assert.equal(zoom(view, 1e-9, 500, hour).ticksPerPixel, 10);
});

test('a view is panned no further than the recording goes', () => {
  const view = zoom(fit(hour, 1000), 0.1, 500, hour);
  assert.equal(pan(view, -1e6, hour).start, 0);
  const last = pan(view, 1e6, hour);
  assert.equal(Math.round(toPixel(last, hour.end)), 940);
  assert.ok(endOf(last) > hour.end);
});

test('following puts the live edge where fit has it', () => {
  const view = { start: 0, ticksPerPixel: 900, width: 1000 };
  assert.equal(Math.round(toPixel(follow(view, 2 * hour.end), 2 * hour.end)), 940);
  assert.equal(keepInside(follow(view, 2 * S), { start: 0, end: 2 * S }).start, 0);
});

test('labels of the ruler keep their distance at every scale', () => {
  for (let ticksPerPixel = 10; ticksPerPixel < 4e6; ticksPerPixel *= 1.7) {
    const view = { start: 0, ticksPerPixel, width: 1200 };
    const labelled = rulerMarks(view).filter(mark => mark.labelled);
    assert.ok(rulerStep(view) / ticksPerPixel >= 84 || rulerStep(view) === 86_400 * S);
    assert.ok(labelled.length <= 15, `${labelled.length} labels at ${ticksPerPixel}`);
    assert.ok(labelled.every(mark => mark.ticks % rulerStep(view) === 0));
  }
});

test('a ruler with the time of day stands on its own origin', () => {
  const view = { start: 0, ticksPerPixel: S / 10, width: 1000 };
  const labelled = rulerMarks(view, -3 * S).filter(mark => mark.labelled);
  assert.ok(labelled.every(mark => (mark.ticks + 3 * S) % rulerStep(view) === 0));
});

test('snapping takes the nearest place within reach', () => {
  const view = { start: 0, ticksPerPixel: 100, width: 1000 };
  assert.equal(snap(view, 10_000, [9_500, 10_300]), 10_300);
  assert.equal(snap(view, 10_000, [9_100]), 10_000);
  assert.equal(snap(view, 10_000, [9_100], 9), 9_100);
});

test('gaps lie between runs and after the last while the encoder is away', () => {
  const extents = [{ run: 0, start: 0, end: 4 }, { run: 1, start: 6, end: 9 }, { run: 2, start: 9, end: 11 }];
  assert.deepEqual(gaps(extents, 11), [{ start: 4, end: 6 }]);
  assert.deepEqual(gaps(extents, 15), [{ start: 4, end: 6 }, { start: 11, end: 15 }]);
  assert.deepEqual(gaps([], 0), []);
});

test('overlapping clips take rows of their own', () => {
  assert.deepEqual(rows([{ start: 5, end: 9 }, { start: 0, end: 6 }, { start: 6, end: 8 }, { start: 7, end: 12 }]), [1, 0, 0, 2]);
  assert.deepEqual(rows([]), []);
});
