namespace LiveClip.Core.Clips;

/// <summary>The ways to say which part of a recording a clip is to be. In and out are half-open: pictures with start ≤ t &lt; end.</summary>
public abstract record ClipRange;

/// <summary>Seconds on the recording's timeline.</summary>
public sealed record TimelineRange(double Start, double End) : ClipRange;

/// <summary>Wall-clock times.</summary>
public sealed record WallClockRange(DateTimeOffset Start, DateTimeOffset End) : ClipRange;

/// <summary>The newest so many seconds.</summary>
public sealed record LastRange(double Seconds) : ClipRange;

/// <summary>From one picture that a player showed to another; both are in the clip.</summary>
public sealed record PictureRange(ShownPicture In, ShownPicture Out) : ClipRange;

/// <summary>Exactly the picture on a screen.</summary>
/// <param name="Run">The run that it belongs to.</param>
/// <param name="Time90K">Its presentation time within the run, 1/90,000 s.</param>
public sealed record ShownPicture(int Run, long Time90K);
