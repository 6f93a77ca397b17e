using LiveClip.Core.Health;
using LiveClip.Core.OnAir;
using Xunit;
using static LiveClip.Core.Health.HealthIssueType;

namespace LiveClip.Tests.Health;

public class HealthDeciderTests
{
    private static readonly HealthReading Silence = Readings.Good with { VideoBitsPerSecond = 0, AudioBitsPerSecond = 0, LeadSeconds = 0 };

    /// <summary>One figure that every reading of the last 20 s has, and what is told of it.</summary>
    public static TheoryData<string, double, HealthIssueType?> Figures() => new()
    {
        { "gop", 4.0, null },
        { "gop", 4.01, GopSizeLong },
        { "gop", 10.0, GopSizeLong },
        { "gop", 10.01, GopSizeOver },
        { "gop", 0.5, null },
        { "gop", 0.49, GopSizeShort },
        { "gop", 0, null },
        { "open gop", 4.01, GopSizeLong },
        { "video", 12e6, null },
        { "video", 12.1e6, BitrateHigh },
        { "video", 1.5e6, null },
        { "video", 1.4e6, BitrateLow },
        { "audio", 16e3, null },
        { "audio", 15e3, AudioBitrateLow },
        { "audio", 0, NoAudioStream },
        { "fps", 60, null },
        { "fps", 61, FrameRateHigh },
        { "fps", 26, null },
        { "fps", 25, FramerateMismatch },
        { "announced", 36, FramerateMismatch },
        { "announced", 1000, null }, // A clock, no frame rate.
        { "lines", 1080, null },
        { "lines", 1081, VideoResolutionSuboptimal },
        { "interlaced", 1, InterlacedVideo },
        { "skew", 0.25, null },
        { "skew", 0.26, AudioVideoSkew },
        { "skew", -0.26, AudioVideoSkew },
        { "lead", -30, null }, // Behind since it began, and no further behind than before.
        { "disk", 1, null },
        { "disk", 1.01, HealthIssueType.DiskDelay },
    };

    [Theory]
    [MemberData(nameof(Figures))]
    public void A_figure_is_told_of_beyond_its_limit(string figure, double value, HealthIssueType? told)
    {
        var number = (float)value;
        var minute = Readings.Of(20, (reading, _) => figure switch
        {
            "gop" => reading with { GopSeconds = number, OpenGopSeconds = 0 },
            "open gop" => reading with { OpenGopSeconds = number },
            "video" => reading with { VideoBitsPerSecond = number },
            "audio" => reading with { AudioBitsPerSecond = number },
            "fps" => reading with { FramesPerSecond = number },
            "announced" => reading with { AnnouncedFramesPerSecond = number },
            "lines" => reading with { Height = (ushort)value },
            "interlaced" => reading with { IsInterlaced = true },
            "skew" => reading with { SkewSeconds = number },
            "lead" => reading with { LeadSeconds = number },
            _ => reading with { DiskDelaySeconds = number },
        });

        Assert.Equal(told is { } type ? [type] : [], Readings.Types(minute));
    }

    [Theory]
    [InlineData(1080, 1.4e6, true)]
    [InlineData(720, 1.4e6, false)]
    [InlineData(720, 0.79e6, true)]
    [InlineData(480, 0.41e6, false)]
    [InlineData(480, 0.39e6, true)]
    [InlineData(180, 0.11e6, false)]
    [InlineData(180, 0.09e6, true)]
    public void How_much_a_picture_needs_goes_by_its_size(int lines, double bitsPerSecond, bool isLow)
    {
        var minute = Readings.Of(
            20, (reading, _) => reading with { Height = (ushort)lines, VideoBitsPerSecond = (float)bitsPerSecond });
        Assert.Equal(isLow, Readings.Types(minute).Contains(BitrateLow));
    }

    [Fact]
    public void An_upright_picture_is_measured_by_its_shorter_side()
    {
        var minute = Readings.Of(20, (reading, _) => reading with { Width = 1080, Height = 1920 });
        Assert.Empty(Readings.Types(minute));
        Assert.Equal([VideoResolutionSuboptimal], Readings.Types(minute, Readings.Plain with { MaxLines = 720 }));
        Assert.Empty(Readings.Types(minute, Readings.Plain with { MaxLines = null }));
    }

