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

    /// <summary>The encoder's clock jumped: another run begins.</summary>
    ClockJumped,

    /// <summary>Sound and pictures were on clocks that have nothing to do with each other: put side by side as they arrive.</summary>
    ClocksAligned,

    /// <summary>A message, sequence header or picture that breaks the rules of its format was left out.</summary>
    MalformedDropped,

    /// <summary>A message with a codec that cannot be recorded was left out.</summary>
    UnsupportedDropped,
}
