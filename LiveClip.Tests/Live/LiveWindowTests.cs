using LiveClip.Core.Catalog;
using LiveClip.Core.Live;
using Xunit;

namespace LiveClip.Tests.Live;

public class LiveWindowTests
{
    private const long Second = 90_000;

    [Fact]
    public void Old_segments_lose_their_bytes_and_keep_their_place_in_the_list()
    {
        var packaged = PackagedRecording.Of(new SyntheticEncoder { Bytes = 1_000 }.Encode(seconds: 120));
        var snapshot = packaged.Window.Snapshot();

        Assert.Equal(60, snapshot.Segments.Count);
        Assert.Null(packaged.Window.Find(0));
        Assert.Equal([.. Enumerable.Range(54, 6)], Enumerable.Range(0, 60).Where(number => packaged.Window.Find(number) is not null));
    }

    [Fact]
    public void A_segment_that_the_disk_has_not_taken_yet_stays_in_memory_however_late_the_disk_is()
    {
        var packaged = new PackagedRecording { WritesSegments = false };
        new SyntheticEncoder().Encode(seconds: 120).ForEach(packaged.Accept);
        Assert.All(Enumerable.Range(0, 59), number => Assert.NotNull(packaged.Window.Find(number)));

        packaged.Window.Release(20);
        Assert.Equal([.. Enumerable.Range(21, 38)], Enumerable.Range(0, 59).Where(number => packaged.Window.Find(number) is not null));
        packaged.Window.Release(58);
        Assert.Equal([.. Enumerable.Range(53, 6)], Enumerable.Range(0, 59).Where(number => packaged.Window.Find(number) is not null));
    }

    [Fact]
    public void Beyond_its_memory_the_oldest_segments_go_first_of_those_that_the_disk_has()
    {
        var window = new PackagedRecording().Window;
        Add(window, 0, 4); // 64 MiB to the byte
        Assert.All(Enumerable.Range(0, 4), number => Assert.NotNull(window.Find(number)));

        window.Release(1);
        Add(window, 4, 1);
        Assert.Equal([1, 2, 3, 4], InMemory(window));
        Add(window, 5, 1);
        Assert.Equal([2, 3, 4, 5], InMemory(window));
        Assert.Empty(window.Snapshot().Lost);

        // The disk has none of these yet: the oldest is a hole until it has.
        Add(window, 6, 1);
        Assert.Equal([3, 4, 5, 6], InMemory(window));
        Assert.Equal([2L], window.Snapshot().Lost);
        window.Release(2);
        Assert.Empty(window.Snapshot().Lost);

        IEnumerable<int> InMemory(LiveWindow window) => Enumerable.Range(0, 7).Where(number => window.Find(number) is not null);

        void Add(LiveWindow window, long number, int count)
        {
            for (var next = number; next < number + count; next++)
            {
                for (var index = 0; index < 2; index++)
                {
                    window.Accept(new FragmentFinished(
                        0, next, index, ((int)next * 2) + index + 1, (next * 2 + index) * Second, Second, index == 0, next * 2 * Second, new byte[8 << 20]));
                }

                window.Accept(new SegmentClosed(SegmentAt(window.Recording.Id, next)));
            }
        }
    }

    [Fact]
    public void Whoever_asks_between_two_fragments_is_answered_alike()
    {
        var packaged = new PackagedRecording();
        new SyntheticEncoder().Encode(seconds: 5).ForEach(packaged.Accept);

        var snapshot = packaged.Window.Snapshot();
        Assert.Same(snapshot, packaged.Window.Snapshot());
        packaged.Packager.CloseRun();
        Assert.Equal(snapshot.Segments.Count + 1, packaged.Window.Snapshot().Segments.Count);
    }

    [Fact]
    public void A_segment_in_memory_is_byte_for_byte_its_fragments()
    {
        var packaged = new PackagedRecording();
        new SyntheticEncoder().Encode(seconds: 5).ForEach(packaged.Accept);

        var snapshot = packaged.Window.Snapshot();
        Assert.Equal([0L, 1L], snapshot.Segments.Select(segment => segment.Number));
        Assert.Equal((2L, (RecordedSegment?)null), (snapshot.Open!.Number, snapshot.Open.Closed));
        Assert.Equal(4 * Second, snapshot.Open.Start);
        foreach (var number in new long[] { 0, 1, 2 })
        {
            var expected = packaged.Fragments.Where(fragment => fragment.Number == number).SelectMany(fragment => fragment.Bytes.ToArray());
            Assert.Equal(expected, packaged.Window.Find(number)!.ToMemory().ToArray());
        }

        Assert.Null(packaged.Window.Find(3));
        Assert.True(snapshot.NewestPicture <= snapshot.Open.End && snapshot.NewestPicture > snapshot.Open.Start);
    }

