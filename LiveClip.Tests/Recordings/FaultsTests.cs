using System.Globalization;
using LiveClip.Core.OnAir;
using LiveClip.Core.Recordings;
using LiveClip.Core.Rtmp;
using LiveClip.Core.Samples;
using LiveClip.Tests.Live;
using LiveClip.Tests.Support;
using Xunit;

namespace LiveClip.Tests.Recordings;

/// <summary>
/// Everything that encoders are known to get wrong, from the wire to the files: none of it stops the recorder, and what is recorded is
/// compared with what was sent, sample by sample.
/// </summary>
public sealed class FaultsTests
{
    private const long Hour = 3_600_000;
    private const long Day = 24 * Hour;

    private static readonly FaultsStream Usual = new();
    private static readonly FaultsStream BFrames = Usual with { Pictures = SyntheticEncoder.Reordering, BFrames = 2 };

    /// <summary>As VideoToolbox writes it: Main profile, picture order count type 0, nothing about timing or reordering.</summary>
    private static readonly VideoTrack VideoToolbox = new(AvcConfiguration.Parse(Convert.FromHexString(
        "014d001effe1000a674d001eed81405ff2a001000468ee3c80")));

    private static readonly Dictionary<string, FaultsCase> Cases = new()
    {
        ["Nothing is wrong"] = new(Usual.Encode()),
        ["Nothing is wrong with B-frames"] = new(BFrames.Encode()),

        // R1
        ["The clock passes 2^24 and stamps become extended, in messages of many chunks"] =
            new((BFrames with { Start = 0xFFFFFF - 5_000, Bytes = 20_000, Seconds = 60 }).Encode()),

        // R4
        ["The clock begins at five hours"] = new((Usual with { Start = 5 * Hour }).Encode()),

        // R5
        ["The clock passes 2^31"] = new((BFrames with { Start = int.MaxValue - 10_000L, Seconds = 20 }).Encode()),
        ["The clock passes 2^32 and begins again"] = new((BFrames with { Start = uint.MaxValue - 10_000L, Seconds = 20 }).Encode()),
        ["The clock begins again at 2^24, inside a group of pictures"] = new(Restamped(Usual, m => (m.Stamp + (1 << 24) - 5_000) % (1 << 24)))
        {
            RunsBeginWith = ["picture 0", "picture 150"],
            Repairs = { [Repair.ClockJumped] = 1 },
        },
        ["The clock begins again at 2^31, inside a group of pictures"] =
            new(Restamped(Usual, m => (m.Stamp + (1L << 31) - 5_000) % (1L << 31)))
            {
                RunsBeginWith = ["picture 0", "picture 150"],
                Repairs = { [Repair.ClockJumped] = 1 },
            },

        // R7
        ["The clock jumps 13 hours forward at a sync sample"] = new(Restamped(Usual, m => m.Stamp + (m.At >= 6 ? 47_727_000 : 0)))
        {
            RunsBeginWith = ["picture 0", "picture 150"],
            Repairs = { [Repair.ClockJumped] = 1 },
        },
        ["The clock jumps an hour forward, inside a group of pictures"] = new(Restamped(Usual, m => m.Stamp + (m.At >= 5 ? Hour : 0)))
        {
            RunsBeginWith = ["picture 0", "picture 150"],
            Repairs = { [Repair.ClockJumped] = 1 },
        },
        ["The clock jumps a month back and forth at each group of pictures"] =
            new(Restamped(Usual, m => m.Stamp + ((int)(m.At / 2) % 2 * 30 * Day)))
            {
                RunsBeginWith = ["picture 0", "picture 50", "picture 100", "picture 150", "picture 200", "picture 250"],
                Repairs = { [Repair.ClockJumped] = 5 },
            },
        ["Sound jumps before the pictures do"] = new(Restamped(Usual, m => m.Stamp + (m.At >= (m.IsSound ? 5.8 : 6) ? Hour : 0)))
        {
            RunsBeginWith = ["picture 0", "picture 150"],
            Repairs = { [Repair.ClockJumped] = 1, [Repair.ClocksAligned] = 1 },
            Tolerance = 91, // by how much of a millisecond the sound had jumped, its stamp cannot say
        },
        ["Sound jumps after the pictures"] = new(Restamped(Usual, m => m.Stamp + (m.At >= (m.IsSound ? 6.2 : 6) ? Hour : 0)))
        {
            RunsBeginWith = ["picture 0", "picture 150"],
            Repairs = { [Repair.ClockJumped] = 1 },
        },
        ["The pictures alone jump"] = new(Restamped(Usual, m => m.Stamp + (m.IsPicture && m.At >= 6 ? Hour : 0)))
        {
            RunsBeginWith = ["picture 0", "picture 150"],
            Repairs = { [Repair.ClockJumped] = 1 },
        },
        ["The sound alone jumps"] = new(Restamped(Usual, m => m.Stamp - (m.IsSound && m.At >= 6 ? Hour : 0)))
        {
            Repairs = { [Repair.ClocksAligned] = 1 },
        },

        ["The clock jumps a day back at a sync sample, with B-frames"] = new(Restamped(BFrames, m => m.Stamp - (m.At >= 6 ? Day : 0)))
        {
            RunsBeginWith = ["picture 0", "picture 150"],
            Repairs = { [Repair.ClockJumped] = 1 },
        },
        ["The clock jumps an hour forward, inside a group of pictures with B-frames"] =
            new(Restamped(BFrames, m => m.Stamp + (m.At >= 5 ? Hour : 0)))
            {
                RunsBeginWith = ["picture 0", "picture 150"],
                Repairs = { [Repair.ClockJumped] = 1 },
            },
        ["No pictures come for four seconds, inside a group of pictures"] = new(Paused(Usual, 5, 4, withSound: false))
        {
            Counts = [Repair.SoundMoved],
            Tolerance = 46, // the sound's count begins again with a whole millisecond
        },
        ["No pictures come for four seconds, inside a group of pictures with B-frames, and sound goes on"] =
            new(Paused(BFrames, 5, 4, withSound: true)),
        ["Nothing comes for twelve seconds, inside a group of pictures"] = new(
            [.. Paused(Usual, 5, 12, withSound: false).Select(m => m with { Shown = m.Shown - (m.At > 5 ? 12 : 0) })])
        {
            RunsBeginWith = ["picture 0", "picture 150"],
            Repairs = { [Repair.ClockJumped] = 1 },
        },

        // R8
        ["The clock goes three seconds back at a sync sample"] = new(Restamped(Usual, m => m.Stamp - (m.At >= 6 ? 3_000 : 0)))
        {
            RunsBeginWith = ["picture 0", "picture 150"],
            Repairs = { [Repair.ClockJumped] = 1 },
        },
        ["The clock goes 0.9 s back"] = new(Restamped(Usual, m => m.Stamp - (m.At >= 5 ? 900 : 0)))
        {
            Repairs = { [Repair.ClocksAligned] = 1 },
        },
        ["The clock goes 0.9 s back without sound"] = new(Restamped(Usual with { Sound = null }, m => m.Stamp - (m.At >= 5 ? 900 : 0)))
        {
            Repairs = { [Repair.ClocksAligned] = 1 },
        },
        ["One picture is stamped 0"] = new(Restamped(Usual, m => m.Name == "picture 130" ? 0 : m.Stamp))
        {
            Repairs = { [Repair.ClockJumped] = 1 },
        },
        ["One picture is stamped 0 in a stream without sound"] =
            new(Restamped(Usual with { Sound = null }, m => m.Name == "picture 130" ? 0 : m.Stamp)) { Repairs = { [Repair.ClockJumped] = 1 } },
        ["One picture is stamped half a second back"] = new(Restamped(Usual, m => m.Stamp - (m.Name == "picture 130" ? 500 : 0)))
        {
            Repairs = { [Repair.ClocksAligned] = 1 },
        },
        ["One sound is stamped 0"] = new(Restamped(Usual, m => m.Name == "sound 200" ? 0 : m.Stamp))
        {
            Repairs = { [Repair.ClocksAligned] = 1 },
        },

        // R9
        ["Pictures are reordered and the stream does not say how far, as VideoToolbox does"] =
            new((BFrames with { Pictures = VideoToolbox }).Encode()),
        ["Pictures could be reordered and are not"] = new((Usual with { Pictures = VideoToolbox }).Encode()),

        // R10
        ["Stamps of 29.97 pictures a second are rounded"] = new((BFrames with { Fps = 30_000 / 1001.0, Gop = 60 }).Encode()),
        ["Each tenth picture has the stamp of the one before"] = new(Restamped(
            Usual, m => m.Stamp - (IsEach(m, 10) ? 40 : 0), shownAsStamped: true))
        { Repairs = { [Repair.DecodeTimeRaised] = 29 } },
        ["Each tenth picture is a millisecond behind the one before"] = new(Restamped(
            Usual, m => m.Stamp - (IsEach(m, 10) ? 41 : 0), shownAsStamped: true))
        { Repairs = { [Repair.DecodeTimeRaised] = 29 } },
        ["Pictures are stamped when they are shown, not when they are decoded"] =
            new([.. BFrames.Encode().Select(StampedAsShown)]) { Counts = [Repair.DecodeTimeRaised] },
        ["Two sounds have one stamp"] = new(Restamped(Usual, m => m.IsSound ? NumberOf(m) / 2 * 1024 / 24 : m.Stamp)),

        // R11
        ["Composition times are 34 ms below zero"] = new((BFrames with { Composition = -34 }).Encode()),
        ["Composition times are a millisecond below zero"] = new((Usual with { Composition = -1 }).Encode()),
        ["A composition time is -2^23"] = new(
            [.. Usual.Encode().Select(m => m.Name == "picture 130" ? m with { Body = FaultsStream.PictureBody(130, false, -(1 << 23), 200) } : m)])
        {
            Repairs = { [Repair.CompositionTimeReplaced] = 1 },
        },

        // R15
        ["The picture's configuration changes every two seconds"] =
            new(With(Usual, Enumerable.Range(1, 5).Select(i => FaultsStream.VideoHeader(2 * i, i % 2 == 1 ? VideoToolbox : SyntheticEncoder.Plain))))
            {
                RunsBeginWith = ["picture 0", "picture 50", "picture 100", "picture 150", "picture 200", "picture 250"],
            },
        ["The picture's configuration changes every two seconds, with B-frames and sound that is sent late"] = new(
            [
                .. With(
                    BFrames,
                    Enumerable.Range(1, 5).Select(
                        i => FaultsStream.VideoHeader(2 * i, i % 2 == 1 ? VideoToolbox : SyntheticEncoder.Plain)))
                    .Select(m => m.IsSound ? m with { At = m.At + 0.1 } : m).OrderBy(m => m.At),
            ])
        {
            RunsBeginWith = ["picture 0", "picture 50", "picture 100", "picture 150", "picture 200", "picture 250"],
        },
        ["Headers are repeated at each sync sample"] = new(With(
            Usual, Enumerable.Range(1, 5).SelectMany(i => new[]
            {
                FaultsStream.VideoHeader(2 * i, SyntheticEncoder.Plain), FaultsStream.SoundHeader(2 * i, SyntheticEncoder.Stereo48),
            }))),

        // R16
        ["The sound's configuration changes"] = new(
            [
                .. Usual.Encode().Where(m => m.At < 5.99 || m.IsPicture),
                .. (Usual with { Pictures = null, Sound = SyntheticEncoder.Mono44, Seconds = 6 }).Encode().Select(m => m with
                {
                    At = m.At + 5.99,
                    Stamp = m.Stamp + 5_990,
                    Shown = m.At > 0 ? m.Shown + 5.99 : null, // the first one asks for the run that begins at 6 s
                }),
            ])
        {
            RunsBeginWith = ["picture 0", "picture 150"],
        },

        ["The sound's configuration changes inside a group of pictures: until the next sync sample, no run can hold it"] = new(
            [
                .. BFrames.Encode().Where(m => m.At < 5 || m.IsPicture),
                .. (BFrames with { Pictures = null, Sound = SyntheticEncoder.Mono44, Seconds = 7 }).Encode().Select(m => m with
                {
                    At = m.At + 5,
                    Stamp = m.Stamp + 5_000,
                    Shown = m.Shown >= 1.08 ? m.Shown + 5 : null,
                }),
            ])
        {
            RunsBeginWith = ["picture 0", "picture 150"],
        },

        // R17
        ["The sound's header is empty, and comes right four seconds later"] = new(
            [
                FaultsStream.VideoHeader(0, SyntheticEncoder.Plain),
                FaultsStream.Other(0, RtmpMessageType.Audio, 0xAF, 0),
                .. Usual.Encode().Skip(2).Select(m => m.IsSound && m.At < 4 ? m with { Shown = null } : m),
                FaultsStream.SoundHeader(3.95, SyntheticEncoder.Stereo48),
            ])
        {
            RunsBeginWith = ["picture 0", "picture 100"],
        },
        ["Headers without content come again and again"] = new(With(
            Usual, Enumerable.Range(1, 11).SelectMany(i => new[]
            {
                FaultsStream.Other(i, RtmpMessageType.Audio, 0xAF, 0),
                FaultsStream.Other(i, RtmpMessageType.Audio),
                FaultsStream.Other(i, RtmpMessageType.Video, 0x17, 0, 0, 0, 0),
                FaultsStream.Other(i, RtmpMessageType.Video, 0x17, 1, 0, 0, 0),
                FaultsStream.Other(i, RtmpMessageType.Video),
            }))),
        ["Headers and messages are broken"] = new(With(
            Usual,
            [
                FaultsStream.Other(3, RtmpMessageType.Audio, 0xAF, 0, 0xFF, 0xFF), // no such sample rate
                FaultsStream.Other(4, RtmpMessageType.Audio, 0xAF),
                FaultsStream.Other(5, RtmpMessageType.Video, 0x17, 0, 0, 0, 0, 1, 0x64, 0, 0x1E, 0xFF, 0xE1, 0xFF, 0xFF, 0), // SPS of 64 KiB
                FaultsStream.Other(6, RtmpMessageType.Video, 0x17, 1, 0),
                FaultsStream.Other(7, RtmpMessageType.Video, 0x27, 1, 0, 0, 0, 0, 0, 1, 0, 0x41), // a NAL unit of 256 bytes
                FaultsStream.Other(8, RtmpMessageType.Video, 0x91, (byte)'a', (byte)'v'),
            ]))
        {
            Repairs = { [Repair.MalformedDropped] = 6 },
        },

        // R18, R19: memory is below
        ["There is no sound"] = new((Usual with { Sound = null }).Encode()),
        ["There are no pictures"] = new((Usual with { Pictures = null }).Encode()),
        ["Sound begins 30 s late"] = new(
            [
                .. (Usual with { Seconds = 40 }).Encode().Where(m => !m.IsSound || m.At >= 29.98)
                    .Select(m => m.IsSound && m.At < 30 ? m with { Shown = null } : m), // it goes into the run that begins for it
            ])
        {
            RunsBeginWith = ["picture 0", "picture 750"],
            Tolerance = 46, // the sound's count begins with a whole millisecond
        },
        ["Sound is stamped 8 s behind the pictures"] = new(Restamped(Usual, m => m.Stamp - (m.IsSound ? 8_000 : 0)))
        {
            Repairs = { [Repair.ClocksAligned] = 1 },
        },
        ["Sound is stamped a day ahead of the pictures"] = new(Restamped(Usual, m => m.Stamp + (m.IsSound ? Day : 0)))
        {
            Repairs = { [Repair.ClocksAligned] = 1 },
        },
        ["Sound pauses for a quarter of a minute"] = new([.. (Usual with { Seconds = 30 }).Encode().Where(m => !m.IsSound || m.At is < 7 or > 22)])
        {
            Counts = [Repair.SoundMoved],
        },

        // R20
        ["A picture has 8 MiB"] = new(
            [.. Usual.Encode().Select(m => m.Name == "picture 150" ? m with { Body = FaultsStream.PictureBody(150, true, 0, 8 << 20) } : m)]),
        ["Pictures have empty NAL units and zeros behind"] = new(
            [.. Usual.Encode().Select(m => IsEach(m, 10) ? m with { Body = [.. m.Body[..5], 0, 0, 0, 0, .. m.Body[5..], 0, 0, 0] } : m)])
        {
            Repairs = { [Repair.EmptyUnitsRemoved] = 29 },
        },
        ["H.264 comes as Enhanced RTMP"] = new([.. (BFrames with { Composition = -40 }).Encode().Select(Enhanced)]),
        ["Samples come in aggregate messages"] = new([.. Aggregated(Usual.Encode())]),
        ["The pictures are HEVC"] = new(
            [
                .. (Usual with { Pictures = null }).Encode(),
                .. Enumerable.Range(0, 300).Select(i =>
                    FaultsStream.Other(i / 25.0, RtmpMessageType.Video, [(byte)(i == 0 ? 0x90 : 0x91), .. "hvc1"u8, 0, 0, 0, 1, 2, 3])),
            ])
        {
            Repairs = { [Repair.UnsupportedDropped] = 300 },
        },
        ["A sync sample is not marked as one"] = new(
            [.. Usual.Encode().Select(m => m.IsPicture ? m with { Body = [0x27, .. m.Body[1..]] } : m)]),
    };

