import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClipState, CreateClipAnswer, CreateClipRequest } from '../../Hubs/LiveConnection';
import { ClipRequests, NotConnected, type PendingClip, type RequestStore } from './ClipRequests';

const clipOf = (clientId: string, status: ClipState['status'] = 'queued'): ClipState =>
  ({ clipId: `clip-${clientId}`, clientId, status }) as ClipState;
const press = (clientId: string): Omit<PendingClip, 'state'> =>
  ({ request: { clientId, streamId: 's', last: 15 }, pressedAt: 0, label: 'Last 15 s', image: '' });

/** A server that can be away, and a store that outlives the page. */
class World {
  readonly sent: string[] = [];
  readonly stored = new Map<string, PendingClip>();
  isAway = false;
  answer: (request: CreateClipRequest) => Promise<CreateClipAnswer> = async request => ({ clip: clipOf(request.clientId) });

  readonly store: RequestStore = {
    load: async () => [...this.stored.values()],
    put: async pending => void this.stored.set(pending.request.clientId, structuredClone(pending)),
    remove: async clientId => void this.stored.delete(clientId),
  };

  page(): ClipRequests {
    return new ClipRequests(
      async request => {
        if (this.isAway) {
          throw new NotConnected();
        }

        this.sent.push(request.clientId);
        return await this.answer(request);
      },
      this.store,
      () => undefined);
  }
}

const states = (requests: ClipRequests): string[] => requests.all.map(pending => `${pending.request.clientId} ${pending.state}`);
const settled = (): Promise<void> => new Promise(resolve => setImmediate(resolve));

test('a request is on the page before anything is sent, and made when the answer comes', async () => {
  const world = new World();
  const requests = world.page();
  const added = requests.add(press('a'));
  assert.deepEqual(states(requests), ['a sending']);
  await added;
  await settled();
  assert.deepEqual(states(requests), ['a made']);
  assert.equal(world.stored.size, 0);
  requests.dismiss('a');
  assert.deepEqual(states(requests), []);
});

test('without a connection requests wait, and each goes out once when it is back', async () => {
  const world = new World();
  world.isAway = true;
  const requests = world.page();
  await requests.add(press('a'));
  await requests.add(press('b'));
  assert.deepEqual(states(requests), ['a waiting', 'b waiting']);
  requests.dismiss('a');
  assert.equal(requests.all.length, 2, 'what has not been answered cannot be dismissed');
  world.isAway = false;
  await Promise.all([requests.flush(), requests.flush()]);
  assert.deepEqual(world.sent, ['a', 'b']);
  assert.deepEqual(states(requests), ['a made', 'b made']);
  await requests.flush();
  assert.deepEqual(world.sent, ['a', 'b']);
});

test('an answer that was lost with the connection is asked for again with the same id', async () => {
  const world = new World();
  const requests = world.page();
  world.answer = async () => {
    throw new NotConnected();
  };
  await requests.add(press('a'));
  assert.deepEqual(states(requests), ['a waiting']);
  world.answer = async request => ({ clip: clipOf(request.clientId) });
  await requests.flush();
  assert.deepEqual(world.sent, ['a', 'a']);
  assert.deepEqual(states(requests), ['a made']);
});

test('an unanswered request outlives the page', async () => {
  const world = new World();
  world.isAway = true;
  await world.page().add(press('a'));
  await settled();
  world.isAway = false;
  const reloaded = world.page();
  await reloaded.restore();
  assert.deepEqual(states(reloaded), ['a waiting']);
  await reloaded.flush();
  await settled();
  assert.equal(world.stored.size, 0);
});

test('a refusal stays on the page until it is dismissed and is not sent again', async () => {
  const world = new World();
  const requests = world.page();
  world.answer = async () => ({ error: { field: 'in', message: 'lies outside the recording', reason: 'invalid' } });
  await requests.add(press('a'));
  await requests.flush();
  await settled();
  assert.deepEqual(states(requests), ['a refused']);
  assert.equal(requests.all[0]!.error!.message, 'lies outside the recording');
  assert.deepEqual([world.sent.length, world.stored.size], [1, 0]);
  requests.dismiss('a');
  assert.deepEqual(states(requests), []);
});

test('a failure of the server is a refusal, not a reason to send for ever', async () => {
  const world = new World();
  const requests = world.page();
  world.answer = async () => {
    throw new Error('An unexpected error occurred');
  };
  await requests.add(press('a'));
  await requests.flush();
  assert.deepEqual([states(requests), world.sent.length], [['a refused'], 1]);
});

test('an event that overtakes the answer settles the request', async () => {
  const world = new World();
  const requests = world.page();
  world.answer = async () => {
    requests.updated(clipOf('a', 'ready'));
    throw new NotConnected();
  };
  await requests.add(press('a'));
  assert.deepEqual(states(requests), ['a made']);
  assert.equal(requests.all[0]!.clip!.status, 'ready');
});

test('the same id added twice is one request', async () => {
  const world = new World();
  const requests = world.page();
  await Promise.all([requests.add(press('a')), requests.add(press('a'))]);
  assert.deepEqual(world.sent, ['a']);
});
