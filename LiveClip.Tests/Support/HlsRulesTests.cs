using Xunit;

namespace LiveClip.Tests.Support;

/// <summary>That the rules of HLS find what breaks them, each of them, and nothing in what is right.</summary>
public class HlsRulesTests
{
    private const string Live = """
        #EXTM3U
        #EXT-X-VERSION:9
        #EXT-X-TARGETDURATION:2
        #EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=12,HOLD-BACK=6,PART-HOLD-BACK=0.906
        #EXT-X-PART-INF:PART-TARGET=0.302
        #EXT-X-MEDIA-SEQUENCE:40
        #EXT-X-DISCONTINUITY-SEQUENCE:2
        #EXT-X-INDEPENDENT-SEGMENTS
        #EXT-X-MAP:URI="0/init.mp4"
        #EXT-X-PROGRAM-DATE-TIME:2026-07-01T10:00:00.000Z
        #EXTINF:2.000000,
        0/40.m4s
        #EXT-X-PROGRAM-DATE-TIME:2026-07-01T10:00:02.000Z
        #EXTINF:2.000000,
        0/41.m4s
        #EXT-X-GAP
        #EXTINF:2.000000,
        0/42.m4s
        #EXT-X-DISCONTINUITY
        #EXT-X-MAP:URI="1/init.mp4"
        #EXT-X-PROGRAM-DATE-TIME:2026-07-01T10:00:06.000Z
        #EXT-X-PART:DURATION=0.300000,URI="1/p1.m4s",INDEPENDENT=YES
        #EXT-X-PART:DURATION=0.300000,URI="1/p2.m4s"
        #EXT-X-PART:DURATION=0.200000,URI="1/p3.m4s"
        #EXTINF:0.800000,
        1/43.m4s
        #EXT-X-PROGRAM-DATE-TIME:2026-07-01T10:00:06.800Z
        #EXT-X-PART:DURATION=0.300000,URI="1/p4.m4s",INDEPENDENT=YES
        #EXT-X-PART:DURATION=0.300000,URI="1/p5.m4s"
        #EXT-X-PRELOAD-HINT:TYPE=PART,URI="1/p6.m4s"

        """;

    private const string Date = "#EXT-X-PROGRAM-DATE-TIME:2026-07-01T10:00:06.000Z\n";
    private const string End = "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"1/p6.m4s\"\n";
    private const string OpenPart = "#EXT-X-PART:DURATION=0.300000,URI=\"1/p5.m4s\"\n";
    private const string Head = "#EXT-X-INDEPENDENT-SEGMENTS\n";

    private const string Closed = "#EXT-X-PART:DURATION=0.300000,URI=\"1/p6.m4s\"\n#EXTINF:0.900000,\n1/44.m4s\n";

    private static readonly Uri Address = new("http://server.test/x.m3u8");

