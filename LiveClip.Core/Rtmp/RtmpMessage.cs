namespace LiveClip.Core.Rtmp;

/// <summary>
/// One message of RTMP (RTMP 1.0 §6.1). It owns its payload: one allocation, never written again, so that samples may share it.
/// </summary>
public sealed class RtmpMessage
{
    public required RtmpMessageType Type { get; init; }

    /// <summary>Absolute, in milliseconds, modulo 2^32.</summary>
    public required uint Timestamp { get; init; }

    /// <summary>0 for the connection itself, else the number that createStream answered.</summary>
    public required uint MessageStreamId { get; init; }

    public required ReadOnlyMemory<byte> Payload { get; init; }
}

/// <summary>Message type ids (RTMP 1.0 §5.4 and §7.1); audio, video and data have the same numbers as FLV tags.</summary>
public enum RtmpMessageType
{
    SetChunkSize = 1,
    Abort = 2,
    Acknowledgement = 3,
    UserControl = 4,
    WindowAcknowledgementSize = 5,
    SetPeerBandwidth = 6,
    Audio = 8,
    Video = 9,
    DataAmf3 = 15,
    CommandAmf3 = 17,
    DataAmf0 = 18,
    CommandAmf0 = 20,
    Aggregate = 22,
}