    [Theory]
    [InlineData(2, 3, false)]
    [InlineData(2, 3.1, true)]
    [InlineData(0.5, 0.9, false)]
    [InlineData(1, 4, true)]
    public void Keyframes_at_changing_distances_are_told_of(double shortest, double longest, bool told)
    {
        var minute = Readings.Of(20, (reading, second) => reading with { GopSeconds = (float)(second % 2 == 0 ? shortest : longest) });
        Assert.Equal(told ? [GopMismatch] : [], Readings.Types(minute));
    }

    [Theory]
    [InlineData(2, false)]
    [InlineData(3, true)]
    public void A_connection_that_brings_nothing_is_starved_after_three_seconds(int silentSeconds, bool starved)
    {
        var minute = Readings.Of(20, (reading, second) => second < 20 - silentSeconds ? reading : Silence);
        Assert.Equal(starved, Readings.Types(minute).Contains(VideoIngestionStarved));
    }

    [Fact]
    public void What_is_starved_is_judged_no_further()
    {
        var minute = Readings.Of(20, (_, _) => Silence with { GopSeconds = 8 });
        Assert.Equal([VideoIngestionStarved], Readings.Types(minute));
        Assert.Contains("nothing for 20 s", HealthDecider.Decide(minute, Readings.Plain)[0].Fault, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0.25, 2)]
    [InlineData(0.5, 3)]
    [InlineData(0.7, 5)]
    [InlineData(0.8, 8)]
    public void A_network_that_carries_less_than_is_sent_is_starved_within_seconds(double carried, int seconds)
    {
        var before = Readings.Of(20);
        var first = Enumerable.Range(1, 30).First(second =>
            Readings.Types([.. before, .. Falling(second, 1 - carried)]).Contains(VideoIngestionStarved));
        Assert.Equal(seconds, first);

        static IEnumerable<HealthReading> Falling(int seconds, double each) =>
            Enumerable.Range(1, seconds).Select(second => Readings.Good with { LeadSeconds = (float)(-each * second) });
    }

    [Fact]
    public void A_clock_that_is_500_ppm_off_is_no_starving_and_no_hurry()
    {
        foreach (var drift in (float[])[0.0005f, -0.0005f])
        {
            Assert.Empty(Readings.Types(Readings.Of(60, (reading, second) => reading with { LeadSeconds = drift * second })));
        }
    }

    [Theory]
    [InlineData(1.1, false)]
    [InlineData(1.3, true)]
    [InlineData(4, true)]
    public void What_comes_faster_than_it_lasts_is_told_of(double pace, bool told)
    {
        var minute = Readings.Of(20, (reading, second) => reading with { LeadSeconds = (float)((pace - 1) * second) });
        Assert.Equal(told ? [VideoIngestionFasterThanRealtime] : [], Readings.Types(minute));
    }

    [Fact]
    public void A_relay_that_hands_over_its_last_seconds_and_one_that_catches_up_are_in_no_hurry()
    {
        Assert.Empty(Readings.Types(Readings.Of(20, (reading, second) => reading with { LeadSeconds = second < 1 ? 0 : 5 })));
        Assert.Empty(Readings.Types(Readings.Of(20, (reading, second) => reading with { LeadSeconds = second is 8 or 9 ? -1 : 0 })));
    }

    [Fact]
    public void Sound_alone_lacks_a_picture_and_what_cannot_be_recorded_says_so()
    {
        var unsupported = new int[Enum.GetValues<Repair>().Length];
        unsupported[(int)Repair.UnsupportedDropped] = 30;
        var noPicture = Readings.Of(20, (reading, _) => reading with { VideoBitsPerSecond = 0, GopSeconds = 0, OpenGopSeconds = 0 });
        var noSound = Readings.Of(20, (reading, _) => reading with { AudioBitsPerSecond = 0, HasAudio = false });

        Assert.Equal([NoVideoStream], Readings.Types(noPicture));
        Assert.Equal([VideoCodec], Readings.Types(noPicture.ConvertAll(reading => reading with { RepairsByKind = unsupported })));
        Assert.Equal([NoAudioStream], Readings.Types(noSound));
        Assert.Equal([AudioCodec], Readings.Types(noSound.ConvertAll(reading => reading with { RepairsByKind = unsupported })));
    }

