namespace LiveClip.Core.Rtmp;

/// <summary>The peer broke a rule of RTMP, FLV or AMF, or a limit of <see cref="RtmpLimits"/>: says where, and which one.</summary>
/// <param name="where">The field or the byte offset, such as "chunk header at byte 3073"; never a stream key.</param>
/// <param name="rule">What was expected and what came instead.</param>
public sealed class RtmpProtocolException(string where, string rule) : Exception($"{where}: {rule}")
{
    public string Where { get; } = where;

    public string Rule { get; } = rule;
}
