using LiveClip.Tests.Support;
using Xunit;

namespace LiveClip.Tests.Faults;

/// <summary>What a playlist says about the time of day, held against what it says about how long everything lasts.</summary>
internal static class ListedTime
{
    /// <summary>One step of a run's anchors is less.</summary>
    private static readonly TimeSpan Tolerance = TimeSpan.FromMilliseconds(100);

    /// <summary>Each segment's EXT-X-PROGRAM-DATE-TIME is the first one's and what lies between, gaps too; as if no clock had ever stepped.</summary>
    public static void IsContinuous(HlsPlaylist playlist)
    {
        var begin = playlist.Segments[0].ProgramDateTime!.Value;
        var passed = TimeSpan.Zero;
        foreach (var segment in playlist.Segments)
        {
            var off = (segment.ProgramDateTime ?? begin + passed) - begin - passed;
            Assert.True(off.Duration() < Tolerance, $"{segment.Address}: {off} off\n{playlist.Text}");
            passed += TimeSpan.FromSeconds((double)segment.Duration);
        }
    }

    /// <summary>UTC of the end of what is listed.</summary>
    public static DateTimeOffset End(HlsPlaylist playlist) =>
        playlist.Recorded[^1].ProgramDateTime!.Value + TimeSpan.FromSeconds((double)playlist.Recorded[^1].Duration);
}
