import assert from 'node:assert/strict';
import { test } from 'node:test';
import { elapsed, elapsedShort, length } from './Timecode';

test('places and lengths', () => {
  assert.equal(elapsed(0), '00:00:00.000');
  assert.equal(elapsed((1 * 3600 + 42 * 60 + 10.36) * 90_000), '01:42:10.360');
  assert.equal(elapsed(90_000 - 1), '00:00:01.000');
  assert.equal(elapsedShort(59.9 * 90_000), '00:59');
  assert.equal(elapsedShort(3600 * 90_000), '01:00:00');
  assert.equal(length(12.4 * 90_000), '12.400 s');
  assert.equal(length(62.4 * 90_000), '1:02.400');
});
