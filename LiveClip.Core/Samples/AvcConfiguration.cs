namespace LiveClip.Core.Samples;

/// <summary>The AVC decoder configuration record, <c>avcC</c> (ISO 14496-15 §5.3.3.1).</summary>
public sealed class AvcConfiguration
{
    public SequenceParameterSet Sps { get; init; } = new();
}

public sealed class SequenceParameterSet
{
    public int Width { get; init; }

    public int Height { get; init; }
}
