namespace LiveClip.Core.Clips;

/// <summary>A clip cannot be made, for a reason that the person who asked for it can read and act on.</summary>
public sealed class ClipException(string reason) : Exception(reason);
