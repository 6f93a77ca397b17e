using System.Buffers.Binary;
using LiveClip.Core.Rtmp;
using LiveClip.Core.Samples;
using LiveClip.Tests.Live;

namespace LiveClip.Tests.Recordings;

/// <summary>
/// What an encoder without pictures says by RTMP: each sample has a number of its own, a true time, and the stamp that it is sent with,
/// which a test makes wrong.
/// </summary>
internal sealed record FaultsStream
{
    private const double Millisecond = 1 / 1000.0;

    public VideoTrack? Pictures { get; init; } = SyntheticEncoder.Plain;

    public AudioTrack? Sound { get; init; } = SyntheticEncoder.Stereo48;

    /// <summary>Each picture lasts 40 whole milliseconds: no stamp is rounded.</summary>
    public double Fps { get; init; } = 25;

    public int Gop { get; init; } = 50;

    public int BFrames { get; init; }

    public double Seconds { get; init; } = 12;

    /// <summary>What the encoder's clock shows at the beginning.</summary>
    public long Start { get; init; }

    /// <summary>Added to each composition time.</summary>
    public int Composition { get; init; }

    /// <summary>Of a picture; a sound has 16.</summary>
    public int Bytes { get; init; } = 200;

    public static FaultsMessage VideoHeader(double at, VideoTrack track) =>
        Other(at, RtmpMessageType.Video, [0x17, 0, 0, 0, 0, .. track.Configuration.Record.Span]);

    public static FaultsMessage SoundHeader(double at, AudioTrack track) =>
        Other(at, RtmpMessageType.Audio, [0xAF, 0, .. track.Configuration.Record.Span]);

    /// <summary>Anything that is no sample, or should be none.</summary>
    public static FaultsMessage Other(double at, RtmpMessageType type, params byte[] body) =>
        new(type, at, (long)(at * 1000), body, null, null, false);

    /// <summary>The name that a sample was given, out of what was recorded of it.</summary>
    public static string NameOf(int trackId, ReadOnlySpan<byte> data) => trackId == VideoTrack.TrackId
        ? $"picture {BinaryPrimitives.ReadInt32BigEndian(data[5..])}"
        : $"sound {BinaryPrimitives.ReadInt32BigEndian(data)}";

    /// <summary>Headers, then all samples by decode time.</summary>
    public List<FaultsMessage> Encode()
    {
        var samples = new List<FaultsMessage>();
        samples.AddRange(Pictures is null ? [] : EncodePictures());
        samples.AddRange(Sound is null ? [] : EncodeSound());
        IEnumerable<FaultsMessage> headers =
            [.. Pictures is null ? [] : new[] { VideoHeader(0, Pictures) }, .. Sound is null ? [] : new[] { SoundHeader(0, Sound) }];
        return [.. headers.Concat(samples.OrderBy(sample => sample.At)).Select(message => message with { Stamp = message.Stamp + Start })];
    }

    private IEnumerable<FaultsMessage> EncodePictures()
    {
        var delay = BFrames > 0 ? Pictures!.Configuration.Sps.ReorderDepth : 0;
        var order = new SyntheticEncoder { Gop = Gop, BFrames = BFrames }.DecodeOrder((int)Math.Round(Seconds * Fps));
        for (var i = 0; i < order.Count; i++)
        {
            var stamp = Milliseconds(i);
            var composition = (int)(Milliseconds(order[i] + delay) - stamp) + Composition;
            var isSync = order[i] % Gop == 0;
            yield return new FaultsMessage(
                RtmpMessageType.Video, i / Fps, stamp, PictureBody(order[i], isSync, composition, Bytes), $"picture {order[i]}",
                (stamp + composition) * Millisecond, isSync);
        }
    }

    private IEnumerable<FaultsMessage> EncodeSound()
    {
        var configuration = Sound!.Configuration;
        for (var i = 0; i * configuration.FrameLength < Seconds * configuration.SampleRate; i++)
        {
            var at = (double)i * configuration.FrameLength / configuration.SampleRate;
            var body = new byte[18];
            (body[0], body[1]) = (0xAF, 1);
            BinaryPrimitives.WriteInt32BigEndian(body.AsSpan(2), i);
            yield return new FaultsMessage(
                RtmpMessageType.Audio, at, (long)Math.Round(at * 1000), body, $"sound {i}", at, true);
        }
    }

    // frame type(4) codec(4)=7 | packet type(8)=1 | composition time(24) | length(32) | NAL header(8) | number(32) | …
    public static byte[] PictureBody(int number, bool isSync, int composition, int bytes)
    {
        var body = new byte[5 + bytes];
        BinaryPrimitives.WriteInt32BigEndian(body.AsSpan(1), composition & 0xFFFFFF);
        (body[0], body[1]) = (isSync ? (byte)0x17 : (byte)0x27, 1);
        BinaryPrimitives.WriteInt32BigEndian(body.AsSpan(5), bytes - 4);
        body[9] = isSync ? (byte)0x65 : (byte)0x41;
        BinaryPrimitives.WriteInt32BigEndian(body.AsSpan(10), number);
        return body;
    }

    private long Milliseconds(int picture) => (long)Math.Round(picture * 1000 / Fps);
}

/// <summary>One message of an encoder.</summary>
/// <param name="At">When it is sent, in seconds of media.</param>
/// <param name="Stamp">Milliseconds as the encoder's clock has them; RTMP has room for 32 bits of it.</param>
/// <param name="Name">Null for what is not a sample.</param>
/// <param name="Shown">When a picture is shown or a sound heard, in seconds; null when it must not be in the recording.</param>
internal sealed record FaultsMessage(
    RtmpMessageType Type, double At, long Stamp, byte[] Body, string? Name, double? Shown, bool IsSync)
{
    public bool IsPicture => Name is not null && Type == RtmpMessageType.Video;

    public bool IsSound => Name is not null && Type == RtmpMessageType.Audio;

    public RtmpMessage ToRtmp() =>
        new() { Type = Type, Timestamp = unchecked((uint)Stamp), MessageStreamId = 1, Payload = Body };
}