    /// <summary>The rule that is broken when that is replaced in a playlist that breaks none.</summary>
    public static TheoryData<string, string, string> Broken => new()
    {
        { HlsRule.Lines, "#EXTM3U\n", "" },
        { HlsRule.Lines, Head, Head + "#EXT-X-INDEPENDANT\n" },
        { HlsRule.Lines, "0/40.m4s", "0/40.m4s\0" },
        { HlsRule.Once, Head, Head + Head },
        { HlsRule.Version, "VERSION:9", "VERSION:5" },
        { HlsRule.Version, "VERSION:9", "VERSION:8\n#EXT-X-SKIP:SKIPPED-SEGMENTS=1" },
        { HlsRule.TargetDuration, "#EXT-X-TARGETDURATION:2\n", "" },
        { HlsRule.TargetDuration, "#EXTINF:2.000000,\n0/41", "#EXTINF:2.500000,\n0/41" },
        { HlsRule.Numbers, "#EXT-X-MEDIA-SEQUENCE:40\n#EXT-X-DISCONTINUITY-SEQUENCE:2\n#EXT-X-INDEPENDENT-SEGMENTS\n#EXT-X-MAP:URI=\"0/init.mp4\"\n", "#EXT-X-DISCONTINUITY-SEQUENCE:2\n#EXT-X-MAP:URI=\"0/init.mp4\"\n#EXT-X-MEDIA-SEQUENCE:40\n" },
        { HlsRule.DiscontinuityNumber, "#EXT-X-DISCONTINUITY-SEQUENCE:2\n", "" },
        { HlsRule.Type, Head, Head + "#EXT-X-PLAYLIST-TYPE:VOD\n" },
        { HlsRule.Type, Head, Head + "#EXT-X-PLAYLIST-TYPE:EVENT\n" },
        { HlsRule.End, End, "#EXT-X-ENDLIST\n" },
        { HlsRule.End, Head, Head + "#EXT-X-ENDLIST\n" },
        { HlsRule.Duration, "#EXTINF:2.000000,\n0/41", "0/41" },
        { HlsRule.Duration, "#EXTINF:2.000000,\n0/41", "#EXTINF:2.0,\n#EXTINF:2.0,\n0/41" },
        { HlsRule.Duration, "#EXTINF:2.000000,\n0/42", "#EXTINF:0.000000,\n0/42" },
        { HlsRule.Map, "#EXT-X-MAP:URI=\"0/init.mp4\"\n", "" },
        { HlsRule.Map, "#EXT-X-DISCONTINUITY\n", "" },
        { HlsRule.Date, Date, "" },
        { HlsRule.Date, "10:00:02.000Z", "10:00:02.200Z" },
        { HlsRule.Overlap, "10:00:06.000Z", "10:00:04.900Z" },
        { HlsRule.Gap, "#EXT-X-GAP\n", "#EXT-X-GAP\n#EXT-X-PART:DURATION=0.3,URI=\"0/p9.m4s\",INDEPENDENT=YES\n" },
        { HlsRule.PartTarget, "#EXT-X-PART-INF:PART-TARGET=0.302\n", "" },
        { HlsRule.PartLength, "DURATION=0.300000,URI=\"1/p2", "DURATION=0.303,URI=\"1/p2" },
        { HlsRule.PartLength, "DURATION=0.300000,URI=\"1/p2", "DURATION=0.256,URI=\"1/p2" },
        { HlsRule.PartPlace, Date + "#EXT-X-PART:DURATION=0.300000,URI=\"1/p1.m4s\",INDEPENDENT=YES\n", "#EXT-X-PART:DURATION=0.300000,URI=\"1/p1.m4s\",INDEPENDENT=YES\n" + Date },
        { HlsRule.PartPlace, "URI=\"1/p5.m4s\"", "URI=\"1/p3.m4s\"" },
        { HlsRule.PartPlace, ",URI=\"1/p5.m4s\"", "" },
        { HlsRule.PartSum, "#EXTINF:0.800000", "#EXTINF:0.790000" },
        { HlsRule.Independent, "\"1/p4.m4s\",INDEPENDENT=YES", "\"1/p4.m4s\"" },
        { HlsRule.Control, "PART-HOLD-BACK=0.906", "PART-HOLD-BACK=0.9" },
        { HlsRule.Control, ",PART-HOLD-BACK=0.906", "" },
        { HlsRule.Control, ",HOLD-BACK=6", ",HOLD-BACK=5.9" },
        { HlsRule.Control, "CAN-SKIP-UNTIL=12", "CAN-SKIP-UNTIL=11" },
        { HlsRule.Hint, "URI=\"1/p6.m4s\"", "URI=\"1/p5.m4s\"" },
        { HlsRule.Hint, "TYPE=PART,URI=\"1/p6.m4s\"", "TYPE=PART" },
        { HlsRule.Skip, Head, Head + "#EXT-X-SKIP:SKIPPED-SEGMENTS=20\n" },
        { HlsRule.Start, Head, Head + "#EXT-X-START:TIME-OFFSET=3\n" },
        { HlsRule.Start, Head, Head + "#EXT-X-START:PRECISE=YES\n" },
        { HlsRule.Segment, "0/41.m4s", "0/40.m4s" },
    };

