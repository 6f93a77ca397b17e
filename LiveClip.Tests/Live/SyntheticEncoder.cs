using System.Buffers.Binary;
using LiveClip.Core.Samples;

namespace LiveClip.Tests.Live;

/// <summary>
/// An encoder without pictures: samples as ingest hands them over, each with a number of its own as its bytes. Times are whole
/// milliseconds, as RTMP brings them (33, 33, 34), so that pictures lie up to half a millisecond off their grid.
/// </summary>
internal sealed record SyntheticEncoder
{
    /// <summary>640×360 by libx264, no B-frames.</summary>
    public static readonly VideoTrack Plain = Video(
        "0164001effe100196764001eacb405017fcb8088000003000800000301e078b17501000468ef0fcbfdf8f800");

    /// <summary>640×360 by libx264, reorder depth 2.</summary>
    public static readonly VideoTrack Reordering = Video(
        "0164001effe1001a6764001eacd940a02ff970110000030001000003003c0f162d9601000468ef8fcbfdf8f800");

    /// <summary>AAC-LC, 48 kHz, stereo.</summary>
    public static readonly AudioTrack Stereo48 = new(AudioSpecificConfig.Parse(new byte[] { 0x11, 0x90 }));

    public static readonly AudioTrack Mono44 = new(AudioSpecificConfig.Parse(new byte[] { 0x12, 0x08 }));

    private const int PictureKind = 1;
    private const int SoundKind = 2;

    public VideoTrack? Pictures { get; init; } = Plain;

    public AudioTrack? Sound { get; init; } = Stereo48;

    public double Fps { get; init; } = 30;

    /// <summary>Pictures from one sync sample to the next.</summary>
    public int Gop { get; init; } = 60;

    public int BFrames { get; init; }

    /// <summary>Leading pictures: the last B-frames of a GOP are decoded behind the sync sample of the next.</summary>
    public bool OpenGop { get; init; }

    /// <summary>What the encoder's clock shows at the first picture.</summary>
    public long StartMs { get; init; }

    public int TimestampBreak { get; init; } = 1;

    /// <summary>Arrival of the first sample; the others come in real time.</summary>
    public long Arrival { get; init; }

    public int FirstNumber { get; init; }

    public int Bytes { get; init; } = 100;

    public static string NameOf(ReadOnlySpan<byte> data) =>
        (BinaryPrimitives.ReadInt32BigEndian(data) == PictureKind ? "picture " : "sound ") + BinaryPrimitives.ReadInt32BigEndian(data[4..]);

    /// <summary>Interleaved by decode time.</summary>
    public List<Sample> Encode(double seconds)
    {
        var samples = new List<Sample>();
        if (Pictures is not null)
        {
            samples.AddRange(EncodePictures((int)Math.Round(seconds * Fps)));
        }

        if (Sound is not null)
        {
            samples.AddRange(EncodeSound(seconds));
        }

        return [.. samples.OrderBy(sample => sample.Track.Timescale.ToTimeSpan(sample.DecodeTime)).ThenBy(sample => sample.Track.Id)];
    }

    /// <summary>The display number of each picture in decode order.</summary>
    public List<int> DecodeOrder(int count)
    {
        var order = new List<int>();
        var next = 0;
        while (next < count)
        {
            var gopEnd = OpenGop ? int.MaxValue : (next / Gop * Gop) + Gop - 1;
            if (next % Gop == 0)
            {
                order.Add(next++);
                continue;
            }

            var anchor = Math.Min(Math.Min(next + BFrames, gopEnd), count - 1);
            if (OpenGop && anchor / Gop > next / Gop)
            {
                anchor = anchor / Gop * Gop;
            }

            order.Add(anchor);
            order.AddRange(Enumerable.Range(next, anchor - next));
            next = anchor + 1;
        }

        return order;
    }

    private IEnumerable<Sample> EncodePictures(int count)
    {
        var delay = BFrames > 0 ? Pictures!.Configuration.Sps.ReorderDepth : 0;
        var order = DecodeOrder(count);
        for (var i = 0; i < order.Count; i++)
        {
            var decode = Milliseconds(i);
            yield return New(Pictures!, PictureKind, FirstNumber + order[i], decode, order[i] % Gop == 0) with
            {
                CompositionOffset = (int)(90 * (Milliseconds(order[i] + delay) - decode)),
            };
        }
    }

    private IEnumerable<Sample> EncodeSound(double seconds)
    {
        var track = Sound!;
        var zero = Timescale.Milliseconds.To(track.Timescale, StartMs);
        for (var i = 0; i * track.Configuration.FrameLength < seconds * track.Configuration.SampleRate; i++)
        {
            var time = (long)i * track.Configuration.FrameLength;
            yield return New(track, SoundKind, FirstNumber + i, 0, isSync: true) with
            {
                DecodeTime = zero + time,
                Duration = track.Configuration.FrameLength,
                Arrival = Arrival + track.Timescale.ToTimeSpan(time).Ticks,
            };
        }
    }

    private Sample New(Track track, int kind, int number, long milliseconds, bool isSync)
    {
        var data = new byte[Bytes];
        BinaryPrimitives.WriteInt32BigEndian(data, kind);
        BinaryPrimitives.WriteInt32BigEndian(data.AsSpan(4), number);
        return new Sample
        {
            Track = track,
            DecodeTime = 90 * milliseconds,
            IsSync = isSync,
            Data = data,
            Arrival = Arrival + ((milliseconds - StartMs) * TimeSpan.TicksPerMillisecond),
            TimestampBreak = TimestampBreak,
        };
    }

    private long Milliseconds(int picture) => StartMs + (long)Math.Round(picture * 1000 / Fps);

    private static VideoTrack Video(string avcC) => new(AvcConfiguration.Parse(Convert.FromHexString(avcC)));
}
