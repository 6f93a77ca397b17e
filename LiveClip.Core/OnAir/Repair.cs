namespace LiveClip.Core.OnAir;

/// <summary>What had to be mended in, or left out of, what an encoder sent.</summary>
public enum Repair
{
    /// <summary>A picture was decoded no later than the one before it: a tick later now, and shown when it was to be.</summary>
    DecodeTimeRaised,

    /// <summary>A picture was to be shown at a time that cannot be meant: as long after its decoding as the one before it.</summary>
    CompositionTimeReplaced,

    /// <summary>Sound went on more than 20 ms later than it had ended: there is silence in between.</summary>
    SoundMoved,

    /// <summary>Sound that would have lain over earlier sound was left out.</summary>
    SoundDropped,

    /// <summary>The encoder's clock jumped: its samples go on without a gap, in another run from the next sync sample on.</summary>
    ClockJumped,

    /// <summary>
    /// Stamps that have nothing to do with those of the other track, or were set back a little, go on where the broadcast is.
    /// </summary>
    ClocksAligned,

    /// <summary>NAL units without content were taken out of a picture.</summary>
    EmptyUnitsRemoved,

    /// <summary>A message, sequence header or picture that breaks the rules of its format was left out.</summary>
    MalformedDropped,

    /// <summary>A message with a codec that cannot be recorded was left out.</summary>
    UnsupportedDropped,
}
