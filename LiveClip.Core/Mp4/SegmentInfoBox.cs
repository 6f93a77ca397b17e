using System.Text;

namespace LiveClip.Core.Mp4;

/// <summary>Which run of which recording an init segment belongs to.</summary>
/// <param name="RecordingId">The recording's id in the catalog.</param>
/// <param name="Run">The run's number in the recording.</param>
/// <param name="TimelineStart">In ticks of 90 kHz: where run time 0 lies on the recording's timeline.</param>
/// <param name="WallClock">UTC at run time 0.</param>
public readonly record struct RunIdentity(Guid RecordingId, int Run, long TimelineStart, DateTimeOffset WallClock)
{
    /// <summary>Null in files of the first version of the box.</summary>
    public RecordingStart? RecordingStart { get; init; }
}

/// <summary>How a recording began: what its row in the catalog says, repeated in each of its runs.</summary>
/// <param name="StreamId">Of the live stream.</param>
/// <param name="StartedAt">UTC.</param>
/// <param name="FirstSegmentNumber">Where the live stream's segment numbers stood.</param>
/// <param name="FirstDiscontinuity">Where its discontinuity numbers stood.</param>
public sealed record RecordingStart(string StreamId, DateTimeOffset StartedAt, long FirstSegmentNumber, long FirstDiscontinuity);

/// <summary>Which place in which recording a movie fragment takes.</summary>
/// <param name="RecordingId">The recording's id in the catalog.</param>
/// <param name="Run">The run's number in the recording.</param>
/// <param name="Number">Of the segment.</param>
/// <param name="Fragment">Its index in the segment.</param>
/// <param name="TimelineStart">In ticks of 90 kHz: where its presentation starts on the recording's timeline.</param>
/// <param name="WallClock">UTC at the start of its presentation.</param>
public readonly record struct SegmentIdentity(
    Guid RecordingId, int Run, long Number, int Fragment, long TimelineStart, DateTimeOffset WallClock)
{
    /// <summary>EXT-X-TARGETDURATION of the recording in seconds; null where it was not yet fixed, and in the first version.</summary>
    public int? TargetDuration { get; init; }
}

/// <summary>
/// The private box (ISO 14496-12 §11.1) in each init segment and before each movie fragment that says where it belongs, so that
/// the index of a recording can be rebuilt from its files alone. Players skip it.
/// </summary>
internal static class SegmentInfoBox
{
    private const int FirstVersion = 0;
    private const int SecondVersion = 1;

    private static readonly Guid RunUserType = new("6f0e8a52-3d1c-4b67-9a43-b1c52d9e7f10");
    private static readonly Guid SegmentUserType = new("6f0e8a52-3d1c-4b67-9a43-b1c52d9e7f11");
    private static readonly byte[] SegmentUserTypeBytes = SegmentUserType.ToByteArray(bigEndian: true);

    /// <summary>What the content of each fragment's box begins with.</summary>
    public static ReadOnlySpan<byte> SegmentMark => SegmentUserTypeBytes;

    /// <summary>Of the box of that fragment, header included.</summary>
    public static int SizeOf(SegmentIdentity identity) =>
        BoxHeader.CompactLength + 16 + 4 + 16 + 4 + 8 + 4 + 8 + 8 + (identity.TargetDuration is null ? 0 : 4);

    // size(32) | 'uuid' | usertype(128) | version(8) flags(24)=0 | recording_id(128) | run(32)
    //   | timeline_start(64, 90 kHz) | wall_clock(64, units of 100 ns since 1970 UTC)
    //   | version 1: started_at(64, as wall_clock) | first_segment_number(64) | first_discontinuity(64)
    //     | stream_id_length(32) | stream_id(UTF-8)
    public static void Write(BoxWriter writer, RunIdentity identity)
    {
        using (writer.Box(BoxType.Uuid))
        {
            writer.WriteGuid(RunUserType);
            WriteVersion(writer, identity.RecordingStart is null ? FirstVersion : SecondVersion);
            writer.WriteGuid(identity.RecordingId);
            writer.WriteInt32(identity.Run);
            writer.WriteInt64(identity.TimelineStart);
            WriteWallClock(writer, identity.WallClock);
            if (identity.RecordingStart is { } start)
            {
                WriteWallClock(writer, start.StartedAt);
                writer.WriteInt64(start.FirstSegmentNumber);
                writer.WriteInt64(start.FirstDiscontinuity);
                writer.WriteInt32(Encoding.UTF8.GetByteCount(start.StreamId));
                writer.WriteBytes(Encoding.UTF8.GetBytes(start.StreamId));
            }
        }
    }