    [Fact]
    public void It_is_playable_with_its_first_closed_segment_and_a_target_duration()
    {
        var packaged = new PackagedRecording();
        var playableAt = -1.0;
        foreach (var sample in new SyntheticEncoder { Gop = 60 }.Encode(seconds: 6))
        {
            packaged.Accept(sample);
            if (playableAt < 0 && packaged.Window.Playable.IsCompleted)
            {
                playableAt = sample.Track.Timescale.ToSeconds(sample.DecodeTime);
            }
        }

        Assert.Equal(2, playableAt, 0.1);
    }

    [Fact]
    public void A_lost_segment_is_played_from_memory_and_a_hole_once_it_is_gone_from_there()
    {
        var packaged = new PackagedRecording();
        var encoder = new SyntheticEncoder { Gop = 60 };
        var samples = encoder.Encode(seconds: 60);
        foreach (var sample in samples.TakeWhile(sample => sample.Track.Timescale.ToSeconds(sample.DecodeTime) < 10))
        {
            packaged.Accept(sample);
        }

        packaged.Window.MarkLost(2);
        Assert.Empty(packaged.Window.Snapshot().Lost);
        Assert.NotNull(packaged.Window.Find(2));
        foreach (var sample in samples.SkipWhile(sample => sample.Track.Timescale.ToSeconds(sample.DecodeTime) < 10))
        {
            packaged.Accept(sample);
        }

        Assert.Equal([2L], packaged.Window.Snapshot().Lost);
        Assert.Null(packaged.Window.Find(2));
    }

    [Fact]
    public async Task Readers_see_whole_segments_in_order_while_it_grows()
    {
        var packaged = new PackagedRecording();
        var samples = new SyntheticEncoder().Encode(seconds: 60);
        using var done = new CancellationTokenSource();
        var readers = Enumerable.Range(0, 3).Select(_ => Task.Run(() =>
        {
            var last = 0L;
            while (!done.IsCancellationRequested)
            {
                var snapshot = packaged.Window.Snapshot();
                Assert.Equal(snapshot.Segments.Select((_, i) => (long)i), snapshot.Segments.Select(segment => segment.Number));
                Assert.True(snapshot.NewestPicture >= last);
                last = snapshot.NewestPicture;
                if (snapshot.Open is { } open)
                {
                    Assert.Equal(snapshot.Segments.Count, open.Number);
                    Assert.Equal(open.Length, open.ToMemory().Length);
                }

                // Listed as closed, it is closed, unless it has left memory by now.
                Assert.False(snapshot.Segments.Count > 0 && packaged.Window.Find(snapshot.Segments[^1].Number) is { Closed: null });
            }
        })).ToList();
        samples.ForEach(packaged.Accept);
        await done.CancelAsync();
        await Task.WhenAll(readers);
    }

    [Fact]
    public void What_was_recorded_before_a_restart_is_listed_and_can_be_clipped()
    {
        var recording = new Recording
        {
            Id = Guid.NewGuid(),
            StreamId = "s",
            StartedAt = default,
            FirstSegmentNumber = 0,
            FirstDiscontinuity = 0,
            TargetDuration = 2,
        };
        var window = new LiveWindow(recording, [SegmentAt(recording.Id, 0)]);
        Assert.True(window.Playable.IsCompleted);
        Assert.Equal((2 * Second, (int?)2), (window.NewestPicture, window.TargetDuration));
        Assert.Null(window.Find(0));
        window.Forget(1, new HashSet<long>());
        Assert.Empty(window.Snapshot().Segments);
    }

    private static RecordedSegment SegmentAt(Guid recordingId, long number) => new()
    {
        RecordingId = recordingId,
        Number = number,
        Run = 0,
        Start = number * 2 * Second,
        Duration = 2 * Second,
        Length = 1,
        StartsWithSync = true,
    };
}
