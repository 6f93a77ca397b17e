using LiveClip.Core.OnAir;
using LiveClip.Core.Samples;
using LiveClip.Tests.Live;
using LiveClip.Tests.Support;
using Xunit;

namespace LiveClip.Tests.OnAir;

public class HealthMeterTests
{
    private const long Half = TimeSpan.TicksPerSecond / 2;

    private readonly ManualTimeProvider _time = new();
    private readonly HealthMeter _meter;

    public HealthMeterTests() => _meter = new HealthMeter(_time);

    [Fact]
    public void What_belongs_to_a_publish_begins_anew_with_the_next_and_the_counts_go_on()
    {
        _meter.Begin();
        Count(new SyntheticEncoder { Gop = 30, Bytes = 1_000 }, 4);
        var first = _meter.Read();
        Assert.Equal((640, true, 120, 1), (first.Width, first.HasAudio, first.Pictures, first.Publishes));
        Assert.Equal((120_000, 188_000), (first.VideoBytes, first.AudioBytes));

        _meter.Begin();
        var begun = _meter.Read();
        Assert.Equal((0, 0, false, 0d, 0d), (begun.Width, begun.Height, begun.HasAudio, begun.FramesPerSecond, begun.GopSeconds));
        Assert.Equal((null, null), (begun.LeadSeconds, begun.SkewSeconds));
        Assert.Equal((120, 2), (begun.Pictures, begun.Publishes));

        Count(new SyntheticEncoder { Sound = null, TimestampBreak = 2 }, 1);
        var second = _meter.Read();
        Assert.Equal((640, false, 150), (second.Width, second.HasAudio, second.Pictures));
        Assert.Equal((120_000 + 3_000, 188_000), (second.VideoBytes, second.AudioBytes));
    }

    [Fact]
    public void A_keyframe_that_does_not_come_is_seen_while_it_does_not_come()
    {
        Count(new SyntheticEncoder { Gop = 30 }, 4.5);
        Assert.Equal((1, 0.467), Gops());
        Count(new SyntheticEncoder { Gop = 1_000, StartMs = 4_500 }, 8);
        Assert.Equal((0.5, 7.967), Gops());

        (double, double) Gops() => (Math.Round(_meter.Read().GopSeconds, 3), Math.Round(_meter.Read().OpenGopSeconds, 3));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(0.25)]
    [InlineData(3)]
    public void The_lead_is_media_against_arrival(double pace)
    {
        Count(new SyntheticEncoder { StartMs = 77_000 }, 8, pace);
        Assert.Equal(8 - (8 / pace), _meter.Read().LeadSeconds!.Value, 0.2);
    }

    [Fact]
    public void The_lead_falls_while_nothing_comes_and_a_jump_of_the_clock_is_no_media()
    {
        Count(new SyntheticEncoder(), 4);
        _time.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(-3, _meter.Read().LeadSeconds!.Value, 0.1);

        Count(new SyntheticEncoder { StartMs = 3_600_000, TimestampBreak = 2 }, 4);
        Assert.Equal(-3, _meter.Read().LeadSeconds!.Value, 0.1);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(300, 0.3)]
    [InlineData(-300, -0.3)]
    public void The_skew_is_how_much_later_sound_arrives_than_its_picture_by_its_times(int soundAheadMs, double skew)
    {
        var sound = new SyntheticEncoder { Pictures = null, StartMs = soundAheadMs + 1_000 }.Encode(4);
        var reordering = new SyntheticEncoder { Sound = null, StartMs = 1_000, BFrames = 2, Pictures = SyntheticEncoder.Reordering };
        var pictures = reordering.Encode(4);
        CountInOrder([.. sound, .. pictures]);
        Assert.Equal(skew, _meter.Read().SkewSeconds!.Value, 0.04);
    }

    [Fact]
    public void Sound_that_comes_in_lumps_is_not_apart_from_its_picture()
    {
        // Half a second of sound at once, at the end of each half second.
        var samples = new SyntheticEncoder().Encode(4).ConvertAll(sample => sample.Track is AudioTrack
            ? sample with { Arrival = (sample.Arrival / Half * Half) + Half }
            : sample);
        CountInOrder(samples);
        Assert.Equal(0, _meter.Read().SkewSeconds!.Value, 0.04);
    }

    [Fact]
    public void Without_one_of_them_there_is_no_skew()
    {
        Count(new SyntheticEncoder(), 4);
        Assert.NotNull(_meter.Read().SkewSeconds);
        Count(new SyntheticEncoder { Sound = null, StartMs = 4_000 }, 3);
        Assert.Null(_meter.Read().SkewSeconds);
    }

    /// <summary>Everything from now on, at a pace of media to the clock, which stands at the end then.</summary>
    private void Count(SyntheticEncoder encoder, double seconds, double pace = 1) => CountInOrder(
        encoder.Encode(seconds).ConvertAll(sample => sample with { Arrival = (long)(sample.Arrival / pace) }), seconds / pace);

    private void CountInOrder(List<Sample> samples, double? seconds = null)
    {
        var now = _time.GetTimestamp();
        foreach (var sample in samples.OrderBy(sample => sample.Arrival))
        {
            _meter.Count(sample with { Arrival = now + sample.Arrival });
        }

        _time.Advance(seconds is { } all ? TimeSpan.FromSeconds(all) : TimeSpan.FromTicks(samples.Max(sample => sample.Arrival)));
    }
}
