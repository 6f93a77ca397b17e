namespace LiveClip.Core.Samples;

/// <summary>One elementary stream of a broadcast with the codec configuration that all its samples share.</summary>
/// <param name="Id">1 for video, 2 for the first sound; the <c>track_ID</c> in every file.</param>
/// <param name="Timescale">Unit of its samples' times.</param>
public abstract record Track(int Id, Timescale Timescale);

/// <summary>H.264 pictures on a 90 kHz clock.</summary>
public sealed record VideoTrack(AvcConfiguration Configuration) : Track(TrackId, Timescale.Video)
{
    public const int TrackId = 1;
}

/// <summary>AAC sound on a clock of its own sample rate.</summary>
public sealed record AudioTrack(AudioSpecificConfig Configuration) : Track(TrackId, new Timescale((uint)Configuration.SampleRate))
{
    public const int TrackId = 2;
}