    public static TheoryData<string> Names => [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task What_encoders_get_wrong_costs_no_sample_and_stops_nothing(string situation)
    {
        var fault = Cases[situation];
        var messages = fault.Messages.OrderBy(message => message.At).ToList();
        await using var server = await FaultsServer.StartAsync();

        var recorded = await server.RecordAsync(messages);

        Assert.DoesNotContain(server.Log, line => line.StartsWith("Error", StringComparison.Ordinal));
        AssertSame(messages, recorded, VideoTrack.TrackId, fault.Tolerance);
        AssertSame(messages, recorded, AudioTrack.TrackId, fault.Tolerance);
        Assert.Equal(
            fault.RunsBeginWith.Length > 0 ? fault.RunsBeginWith : [messages.First(message => message.Shown is not null).Name!],
            recorded.RunsBeginWith);
        AssertPlayable(recorded);
        foreach (var kind in Enum.GetValues<Repair>().Where(kind => !fault.Counts.Contains(kind)))
        {
            Assert.True(
                fault.Repairs.GetValueOrDefault(kind) == server.Broadcast.Repairs[kind], $"{kind}: {server.Broadcast.Repairs[kind]} times");
        }

        Assert.All(fault.Counts, kind => Assert.True(server.Broadcast.Repairs[kind] > 0, $"{kind} was not counted"));
    }

    [Theory] // R2, R3
    [InlineData(FaultsDialect.ExtendedOnce, 0xFFFFFF - 5_000L, 0, 0)]
    [InlineData(FaultsDialect.Deltas, 0xFFFFFF - 5_000L, 0, 0)]
    [InlineData(FaultsDialect.Deltas, 0L, 5 * Hour, 0)] // a delta that is extended
    [InlineData(FaultsDialect.Deltas, 0xFFFFFF + 1_000L, 0, 41)] // deltas below zero
    internal async Task Encoders_cut_messages_into_chunks_in_several_ways(FaultsDialect dialect, long start, long jump, int back)
    {
        var messages = Restamped(
            Usual with { Start = start, Bytes = 20_000 }, m => m.Stamp + (m.At >= 6 ? jump : 0) - (IsEach(m, 10) ? back : 0))
            .ConvertAll(m => m with { Shown = m.Shown - (IsEach(m, 10) ? back / 1000.0 : 0) });
        var chunks = new FaultsChunks(dialect);
        await using var server = await FaultsServer.StartAsync();
        var encoder = await server.ConnectAsync();
        foreach (var message in messages)
        {
            await encoder.SendBytesAsync(chunks.Write(message));
        }

        await encoder.SayGoodbyeAsync();

        var recorded = await server.ReadBackAsync();
        AssertSame(messages, recorded, VideoTrack.TrackId, tolerance: 1.5);
        AssertSame(messages, recorded, AudioTrack.TrackId, tolerance: 1.5);
        Assert.Equal(jump > 0 ? ["picture 0", "picture 150"] : ["picture 0"], recorded.RunsBeginWith);
        Assert.Equal(back > 0 ? 29 : 0, server.Broadcast.Repairs[Repair.DecodeTimeRaised]);
    }

    [Fact] // R12, R14
    public async Task The_newest_publish_wins_at_once_and_nothing_of_the_other_comes_behind()
    {
        await using var server = await FaultsServer.StartAsync();
        var messages = Usual.Encode();
        var zombie = await server.ConnectAsync();
        await zombie.SendAsync(messages.Where(message => message.At < 6));
        await server.UntilOnAirAsync(seconds: 5.5);

        var encoder = await server.ConnectAsync();
        await Eventually.EndsAsync(zombie.Serving, TimeSpan.FromSeconds(1));
        await zombie.SendAsync((Usual with { Bytes = 1 << 20 }).Encode().Where(message => message.At < 2)); // to nobody, and nobody holds it
        await encoder.SendAsync(messages.Where(message => message.Name is null || message.At >= 6));
        await encoder.SayGoodbyeAsync();

        var recorded = await server.ReadBackAsync();
        AssertSame(messages, recorded, VideoTrack.TrackId, tolerance: 1.5);
        AssertSame(messages, recorded, AudioTrack.TrackId, tolerance: 1.5);
        Assert.Equal(["picture 0", "picture 150"], recorded.RunsBeginWith);
    }

    [Fact] // R13
    public async Task An_encoder_that_falls_silent_is_away_after_ten_seconds_and_all_it_sent_is_recorded()
    {
        await using var server = await FaultsServer.StartAsync();
        var messages = Usual.Encode();
        var encoder = await server.ConnectAsync();
        await encoder.SendAsync(messages.Where(message => message.At < 6));
        await server.UntilOnAirAsync(seconds: 5.5);

        server.Time.Advance(TimeSpan.FromSeconds(9.9));
        await encoder.SendAsync(messages.Where(message => message.At >= 6));
        await server.UntilOnAirAsync(seconds: 11);
        server.Time.Advance(TimeSpan.FromSeconds(10.1));
        await Eventually.EndsAsync(encoder.Serving, TimeSpan.FromSeconds(10));
        Assert.Equal(BroadcastState.Disconnected, server.Broadcast.State);
        server.Time.Advance(TimeSpan.FromSeconds(60));

        var recorded = await server.ReadBackAsync();
        AssertSame(messages, recorded, VideoTrack.TrackId, tolerance: 1.5);
        AssertSame(messages, recorded, AudioTrack.TrackId, tolerance: 1.5);
    }

    private static void AssertSame(List<FaultsMessage> sent, FaultsRecording recorded, int trackId, double tolerance)
    {
        // The timeline begins with the first picture, and sound before it is not on it.
        var zero = (sent.Find(message => message is { IsPicture: true, Shown: not null }) ?? sent.Find(message => message.IsSound))!.Shown;
        var expected = sent.Where(message => message.IsPicture == (trackId == VideoTrack.TrackId) && message.Shown >= zero).ToList();
        var actual = recorded.Of(trackId).ToList();
        Assert.Equal(expected.Select(message => message.Name), actual.Select(sample => sample.Name));
        foreach (var (message, sample) in expected.Zip(actual))
        {
            var shown = (message.Shown - zero)!.Value * 90_000;
            Assert.True(Math.Abs(sample.Shown - shown) <= tolerance, $"{sample} was to be shown at {shown}");
        }
    }

    private static void AssertPlayable(FaultsRecording recorded)
    {
        Assert.All(recorded.Samples, sample => Assert.InRange(sample.Duration, 0, 10));
        var playlist = RecordingPlaylist.Of(recorded.Timeline, "", PlaylistForm.Whole);
        Assert.All(playlist.Segments, segment => Assert.InRange(segment.Duration, 1, 2 * 90_000L * playlist.TargetDuration));
        Assert.Equal(
            recorded.Timeline.Runs.Count - 1, playlist.Segments.Count(segment => segment.Discontinuity));
    }

    private static List<FaultsMessage> Restamped(FaultsStream stream, Func<FaultsMessage, long> stamp, bool shownAsStamped = false) =>
    [
        .. stream.Encode().Select(message => message.Name is null ? message : message with
        {
            Stamp = stamp(message),
            Shown = shownAsStamped && message.IsPicture ? stamp(message) / 1000.0 : message.Shown,
        }),
    ];

    /// <summary>The encoder sends nothing for a while, or sound alone, and goes on where it was.</summary>
    private static List<FaultsMessage> Paused(FaultsStream stream, double at, int seconds, bool withSound) =>
    [
        .. stream.Encode().Where(m => !withSound || !m.IsSound)
            .Select(m => m.At < at ? m : m with { At = m.At + seconds, Stamp = m.Stamp + (1000 * seconds), Shown = m.Shown + seconds }),
        .. withSound ? (stream with { Seconds = stream.Seconds + seconds }).Encode().Where(m => m.IsSound) : [],
    ];

    private static List<FaultsMessage> With(FaultsStream stream, IEnumerable<FaultsMessage> others) =>
        // Sorting keeps the order of equals: a header comes before the picture of its time.
        [.. others.Concat(stream.Encode()).OrderBy(message => message.At)];

    private static bool IsEach(FaultsMessage message, int count) =>
        message.IsPicture && NumberOf(message) is > 0 and var number && number % count == 0;

    private static int NumberOf(FaultsMessage message) => int.Parse(message.Name!.Split(' ')[1], CultureInfo.InvariantCulture);

    private static FaultsMessage StampedAsShown(FaultsMessage message) => !message.IsPicture ? message : message with
    {
        Stamp = (long)Math.Round(message.Shown!.Value * 1000) - 80,
        Shown = message.Shown - 0.08,
        Body = [.. message.Body[..2], 0, 0, 0, .. message.Body[5..]],
    };

    // Enhanced RTMP v2, ExVideoTagHeader:  1(1) | frame type(3) | packet type(4) | FourCC(32) | [composition time(24), type 1] | …
    private static FaultsMessage Enhanced(FaultsMessage message) => message.Type != RtmpMessageType.Video ? message : message with
    {
        Body = message.Body switch
        {
            [_, 0, ..] => [0x90, .. "avc1"u8, .. message.Body[5..]],
            [var first, _, 0, 0, 0, ..] => [(byte)(0x80 | (first & 0x70) | 3), .. "avc1"u8, .. message.Body[5..]],
            [var first, ..] => [(byte)(0x80 | (first & 0x70) | 1), .. "avc1"u8, .. message.Body[2..]],
            [] => [],
        },
    };

    /// <summary>RTMP 1.0 §7.1.6: FLV tags whose times begin anywhere; the whole has the time of the first.</summary>
    private static IEnumerable<FaultsMessage> Aggregated(List<FaultsMessage> messages)
    {
        foreach (var group in messages.Chunk(7))
        {
            var body = group.SelectMany(message => Tag(message, message.Stamp - group[0].Stamp + 77)).ToArray();
            yield return group[0] with { Type = RtmpMessageType.Aggregate, Body = body, Name = null, Shown = null };
            foreach (var message in group)
            {
                yield return message with { Body = [] };
            }
        }
    }

    // type(8) | size(24) | timestamp(24) | its upper 8 bits(8) | stream id(24)=0 | body | size of all that(32)
    private static byte[] Tag(FaultsMessage message, long stamp) =>
    [
        (byte)message.Type, (byte)(message.Body.Length >> 16), (byte)(message.Body.Length >> 8), (byte)message.Body.Length,
        (byte)(stamp >> 16), (byte)(stamp >> 8), (byte)stamp, (byte)(stamp >> 24), 0, 0, 0, .. message.Body, 0, 0, 0, 0,
    ];

    /// <summary>What one encoder sends, and what must have come of it beside all samples at their times.</summary>
    private sealed record FaultsCase(List<FaultsMessage> Messages)
    {
        /// <summary>By default there is one run.</summary>
        public string[] RunsBeginWith { get; init; } = [];

        /// <summary>All others are not made.</summary>
        public Dictionary<Repair, long> Repairs { get; } = [];

        /// <summary>How far, in 1/90,000 s, a sample may be from its place.</summary>
        public double Tolerance { get; init; } = 1.5;

        /// <summary>These are made, how often does not matter.</summary>
        public Repair[] Counts { get; init; } = [];
    }
}
