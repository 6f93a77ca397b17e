namespace LiveClip.Core.Mp4;

/// <summary>Which run of which recording an init segment belongs to.</summary>
/// <param name="RecordingId">The recording's id in the catalog.</param>
/// <param name="Run">The run's number in the recording.</param>
/// <param name="TimelineStart">In ticks of 90 kHz: where run time 0 lies on the recording's timeline.</param>
/// <param name="WallClock">UTC at run time 0.</param>
public readonly record struct RunIdentity(Guid RecordingId, int Run, long TimelineStart, DateTimeOffset WallClock);

/// <summary>Which place in which recording a movie fragment takes.</summary>
/// <param name="RecordingId">The recording's id in the catalog.</param>
/// <param name="Run">The run's number in the recording.</param>
/// <param name="Number">Of the segment.</param>
/// <param name="Fragment">Its index in the segment.</param>
/// <param name="TimelineStart">In ticks of 90 kHz: where its presentation starts on the recording's timeline.</param>
/// <param name="WallClock">UTC at the start of its presentation.</param>
public readonly record struct SegmentIdentity(
    Guid RecordingId, int Run, long Number, int Fragment, long TimelineStart, DateTimeOffset WallClock);

/// <summary>
/// The private box (ISO 14496-12 §11.1) in each init segment and before each movie fragment that says where it belongs, so that
/// the index of a recording can be rebuilt from its files alone. Players skip it.
/// </summary>
internal static class SegmentInfoBox
{
    /// <summary>Of the box of a <see cref="SegmentIdentity"/>, header included.</summary>
    public const int SegmentBoxSize = BoxHeader.CompactLength + 16 + 4 + 16 + 4 + 8 + 4 + 8 + 8;

    private static readonly Guid RunUserType = new("6f0e8a52-3d1c-4b67-9a43-b1c52d9e7f10");
    private static readonly Guid SegmentUserType = new("6f0e8a52-3d1c-4b67-9a43-b1c52d9e7f11");

    // size(32) | 'uuid' | usertype(128) | version(8)=0 flags(24)=0 | recording_id(128) | run(32)
    //   | timeline_start(64, 90 kHz) | wall_clock(64, units of 100 ns since 1970 UTC)
    public static void Write(BoxWriter writer, RunIdentity identity)
    {
        using (writer.Box(BoxType.Uuid))
        {
            writer.WriteGuid(RunUserType);
            writer.WriteUInt32(0);
            writer.WriteGuid(identity.RecordingId);
            writer.WriteInt32(identity.Run);
            writer.WriteInt64(identity.TimelineStart);
            WriteWallClock(writer, identity.WallClock);
        }
    }

    // size(32) | 'uuid' | usertype(128) | version(8)=0 flags(24)=0 | recording_id(128) | run(32) | number(64) | fragment(32)
    //   | timeline_start(64, 90 kHz) | wall_clock(64, units of 100 ns since 1970 UTC)
    public static void Write(BoxWriter writer, SegmentIdentity identity)
    {
        using (writer.Box(BoxType.Uuid))
        {
            writer.WriteGuid(SegmentUserType);
            writer.WriteUInt32(0);
            writer.WriteGuid(identity.RecordingId);
            writer.WriteInt32(identity.Run);
            writer.WriteInt64(identity.Number);
            writer.WriteInt32(identity.Fragment);
            writer.WriteInt64(identity.TimelineStart);
            WriteWallClock(writer, identity.WallClock);
        }
    }

    public static RunIdentity ReadRun(BoxReader box)
    {
        ReadHeader(ref box, RunUserType);
        return new RunIdentity(box.ReadGuid(), box.ReadInt32(), box.ReadInt64(), ReadWallClock(ref box));
    }

    public static SegmentIdentity ReadSegment(BoxReader box)
    {
        ReadHeader(ref box, SegmentUserType);
        return new SegmentIdentity(
            box.ReadGuid(), box.ReadInt32(), box.ReadInt64(), box.ReadInt32(), box.ReadInt64(), ReadWallClock(ref box));
    }

    private static void ReadHeader(ref BoxReader box, Guid expected)
    {
        var userType = box.ReadGuid();
        if (userType != expected)
        {
            throw box.Fault($"usertype {userType} is not {expected}");
        }

        var (version, _) = box.ReadVersionAndFlags();
        if (version != 0)
        {
            throw box.Fault($"version {version} is not known");
        }
    }

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
