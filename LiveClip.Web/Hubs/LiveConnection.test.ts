import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventOrder, retryDelay } from './LiveConnection';

function order(): { order: EventOrder; heard: number[]; joins: () => number; send: (...sequences: number[]) => void } {
  const heard: number[] = [];
  let joins = 0;
  const made = new EventOrder(() => joins++);
  return { order: made, heard, joins: () => joins, send: (...all) => all.forEach(n => made.event(n, () => heard.push(n))) };
}

test('events before the snapshot wait; those it contains are dropped', () => {
  const world = order();
  world.send(4, 5, 6);
  assert.deepEqual(world.heard, []);
  world.order.snapshot(4);
  assert.deepEqual(world.heard, [5, 6]);
  world.send(7);
  assert.deepEqual([world.heard, world.joins()], [[5, 6, 7], 0]);
});

test('a missing number asks for a new snapshot once and delivers nothing until then', () => {
  const world = order();
  world.order.snapshot(1);
  world.send(2, 4, 5);
  assert.deepEqual([world.heard, world.joins()], [[2], 1]);
  world.order.snapshot(5);
  world.send(6);
  assert.deepEqual(world.heard, [2, 6]);
});

test('a repeat changes nothing; a server that began anew counts from its own snapshot', () => {
  const world = order();
  world.order.snapshot(8);
  world.send(8, 7);
  assert.deepEqual([world.heard, world.joins()], [[], 0]);
  world.order.hold();
  world.order.snapshot(0);
  world.send(1);
  assert.deepEqual(world.heard, [1]);
});

test('the wait before a new try grows to five seconds and no further', () => {
  assert.equal(retryDelay(0), 0);
  assert.equal(retryDelay(1, 1), 500);
  for (let tries = 1; tries < 1000; tries++) {
    assert.ok(retryDelay(tries, 0) >= 375 && retryDelay(tries, 1) <= 5000);
  }
});
