import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SharedConnections } from './SharedConnections';

test('over HTTP/1.1 two players of a browser may wait, and a third one when one of them is gone', async t => {
  const [first, second, third, late] = [1, 2, 3, 4].map(() => new SharedConnections('http/1.1'));
  // An open channel keeps the process alive.
  t.after(() => [first, second, third, late].forEach(player => player!.dispose()));
  assert.equal(await first!.ask(), true);
  assert.equal(await second!.ask(), true);
  assert.equal(await third!.ask(), false);
  first!.dispose();
  assert.equal(await late!.ask(), true);
});

test('over HTTP/2 all may wait', async () => {
  const players = [1, 2, 3, 4].map(() => new SharedConnections('h2'));
  assert.deepEqual(await Promise.all(players.map(player => player.ask())), [true, true, true, true]);
});
