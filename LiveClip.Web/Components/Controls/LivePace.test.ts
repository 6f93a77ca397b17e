import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LivePace } from './LivePace';

test('at the edge it plays at normal speed', () => {
  const pace = new LivePace();
  for (const behind of [-0.3, 0, 0.1, 0.39]) {
    assert.equal(pace.next(behind, 0), 1);
  }
});

test('what was lost by a stall is caught up, and not given up half way', () => {
  const pace = new LivePace();
  assert.equal(pace.next(2, 0), 1.1);
  assert.equal(pace.next(0.2, 0), 1.1);
  assert.equal(pace.next(0.1, 0), 1);
  assert.equal(pace.next(0.2, 0), 1);
});

test('too much is left out', () => {
  const pace = new LivePace();
  assert.equal(pace.next(2.6, 0), 'jump');
  assert.equal(pace.next(0, 0), 1);
});

test('each stall keeps it half a second further away, up to two, for a minute', () => {
  const pace = new LivePace();
  pace.stalled(0);
  assert.equal(pace.next(0.8, 1_000), 1);
  assert.equal(pace.next(1, 1_000), 1.1);
  for (let stall = 1; stall < 10; stall++) {
    pace.stalled(10_000);
  }

  assert.equal(pace.next(2, 11_000), 1);
  assert.equal(pace.next(2.5, 11_000), 1.1);
  assert.equal(pace.next(4.6, 11_000), 'jump');
  assert.equal(pace.next(2, 70_001), 1.1);
});
