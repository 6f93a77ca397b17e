namespace LiveClip.Core.Samples;

/// <summary>Coded bytes that break the rules of their codec: which syntax element, at which byte, and what is wrong with it.</summary>
public sealed class SampleFormatException(string field, long offset, string what) : FormatException($"{field} at byte {offset}: {what}")
{
    /// <summary>The syntax element as the standard spells it.</summary>
    public string Field { get; } = field;

    /// <summary>Counted from the beginning of what was parsed.</summary>
    public long Offset { get; } = offset;
}