    /// <summary>The rule that is broken when the next reading differs from one that breaks none by that.</summary>
    public static TheoryData<string, string, string> Changed => new()
    {
        { HlsRule.Head, "VERSION:9", "VERSION:10" },
        { HlsRule.Head, "TARGETDURATION:2", "TARGETDURATION:1" },
        { HlsRule.Head, "TARGET=0.302", "TARGET=0.301" },
        { HlsRule.Head, "HOLD-BACK=6", "HOLD-BACK=7" },
        { HlsRule.MediaSequence, "MEDIA-SEQUENCE:40", "MEDIA-SEQUENCE:39" },
        { HlsRule.Parts, "#EXT-X-PROGRAM-DATE-TIME:2026-07-01T10:00:06.800Z\n#EXT-X-PART:DURATION=0.300000,URI=\"1/p4.m4s\",INDEPENDENT=YES\n" + OpenPart, "" },
        { HlsRule.Removal, "#EXT-X-GAP\n#EXTINF:2.000000,\n0/42.m4s\n", "" },
        { HlsRule.Removal, "0/40.m4s\n#EXT-X-PROGRAM-DATE-TIME:2026-07-01T10:00:02.000Z\n#EXTINF:2.000000,\n", "" },
        { HlsRule.Segment, "0/41.m4s", "0/41b.m4s" },
        { HlsRule.Segment, "#EXTINF:2.000000,\n0/41", "#EXTINF:2.000001,\n0/41" },
        { HlsRule.Segment, "10:00:02.000Z", "10:00:02.001Z" },
        { HlsRule.Segment, "#EXT-X-GAP\n", "" },
        { HlsRule.Segment, "0/init.mp4", "2/init.mp4" },
        { HlsRule.Segment, "10:00:06.800Z", "10:00:06.801Z" },
        { HlsRule.Discontinuities, "DISCONTINUITY-SEQUENCE:2", "DISCONTINUITY-SEQUENCE:3" },
        { HlsRule.Discontinuities, "DISCONTINUITY-SEQUENCE:2", "DISCONTINUITY-SEQUENCE:1" },
        { HlsRule.Parts, OpenPart, "" },
        { HlsRule.Parts, "DURATION=0.300000,URI=\"1/p5", "DURATION=0.290000,URI=\"1/p5" },
        { HlsRule.Parts, "#EXT-X-PART:DURATION=0.300000,URI=\"1/p1.m4s\",INDEPENDENT=YES\n", "" },
        { HlsRule.Parts, "#EXTINF:2.000000,\n0/41", "#EXT-X-PART:DURATION=0.3,URI=\"0/p9.m4s\",INDEPENDENT=YES\n#EXTINF:2.000000,\n0/41" },
        { HlsRule.Promise, End, "#EXT-X-PART:DURATION=0.300000,URI=\"1/p7.m4s\"\n" },
        { HlsRule.Delta, Head, Head + "#EXT-X-SKIP:SKIPPED-SEGMENTS=9\n" },
    };

    [Fact]
    public void What_is_right_breaks_no_rule()
    {
        var reading = HlsReading.Parse(Text(Live), Address);

        Assert.Empty(HlsRules.Check(reading));
        Assert.Equal((43L, 3L, 44L), (reading.LastNumber, reading.Segments[^1].DiscontinuityNumber, reading.Open!.Number));
    }

    [Theory]
    [MemberData(nameof(Broken))]
    public void A_rule_that_is_broken_is_found(string rule, string what, string by)
    {
        var broken = Replaced(what, by);

        Assert.Contains(HlsRules.Check(HlsReading.Parse(broken, Address)), fault => fault.Rule == rule);
    }

    [Fact]
    public void What_is_added_and_what_leaves_breaks_no_rule()
    {
        var follower = new HlsFollower(Address);
        follower.Read(Text(Live));
        follower.Read(Text(Live));
        // Its last part comes, the first segment leaves, and with the next one parts of the oldest.
        var then = Replaced(End, Closed + "#EXTINF:2.000000,\n1/45.m4s\n" + End.Replace("p6", "p7", StringComparison.Ordinal));
        follower.Read(then);
        var later = then
            .Replace("SEQUENCE:40", "SEQUENCE:41", StringComparison.Ordinal)
            .Replace("#EXT-X-PROGRAM-DATE-TIME:2026-07-01T10:00:00.000Z\n#EXTINF:2.000000,\n0/40.m4s\n", "", StringComparison.Ordinal)
            .Replace(PartsOf43(then), "", StringComparison.Ordinal);
        follower.Read(later);
        follower.Read(Ended(later));
        follower.Read(Ended(later));

        Assert.Empty(follower.Faults);
    }

