using LiveClip.Core.Samples;
using LiveClip.Tests.Mp4;

namespace LiveClip.Tests.Samples;

/// <summary>Small pictures as x264 codes them, as access units in decode order, and what a strict decoder makes of them.</summary>
internal sealed class EncodedPictures
{
    private static readonly byte[] StartCode = [0, 0, 0, 1];

    private EncodedPictures(EncodedMedia media)
    {
        Configuration = media.Video.Configuration;
        Samples = [.. media.Of<VideoTrack>()];
    }

    public AvcConfiguration Configuration { get; }

    public IReadOnlyList<Sample> Samples { get; }

    /// <summary>320×180 at 30 a second, moving, with a flash that makes weights worth while.</summary>
    public static EncodedPictures Make(
        string profile, string x264Params, int count = 90, string preset = "fast", string filter = "null") => new(
        EncodedMedia.Encode(
            "-f", "lavfi", "-i", "testsrc2=s=320x180:r=30", "-vf", $"fade=t=in:d=1,fade=t=out:st=1.5:d=1,{filter}",
            "-frames:v", $"{count}", "-c:v", "libx264", "-preset", preset, "-profile:v", profile, "-x264-params", x264Params));

    /// <summary>Pictures of a stream, in the order on screen, coded anew as a translator wants them.</summary>
    public static EncodedPictures Again(EncodedPictures source, EncoderSettings settings, int from, int count, string preset = "superfast")
    {
        using var file = new ScratchFile(ToAnnexB(source.Configuration, source.Samples.Select(sample => sample.Data)));
        return new EncodedPictures(EncodedMedia.Encode(
            "-i", file.Path, "-vf", $"trim=start_frame={from}:end_frame={from + count},setpts=N/30/TB", "-fps_mode", "passthrough",
            "-pix_fmt", settings.PixelFormat, "-c:v", "libx264", "-preset", preset, "-crf", "18", "-profile:v", settings.Profile,
            "-x264-params", settings.X264Params));
    }

    public IEnumerable<NalUnit> Slices => Samples.SelectMany(SlicesOf);

    /// <summary>Places of the samples on screen.</summary>
    public IReadOnlyList<int> ScreenOrder
    {
        get
        {
            var order = new int[Samples.Count];
            foreach (var (place, sample) in Samples.Index().OrderBy(indexed => indexed.Item.PresentationTime).Index())
            {
                order[sample.Index] = place;
            }

            return order;
        }
    }

    public IEnumerable<NalUnit> SlicesOf(Sample sample)
    {
        foreach (var unit in NalUnit.Walk(sample.Data, Configuration.LengthSize))
        {
            if (unit.Type is NalUnitType.IdrSlice or NalUnitType.NonIdrSlice)
            {
                yield return unit;
            }
        }
    }

    /// <summary>A hash of each picture on screen.</summary>
    public string[] Hashes() => Decode(Configuration, Samples.Select(sample => sample.Data));

    public static string[] Decode(AvcConfiguration configuration, IEnumerable<ReadOnlyMemory<byte>> accessUnits)
    {
        using var file = new ScratchFile(ToAnnexB(configuration, accessUnits));
        return EncodedMedia.HashPictures(file.Path);
    }

    /// <summary>Slices as an access unit.</summary>
    public static ReadOnlyMemory<byte> Join(IEnumerable<byte[]> units) =>
        units.SelectMany(unit => (byte[])[0, (byte)(unit.Length >> 16), (byte)(unit.Length >> 8), (byte)unit.Length, .. unit]).ToArray();

    private static IEnumerable<byte[]> ToAnnexB(AvcConfiguration configuration, IEnumerable<ReadOnlyMemory<byte>> accessUnits)
    {
        foreach (var set in configuration.SequenceParameterSets.Concat(configuration.PictureParameterSets))
        {
            yield return [.. StartCode, .. set.Span];
        }

        foreach (var accessUnit in accessUnits)
        {
            foreach (var unit in NalUnit.Walk(accessUnit, configuration.LengthSize))
            {
                yield return [.. StartCode, .. unit.Bytes.Span];
            }
        }
    }
}
