namespace LiveClip.Core.Samples;

/// <summary>The AVC decoder configuration record, <c>avcC</c> (ISO 14496-15 §5.3.3.1).</summary>
public sealed class AvcConfiguration
{
}