    [Theory]
    [InlineData(Repair.SoundMoved, 29, false)]
    [InlineData(Repair.SoundMoved, 30, true)]
    [InlineData(Repair.ClockJumped, 2, false)]
    [InlineData(Repair.ClockJumped, 3, true)]
    [InlineData(Repair.UnsupportedDropped, 500, false)]
    public void Repairs_are_told_of_beyond_a_number_in_a_minute_for_each_kind(Repair kind, int count, bool told)
    {
        var minute = Readings.Of(60, (reading, second) =>
        {
            var repairs = new int[Enum.GetValues<Repair>().Length];
            repairs[(int)kind] = second == 10 ? count : 0;
            return reading with { RepairsByKind = repairs };
        });
        Assert.Equal(told ? [TimestampsRepaired] : [], Readings.Types(minute));
    }

    [Fact]
    public void Every_kind_of_repair_has_words_of_its_own()
    {
        var faults = Enum.GetValues<Repair>().Where(kind => kind != Repair.UnsupportedDropped).Select(kind =>
        {
            var repairs = new int[Enum.GetValues<Repair>().Length];
            repairs[(int)kind] = 100;
            return HealthDecider.Decide([Readings.Good with { RepairsByKind = repairs }], Readings.Plain)[0].Fault;
        }).ToList();
        Assert.Equal(faults.Count, faults.Distinct().Count());
        Assert.DoesNotContain(faults, fault => fault.Contains("something had to be mended", StringComparison.Ordinal));
    }

    [Fact]
    public void Drops_are_told_of_for_ten_seconds()
    {
        Assert.Equal([SamplesDropped], Readings.Types(Readings.Of(20, (r, second) => r with { Dropped = second == 10 ? 1 : 0 })));
        Assert.Empty(Readings.Types(Readings.Of(20, (r, second) => r with { Dropped = second == 9 ? 1 : 0 })));
    }

    [Theory]
    [InlineData(2, false)]
    [InlineData(3, true)]
    public void An_encoder_that_begins_anew_again_and_again_is_told_of(int reconnects, bool told) => Assert.Equal(
        told ? [ConnectionUnstable] : [], Readings.Types(Readings.Of(20), Readings.Plain with { RecentReconnects = reconnects }));

    [Fact]
    public void An_encoder_that_is_refused_is_told_of() =>
        Assert.Equal([TakeoversRefused], Readings.Types(Readings.Of(20), Readings.Plain with { TakeoversHeldOff = true }));

    [Fact]
    public void What_another_publish_sent_counts_no_more()
    {
        var bad = Readings.Of(
            30, (r, second) => r with { GopSeconds = 3 + (second % 3), AudioBitsPerSecond = 0, VideoBitsPerSecond = 50e6f });
        Assert.Empty(Readings.Types([.. bad, .. Readings.Of(6, (reading, _) => reading with { Publish = 2 })]));
    }

    [Fact]
    public void While_the_encoder_is_away_only_the_server_is_judged()
    {
        var away = Readings.Of(20, (_, _) => Silence with { IsConnected = false, DiskDelaySeconds = 3 });
        Assert.Equal([HealthIssueType.DiskDelay], Readings.Types(away));
        Assert.Equal(HealthStatus.NoData, HealthDecider.StatusOf(away, HealthDecider.Decide(away, Readings.Plain)));
    }

    [Theory]
    [InlineData(5, null, HealthStatus.NoData)]
    [InlineData(6, null, HealthStatus.Good)]
    [InlineData(6, HealthSeverity.Info, HealthStatus.Good)]
    [InlineData(1, HealthSeverity.Warning, HealthStatus.Ok)]
    [InlineData(1, HealthSeverity.Error, HealthStatus.Bad)]
    public void The_status_is_that_of_the_worst_issue(int seconds, HealthSeverity? worst, HealthStatus status)
    {
        HealthIssue[] told = worst is { } severity
            ? [new(GopSizeShort, HealthSeverity.Info, "", "", ""), new(GopSizeLong, severity, "", "", "")]
            : [];
        Assert.Equal(status, HealthDecider.StatusOf(Readings.Of(seconds), told));
        Assert.Equal(HealthStatus.NoData, HealthDecider.StatusOf([], told));
    }
}
