using LiveClip.Core.Recordings;
using LiveClip.Tests.Support;
using Xunit;

namespace LiveClip.Tests.Live;

/// <summary>
/// The rules of RFC 8216bis over every playlist of a broadcast in real time, part by part: encoders that go and come back, at once and
/// after a while, with other pictures or none, and what they send too late.
/// </summary>
public class LiveRulesTests
{
    private const PlaylistForm Whole = PlaylistForm.Whole | PlaylistForm.Parts;

    private static readonly Uri Address = new("http://server.test/index.m3u8");

    public static TheoryData<double, int, int> Encoders => new()
    {
        { 30, 60, 0 },
        { 25, 50, 2 },
        { 30_000 / 1001.0, 90, 0 },
        { 60, 30, 2 },
        { 15, 15, 0 },
        // No sync sample for longer than any segment may be: those behind the first do not begin with one.
        { 25, 700, 0 },
    };

    [Theory]
    [MemberData(nameof(Encoders))]
    public void Every_playlist_of_a_broadcast_is_right(double fps, int gop, int bFrames)
    {
        var packaged = new PackagedRecording();
        var encoder = new SyntheticEncoder { Fps = fps, Gop = gop, BFrames = bFrames, Pictures = bFrames > 0 ? SyntheticEncoder.Reordering : SyntheticEncoder.Plain };
        var viewers = new Viewers(packaged);
        var arrival = TimeSpan.Zero;
        var runs = 0;
        foreach (var (seconds, away) in ((double, double)[])[(50, 0.2), (1.1, 0.5), (33.3, 1.7), (0.4, 3), (21, 11), (40, 26.5), (5, 0)])
        {
            foreach (var sample in (encoder with { Arrival = arrival.Ticks, TimestampBreak = ++runs, StartMs = runs * 1000 }).Encode(seconds))
            {
                packaged.Accept(sample);
                viewers.Look();
            }

            packaged.Packager.CloseRun();
            viewers.Look();
            arrival += TimeSpan.FromSeconds(seconds + away);
            for (var waited = 0.0; waited < away; waited += 0.5)
            {
                packaged.Time.Advance(TimeSpan.FromSeconds(Math.Min(0.5, away - waited)));
                packaged.Packager.Wait();
                viewers.Look();
            }
        }

        viewers.LookAtTheEnd();
        Assert.Equal(runs, packaged.Runs.Count);
        viewers.AssertRight();
    }

    /// <summary>Those who follow a recording in every form that there is; each looks again at all that has changed.</summary>
    private sealed class Viewers(PackagedRecording packaged)
    {
        private readonly HlsFollower _inParts = new(Address);
        private readonly HlsFollower _withDvr = new(Address);
        private readonly HlsFollower _plain = new(Address);
        private int _outputs;
        private int _compared;

        public void Look()
        {
            if (packaged.Outputs.Count == _outputs || !packaged.Window.Playable.IsCompleted)
            {
                return;
            }

            _outputs = packaged.Outputs.Count;
            var timeline = packaged.Timeline();
            Look(_inParts, timeline, PlaylistForm.Parts);
            Look(_withDvr, timeline, Whole);
            _plain.Read(RecordingPlaylist.Of(timeline, "", PlaylistForm.None).ToString());
        }

        public void LookAtTheEnd()
        {
            foreach (var (follower, form) in ((HlsFollower, PlaylistForm)[])[(_inParts, PlaylistForm.Parts), (_withDvr, Whole), (_plain, PlaylistForm.None)])
            {
                follower.Read(RecordingPlaylist.Of(packaged.Timeline(onAir: false), "", form).ToString());
                Assert.True(follower.Known!.Ended);
                Assert.Equal(0, follower.Known.MediaSequence);
            }
        }

        public void AssertRight()
        {
            Assert.Empty(_inParts.Faults.Concat(_withDvr.Faults).Concat(_plain.Faults).DistinctBy(fault => fault.Rule));
            Assert.True(_inParts.Readings > 400 && _withDvr.Deltas > 250 && _compared == 2 * (_inParts.Readings - 1), $"{_inParts.Readings} {_withDvr.Deltas} {_compared}");
        }

        private void Look(HlsFollower follower, RecordingTimeline timeline, PlaylistForm form)
        {
            var whole = RecordingPlaylist.Of(timeline, "", form).ToString();
            follower.Read(follower.Known is null ? whole : RecordingPlaylist.Of(timeline, "", form | PlaylistForm.Delta).ToString());
            _compared += follower.Compare(whole) ? 1 : 0;
            new HlsFollower(Address).Read(whole);
        }
    }
}
