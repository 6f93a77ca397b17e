import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  PictureClock, fragmentsOf, frameDuration, pictureOn, playingTime, playingTimeBefore, runExtents, runOfSegment, stepTarget, timelineOf, wallClockOf,
  type PlaylistFragment, type Run,
} from './ShownPicture';

const S = 90_000;
const run = (number: number, timelineStart: number): Run =>
  ({ number, timelineStart, wallClock: new Date(timelineStart / 90).toISOString(), width: 1280, height: 720 });
const fragment = (start: number, duration: number, cc: number, url: string, more: Partial<PlaylistFragment> = {}): PlaylistFragment =>
  ({ start, duration, cc, url: `https://live.example/recordings/5f/${url}`, ...more });

// Run 0 for 4 s, the encoder away for 2 s, then run 1.
const fragments = [
  fragment(0, 2, 0, '0/0.m4s'),
  fragment(2, 2, 0, '0/1.m4s'),
  fragment(4, 2, 0, '0/2.m4s', { gap: true }),
  fragment(6, 2, 1, '1/3.m4s'),
  fragment(8, 2, 1, '1/4.m4s'),
];
const runs = [run(0, 0), run(1, 6 * S)];
const extents = runExtents(fragments, runs);

test('the run is the second last part of a segment address', () => {
  assert.equal(runOfSegment('https://live.example/recordings/5f/12/345.m4s?x=/7/8'), 12);
  assert.equal(runOfSegment('/0/7.m4s'), 0);
  assert.equal(runOfSegment('https://live.example/7.m4s'), null);
  assert.equal(runOfSegment('https://live.example/x/7.m4s'), null);
});

test('media time plus the offset of its discontinuity is the time within the run', () => {
  const clock = new PictureClock();
  clock.learn(0, 0, 15_360);
  clock.learn(1, -6 * 48_000, 48_000);
  assert.deepEqual(clock.pictureAt(3.966667, fragments), { run: 0, time90k: 357_000 });
  assert.deepEqual(clock.pictureAt(6, fragments), { run: 1, time90k: 0 });
  assert.deepEqual(clock.pictureAt(7.001667, fragments), { run: 1, time90k: 90_150 });
});

test('a picture on the boundary of two runs belongs to the later one, the last before it to the earlier', () => {
  const clock = new PictureClock();
  clock.learn(0, 0, 90_000);
  clock.learn(1, -2 * 90_000, 90_000);
  // A codec change: no gap, and the sound of run 1 begins 20 ms before its picture.
  const contiguous = [
    fragment(0, 2, 0, '0/0.m4s'),
    fragment(1.98, 2, 1, '1/1.m4s', { elementaryStreams: { video: { startPTS: 2.000011 } } }),
  ];
  assert.deepEqual(clock.pictureAt(1.983333, contiguous), { run: 0, time90k: 178_500 });
  assert.deepEqual(clock.pictureAt(2, contiguous), { run: 1, time90k: 0 });
});

test('no picture is named before the timing of its run is known, nor before there is a playlist', () => {
  const clock = new PictureClock();
  clock.learn(0, 0, 90_000);
  assert.equal(clock.pictureAt(6.5, fragments), null);
  assert.equal(clock.pictureAt(1, []), null);
  clock.reset();
  assert.equal(clock.pictureAt(1, fragments), null);
});

test('a picture is found again in the player, by the playlist while its run has not been played', () => {
  const clock = new PictureClock();
  assert.equal(clock.mediaTimeOf({ run: 1, time90k: S }, fragments), 7);
  clock.learn(1, -6.05 * 90_000, 90_000);
  assert.equal(clock.mediaTimeOf({ run: 1, time90k: S }, fragments)!.toFixed(6), '7.050000');
  assert.equal(clock.mediaTimeOf({ run: 9, time90k: 0 }, fragments), null);
});

test('extents are what the playlist lists, without the gap', () => {
  assert.deepEqual(extents, [{ run: 0, start: 0, end: 4 * S }, { run: 1, start: 6 * S, end: 10 * S }]);
});

