using System.Buffers.Binary;

namespace LiveClip.Core.Catalog;

/// <summary>A place of a recording's timeline, 1/90,000 s, and its UTC.</summary>
public readonly record struct WallClockAnchor(long Timeline, DateTimeOffset WallClock)
{
    private const int Size = 16;

    /// <summary>UTC at another place of the same run.</summary>
    public DateTimeOffset WallClockAt(long timeline) => WallClock + TimeSpan.FromTicks((timeline - Timeline) * 1000 / 9);

    /// <summary>The place of another UTC, as if this anchor held for ever; any UTC may be asked for, also in year 9999.</summary>
    public long TimelineAt(DateTimeOffset wallClock) => Timeline + (long)((Int128)(wallClock - WallClock).Ticks * 9 / 1000);

    /// <summary>timeline(64) | UTC(64, units of 100 ns since year 1), anchor by anchor: a day of a bad clock is two thousand of them.</summary>
    internal static byte[] ToBytes(IReadOnlyList<WallClockAnchor> anchors)
    {
        var bytes = new byte[anchors.Count * Size];
        for (var i = 0; i < anchors.Count; i++)
        {
            BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(i * Size), anchors[i].Timeline);
            BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan((i * Size) + 8), anchors[i].WallClock.UtcTicks);
        }

        return bytes;
    }

    internal static IReadOnlyList<WallClockAnchor> FromBytes(byte[] bytes)
    {
        var anchors = new WallClockAnchor[bytes.Length / Size];
        for (var i = 0; i < anchors.Length; i++)
        {
            anchors[i] = new WallClockAnchor(
                BinaryPrimitives.ReadInt64BigEndian(bytes.AsSpan(i * Size)),
                new DateTimeOffset(BinaryPrimitives.ReadInt64BigEndian(bytes.AsSpan((i * Size) + 8)), TimeSpan.Zero));
        }

        return anchors;
    }
}