    // size(32) | 'uuid' | usertype(128) | version(8) flags(24)=0 | recording_id(128) | run(32) | number(64) | fragment(32)
    //   | timeline_start(64, 90 kHz) | wall_clock(64, units of 100 ns since 1970 UTC)
    //   | version 1: target_duration(32, seconds)
    public static void Write(BoxWriter writer, SegmentIdentity identity)
    {
        using (writer.Box(BoxType.Uuid))
        {
            writer.WriteGuid(SegmentUserType);
            WriteVersion(writer, identity.TargetDuration is null ? FirstVersion : SecondVersion);
            writer.WriteGuid(identity.RecordingId);
            writer.WriteInt32(identity.Run);
            writer.WriteInt64(identity.Number);
            writer.WriteInt32(identity.Fragment);
            writer.WriteInt64(identity.TimelineStart);
            WriteWallClock(writer, identity.WallClock);
            if (identity.TargetDuration is { } seconds)
            {
                writer.WriteInt32(seconds);
            }
        }
    }

    public static RunIdentity ReadRun(BoxReader box)
    {
        var version = ReadHeader(ref box, RunUserType);
        var identity = new RunIdentity(box.ReadGuid(), box.ReadInt32(), box.ReadInt64(), ReadWallClock(ref box));
        return version == FirstVersion ? identity : identity with { RecordingStart = ReadRecordingStart(ref box) };
    }

    public static SegmentIdentity ReadSegment(BoxReader box)
    {
        var version = ReadHeader(ref box, SegmentUserType);
        var identity = new SegmentIdentity(
            box.ReadGuid(), box.ReadInt32(), box.ReadInt64(), box.ReadInt32(), box.ReadInt64(), ReadWallClock(ref box));
        return version == FirstVersion ? identity : identity with { TargetDuration = box.ReadInt32() };
    }

    private static RecordingStart ReadRecordingStart(ref BoxReader box)
    {
        var (startedAt, firstSegment, firstDiscontinuity) = (ReadWallClock(ref box), box.ReadInt64(), box.ReadInt64());
        var streamId = Encoding.UTF8.GetString(box.ReadBytes(box.ReadCount()));
        return new RecordingStart(streamId, startedAt, firstSegment, firstDiscontinuity);
    }

    private static int ReadHeader(ref BoxReader box, Guid expected)
    {
        var userType = box.ReadGuid();
        if (userType != expected)
        {
            throw box.Fault($"usertype {userType} is not {expected}");
        }

        var (version, _) = box.ReadVersionAndFlags();
        return version is FirstVersion or SecondVersion ? version : throw box.Fault($"version {version} is not known");
    }

    // version(8) | flags(24)=0
    private static void WriteVersion(BoxWriter writer, int version) => writer.WriteInt32(version << 24);

    private static void WriteWallClock(BoxWriter writer, DateTimeOffset time) =>
        writer.WriteInt64(time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks);

    private static DateTimeOffset ReadWallClock(ref BoxReader box)
    {
        var sinceEpoch = (Int128)box.ReadInt64() + DateTimeOffset.UnixEpoch.Ticks;
        return sinceEpoch >= 0 && sinceEpoch <= DateTimeOffset.MaxValue.Ticks
            ? new DateTimeOffset((long)sinceEpoch, TimeSpan.Zero)
            : throw box.Fault("wall clock is out of range");
    }
}
