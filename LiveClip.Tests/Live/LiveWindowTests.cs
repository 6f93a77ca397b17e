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
        Assert.Equal([.. Enumerable.Range(48, 12)], Enumerable.Range(0, 60).Where(number => packaged.Window.Find(number) is not null));
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
        Assert.Equal([.. Enumerable.Range(46, 13)], Enumerable.Range(0, 59).Where(number => packaged.Window.Find(number) is not null));
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
        var segment = new RecordedSegment
        {
            RecordingId = recording.Id,
            Number = 0,
            Run = 0,
            Start = 0,
            Duration = 2 * Second,
            Length = 1,
            StartsWithSync = true,
        };
        var window = new LiveWindow(recording, [segment]);
        Assert.True(window.Playable.IsCompleted);
        Assert.Equal((2 * Second, (int?)2), (window.NewestPicture, window.TargetDuration));
        Assert.Null(window.Find(0));
        window.Forget(1, new HashSet<long>());
        Assert.Empty(window.Snapshot().Segments);
    }
}
