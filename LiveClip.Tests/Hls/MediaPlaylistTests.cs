using LiveClip.Core.Hls;
using Xunit;

namespace LiveClip.Tests.Hls;

public class MediaPlaylistTests
{
    [Fact]
    public void A_live_edge_with_a_new_run_and_a_lost_segment_is_written_as_it_stands_here()
    {
        var moment = new DateTimeOffset(2026, 7, 1, 12, 0, 0, 250, TimeSpan.FromHours(2));
        var playlist = new MediaPlaylist
        {
            TargetDuration = 2,
            MediaSequence = 41,
            DiscontinuitySequence = 3,
            IndependentSegments = true,
            Segments =
            [
                new MediaSegment("0/41.m4s", "0/init.mp4", 180_000) { ProgramDateTime = moment },
                new MediaSegment("0/42.m4s", "0/init.mp4", 171_090) { ProgramDateTime = moment.AddSeconds(2), Gap = true },
                new MediaSegment("1/43.m4s", "1/init.mp4", 1)
                {
                    ProgramDateTime = moment.AddSeconds(9),
                    Discontinuity = true,
                    ByteLength = 1234,
                },
            ],
        };

        Assert.Equal(
            """
            #EXTM3U
            #EXT-X-VERSION:7
            #EXT-X-TARGETDURATION:2
            #EXT-X-MEDIA-SEQUENCE:41
            #EXT-X-DISCONTINUITY-SEQUENCE:3
            #EXT-X-INDEPENDENT-SEGMENTS
            #EXT-X-MAP:URI="0/init.mp4"
            #EXT-X-PROGRAM-DATE-TIME:2026-07-01T10:00:00.250Z
            #EXTINF:2.000000,
            0/41.m4s
            #EXT-X-PROGRAM-DATE-TIME:2026-07-01T10:00:02.250Z
            #EXT-X-GAP
            #EXTINF:1.901000,
            0/42.m4s
            #EXT-X-DISCONTINUITY
            #EXT-X-MAP:URI="1/init.mp4"
            #EXT-X-PROGRAM-DATE-TIME:2026-07-01T10:00:09.250Z
            #EXTINF:0.000011,
            #EXT-X-BYTERANGE:1234@0
            1/43.m4s

            """.ReplaceLineEndings("\n"),
            playlist.ToString());
    }

    [Fact]
    public void At_low_latency_the_parts_the_next_one_and_what_is_left_out_are_listed()
    {
        var playlist = new MediaPlaylist
        {
            TargetDuration = 2,
            MediaSequence = 41,
            LowLatency = new LowLatency(0.302m, 0.906m, 6, 12),
            Skipped = 7,
            Segments =
            [
                new MediaSegment("0/48.m4s", "0/init.mp4", 54_000)
                {
                    Parts = [new MediaPart("0/p1.m4s", 27_000, Independent: true), new MediaPart("0/p2.m4s", 27_000, Independent: false)],
                },
            ],
            Open = new MediaSegment("1/49.m4s", "1/init.mp4", 0)
            {
                Discontinuity = true,
                Parts = [new MediaPart("1/p1.m4s", 27_000, Independent: true)],
            },
            NextPart = "1/p2.m4s",
        };

        Assert.Equal(
            """
            #EXTM3U
            #EXT-X-VERSION:9
            #EXT-X-TARGETDURATION:2
            #EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=12,HOLD-BACK=6,PART-HOLD-BACK=0.906
            #EXT-X-PART-INF:PART-TARGET=0.302
            #EXT-X-MEDIA-SEQUENCE:41
            #EXT-X-DISCONTINUITY-SEQUENCE:0
            #EXT-X-SKIP:SKIPPED-SEGMENTS=7
            #EXT-X-MAP:URI="0/init.mp4"
            #EXT-X-PART:DURATION=0.300000,URI="0/p1.m4s",INDEPENDENT=YES
            #EXT-X-PART:DURATION=0.300000,URI="0/p2.m4s"
            #EXTINF:0.600000,
            0/48.m4s
            #EXT-X-DISCONTINUITY
            #EXT-X-MAP:URI="1/init.mp4"
            #EXT-X-PART:DURATION=0.300000,URI="1/p1.m4s",INDEPENDENT=YES
            #EXT-X-PRELOAD-HINT:TYPE=PART,URI="1/p2.m4s"

            """.ReplaceLineEndings("\n"),
            playlist.ToString());
    }

    /// <summary>hls.js takes a segment at the very end of a playlist with parts for the one that grows.</summary>
    [Fact]
    public void One_in_parts_never_ends_with_a_segment()
    {
        var whole = new MediaPlaylist { TargetDuration = 2, Segments = [new MediaSegment("1/0.m4s", "1/init.mp4", 180_000)] };

        Assert.EndsWith("\n1/0.m4s\n", whole.ToString(), StringComparison.Ordinal);
        Assert.EndsWith(
            "\n1/0.m4s\n# The encoder is away.\n", (whole with { LowLatency = new(0.3m, 0.9m, 6, 12) }).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void An_ended_one_says_so_and_where_to_begin()
    {
        var playlist = new MediaPlaylist
        {
            TargetDuration = 10,
            Type = MediaPlaylistType.Vod,
            StartOffset = 1.5,
            Segments = [new MediaSegment("0.m4s", "init.mp4", 90_000)],
            Ended = true,
        };

        Assert.Equal(
            """
            #EXTM3U
            #EXT-X-VERSION:7
            #EXT-X-TARGETDURATION:10
            #EXT-X-MEDIA-SEQUENCE:0
            #EXT-X-PLAYLIST-TYPE:VOD
            #EXT-X-START:TIME-OFFSET=1.5,PRECISE=YES
            #EXT-X-MAP:URI="init.mp4"
            #EXTINF:1.000000,
            0.m4s
            #EXT-X-ENDLIST

            """.ReplaceLineEndings("\n"),
            playlist.ToString());
    }

    [Fact]
    public void Numbers_are_written_the_same_in_every_culture()
    {
        var before = Thread.CurrentThread.CurrentCulture;
        Thread.CurrentThread.CurrentCulture = new System.Globalization.CultureInfo("ar-SA");
        try
        {
            var text = new MediaPlaylist
            {
                TargetDuration = 10,
                StartOffset = 2.25,
                Segments = [new MediaSegment("0.m4s", "i", 90_000) { ProgramDateTime = new DateTimeOffset(2026, 7, 1, 0, 0, 0, default) }],
            }.ToString();
            Assert.Contains("TIME-OFFSET=2.25,", text, StringComparison.Ordinal);
            Assert.Contains("PROGRAM-DATE-TIME:2026-07-01T00:00:00.000Z", text, StringComparison.Ordinal);
            Assert.Contains("#EXTINF:1.000000,", text, StringComparison.Ordinal);
        }
        finally
        {
            Thread.CurrentThread.CurrentCulture = before;
        }
    }
}
