namespace LiveClip.Core.Samples;

/// <summary>What an AAC decoder must know (ISO 14496-3 §1.6.2.1).</summary>
public sealed class AudioSpecificConfig
{
    public int SampleRate { get; init; }
}