    [Theory]
    [MemberData(nameof(Changed))]
    public void A_change_that_must_not_be_is_found(string rule, string what, string by)
    {
        var follower = new HlsFollower(Address);
        follower.Read(Text(Live));

        follower.Read(Replaced(what, by));

        Assert.Contains(follower.Faults, fault => fault.Rule == rule);
    }

    [Fact]
    public void Independence_that_comes_back_is_found()
    {
        var follower = new HlsFollower(Address);
        follower.Read(Text(Live));
        follower.Read(Replaced(Head, ""));
        Assert.Empty(follower.Faults);

        follower.Read(Text(Live));

        Assert.Equal([HlsRule.Head], follower.Faults.Select(fault => fault.Rule));
    }

    [Fact]
    public void What_comes_behind_the_end_is_found()
    {
        var follower = new HlsFollower(Address);
        follower.Read(Ended(Text(Live)));
        Assert.Empty(follower.Faults);

        follower.Read(Text(Live));

        Assert.Equal([HlsRule.Over], follower.Faults.Select(fault => fault.Rule));
    }

    [Fact]
    public void A_discontinuity_that_leaves_has_to_be_counted()
    {
        var (front, back) = (Text(Live).Split("#EXT-X-MAP")[0], "#EXT-X-MAP:" + Text(Live).Split("#EXT-X-MAP:")[2]);
        foreach (var (number, rules) in ((string, string[])[])[("3", [HlsRule.Removal]), ("2", [HlsRule.Removal, HlsRule.Discontinuities, HlsRule.Discontinuities])])
        {
            var follower = new HlsFollower(Address);
            follower.Read(Text(Live));

            follower.Read(front.Replace("SEQUENCE:40", "SEQUENCE:43", StringComparison.Ordinal).Replace("SEQUENCE:2", $"SEQUENCE:{number}", StringComparison.Ordinal) + back);

            Assert.Equal(rules, follower.Faults.Select(fault => fault.Rule));
        }
    }

    [Fact]
    public void A_delta_update_that_leads_elsewhere_than_the_whole_playlist_is_found()
    {
        var whole = Replaced(End, Closed);
        var long40 = string.Concat(Enumerable.Range(0, 6).Select(i => $"#EXTINF:2.000000,\n1/{45 + i}.m4s\n"));
        var delta = whole.Split("#EXT-X-MAP")[0] + "#EXT-X-SKIP:SKIPPED-SEGMENTS=3\n#EXT-X-DISCONTINUITY\n#EXT-X-MAP:" + whole.Split("#EXT-X-MAP:")[2] + long40;
        var follower = new HlsFollower(Address);
        follower.Read(Text(Live));
        follower.Read(delta);

        Assert.Equal((1, 11), (follower.Deltas, follower.Known!.Segments.Count));
        Assert.True(follower.Compare(whole + long40));
        Assert.Empty(follower.Faults);
        Assert.False(follower.Compare(Text(Live)));
        Assert.True(follower.Compare((whole + long40).Replace("0/41.m4s", "0/4x.m4s", StringComparison.Ordinal)));
        Assert.Equal([HlsRule.Delta], follower.Faults.Select(fault => fault.Rule));
    }

    private static string Text(string playlist) => playlist.ReplaceLineEndings("\n");

    private static string Replaced(string what, string by)
    {
        Assert.Contains(what, Text(Live), StringComparison.Ordinal);
        return Text(Live).Replace(what, by, StringComparison.Ordinal);
    }

    private static string PartsOf43(string playlist) => "#EXT-X-PART:DURATION=0.300000,URI=\"1/p1" + playlist.Split("URI=\"1/p1")[1].Split("#EXTINF:0.8")[0];

    private static string Ended(string playlist) => playlist.Split("#EXT-X-PROGRAM-DATE-TIME:2026-07-01T10:00:06.800Z")[0]
        + "#EXT-X-PROGRAM-DATE-TIME:2026-07-01T10:00:06.800Z\n"
        + (playlist.Contains("1/45.m4s", StringComparison.Ordinal) ? "#EXTINF:0.900000,\n1/44.m4s\n#EXTINF:2.000000,\n1/45.m4s\n" : "#EXTINF:0.600000,\n1/44.m4s\n")
        + "#EXT-X-ENDLIST\n";
}