test('a place on the timeline and its picture', () => {
  assert.equal(timelineOf({ run: 1, time90k: 3000 }, runs), 6 * S + 3000);
  assert.equal(timelineOf({ run: 2, time90k: 0 }, runs), null);
  assert.deepEqual(pictureOn(7 * S, extents), { run: 1, time90k: S });
  // Inside the gap, before the start, past the end.
  assert.deepEqual(pictureOn(5 * S, extents), { run: 1, time90k: 0 });
  assert.deepEqual(pictureOn(-S, extents), { run: 0, time90k: 0 });
  assert.deepEqual(pictureOn(99 * S, extents), { run: 1, time90k: 4 * S });
  assert.equal(pictureOn(0, []), null);
  assert.equal(wallClockOf({ run: 1, time90k: 1500 }, runs), 6000 + 1500 / 90);

  // From an anchor on its own UTC counts.
  const drifted = [{ ...runs[0]!, anchors: [{ timeline: runs[0]!.timelineStart + 90_000, wallClock: new Date(1_090).toISOString() }] }];
  const { number, timelineStart } = drifted[0]!;
  assert.equal(wallClockOf({ run: number, time90k: 45_000 }, drifted), timelineStart / 90 + 500);
  assert.equal(wallClockOf({ run: number, time90k: 180_000 }, drifted), 2_090);
});

test('playing time leaves gaps out, both ways', () => {
  assert.equal(playingTime(3 * S, 7 * S, extents), 2 * S);
  assert.equal(playingTimeBefore(7 * S, 2 * S, extents), 3 * S);
  assert.equal(playingTimeBefore(7 * S, S, extents), 6 * S);
  // Longer than what there is: from the start.
  assert.equal(playingTimeBefore(7 * S, 60 * S, extents), 0);
});

test('frame duration comes from neighbours, whatever was skipped between others', () => {
  const at = (...mediaTimes: number[]) => mediaTimes.map((mediaTime, n) => ({ mediaTime, presentedFrames: n }));
  assert.equal(frameDuration([]), null);
  assert.equal(frameDuration(at(1, 1.033, 1.067)), null, 'too few');
  assert.equal(frameDuration(at(1, 1.033, 1.067, 1.1, 1.167, 1.2))!.toFixed(3), '0.033', 'one skipped uncounted');
  const dropped = at(1, 1.02, 1.04, 1.06, 1.08).map(frame => ({ ...frame, presentedFrames: frame.presentedFrames * 2 }));
  assert.equal(frameDuration(dropped), null, 'no two of them neighbours');
});

test('a step aims at the middle of the neighbour', () => {
  assert.equal(stepTarget(2, 1, 0.04).toFixed(6), '2.060000');
  assert.equal(stepTarget(2, -1, 0.04).toFixed(6), '1.980000');
  assert.equal(stepTarget(0, -1, 0.04), 0);
});

test('a picture of a segment that is still growing is named, also in a run that has no whole one yet', () => {
  const clock = new PictureClock();
  clock.learn(0, 0, 90_000);
  clock.learn(1, -2 * 90_000, 90_000);
  const whole = { ...fragment(0, 2, 0, '0/0.m4s'), sn: 0 };
  const open = { ...fragment(2, 0.333, 1, ''), url: '', sn: 1 };
  const partOf = ({ sn }: { sn: number }, number: number, end: number): object =>
    ({ fragment: { sn }, url: `https://live.example/recordings/5f/${sn}/p${number}.m4s`, end });
  const parts = [partOf(whole, 6, 2), partOf(open, 1, 2.333), partOf(open, 2, 2.667)] as never;

  const all = fragmentsOf({ fragments: [whole], fragmentHint: open, partList: parts });
  assert.deepEqual(clock.pictureAt(2.5, all), { run: 1, time90k: 45_000 });
  assert.equal(clock.mediaTimeOf({ run: 1, time90k: 45_000 }, all), 2.5);
  assert.deepEqual(runExtents(all, [run(0, 0), run(1, 2 * S)]), [{ run: 0, start: 0, end: 2 * S }, { run: 1, start: 2 * S, end: 2 * S + 60_030 }]);

  // Once a part has been loaded it stands among the whole ones too, without an address.
  assert.deepEqual(fragmentsOf({ fragments: [whole, open], fragmentHint: open, partList: parts }), all);
});

test('a next segment without a part is nothing yet', () => {
  const fragments = [{ ...fragment(0, 2, 0, '0/0.m4s'), sn: 0 }];
  const next = { ...fragment(2, 0, 0, ''), url: '', sn: 1 };
  const partList = [{ fragment: { sn: 0 }, url: 'https://live.example/recordings/5f/0/p6.m4s', end: 2 }];
  assert.equal(fragmentsOf({ fragments, fragmentHint: next, partList }), fragments);
  assert.equal(fragmentsOf({ fragments }), fragments);
});
