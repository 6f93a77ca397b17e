import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClipSpan, readExtents } from './ClipSpan';

const span = new ClipSpan(900_000, 1_800_000, readExtents('0:0:1080000 1:1350000:2000000'));
const frame = 1 / 30;

test('The first picture is the one at the in point, also when its milliseconds lie beside it', () => {
  assert.equal(span.sideOf(897_000, frame), 'before');
  assert.equal(span.sideOf(899_955, frame), 'inside');
  assert.equal(span.sideOf(900_000, frame), 'inside');
});

test('The last picture is the one before the out point', () => {
  assert.equal(span.sideOf(1_794_000, frame), 'inside');
  assert.equal(span.sideOf(1_797_045, frame), 'last');
  assert.equal(span.sideOf(1_799_955, frame), 'behind');
  assert.equal(span.sideOf(span.justBeforeEnd, frame), 'last');
});

test('The file leaves out the gap that is on the timeline', () => {
  assert.equal(span.secondsTo(990_000), 1);
  assert.equal(span.secondsTo(1_440_000), 3);
  assert.equal(span.secondsTo(1_900_000), 7);
});

test('The page names the runs that it knows', () => {
  assert.deepEqual(readExtents('0:0:90 3:450000:540000'), [{ run: 0, start: 0, end: 90 }, { run: 3, start: 450_000, end: 540_000 }]);
  assert.deepEqual(readExtents(''), []);
});
