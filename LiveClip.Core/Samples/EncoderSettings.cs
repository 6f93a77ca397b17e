using System.Globalization;

namespace LiveClip.Core.Samples;

/// <summary>What x264 must be told so that its slices can stand among another encoder's: see <see cref="SliceTranslator"/>.</summary>
/// <param name="Profile">Name of the profile, as <c>-profile:v</c> takes it.</param>
/// <param name="PixelFormat">Of the pictures that it is given; a conversion to another one would change their light.</param>
/// <param name="Parameters">x264's own; rate control and speed are left to the caller.</param>
public sealed record EncoderSettings(string Profile, string PixelFormat, IReadOnlyDictionary<string, string> Parameters)
{
    // x264's names for tables E-3 to E-5, by their numbers.
    private static readonly string[] Formats = ["component", "pal", "ntsc", "secam", "mac", "undef"];
    private static readonly string[] Primaries =
        ["", "bt709", "undef", "", "bt470m", "bt470bg", "smpte170m", "smpte240m", "film", "bt2020", "smpte428", "smpte431", "smpte432"];
    private static readonly string[] Transfers =
    [
        "", "bt709", "undef", "", "bt470m", "bt470bg", "smpte170m", "smpte240m", "linear", "log100", "log316", "iec61966-2-4",
        "bt1361e", "iec61966-2-1", "bt2020-10", "bt2020-12", "smpte2084", "smpte428", "arib-std-b67",
    ];
    private static readonly string[] Matrices =
    [
        "GBR", "bt709", "undef", "", "fcc", "bt470bg", "smpte170m", "smpte240m", "YCgCo", "bt2020nc", "bt2020c", "smpte2085",
        "chroma-derived-nc", "chroma-derived-c", "ICtCp",
    ];

    /// <summary>As <c>-x264-params</c> takes them.</summary>
    public string X264Params => string.Join(':', Parameters.Select(parameter => $"{parameter.Key}={parameter.Value}"));

    /// <summary>Parameter sets that <see cref="SliceTranslator"/> has found fit for it.</summary>
    internal static EncoderSettings Matching(ParameterSets source, AvcConfiguration configuration)
    {
        var (sps, pps) = source;
        var parameters = new Dictionary<string, string>
        {
            // One slice a picture, each predicted from the one before it only, and told in the plainest of headers.
            ["keyint"] = "infinite",
            ["scenecut"] = "0",
            ["open-gop"] = "0",
            ["bframes"] = "0",
            ["ref"] = "1",
            ["weightp"] = "0",
            ["slices"] = "1",
            ["sliced-threads"] = "0",
            ["rc-lookahead"] = "0",
            ["sync-lookahead"] = "0",
            ["mbtree"] = "0",
            ["repeat-headers"] = "1",
            ["annexb"] = "1",
            ["aud"] = "0",
            // What slice data depends on.
            ["level-idc"] = Number(sps.LevelIdc),
            ["cabac"] = Flag(pps.IsCabac),
            ["8x8dct"] = Flag(pps.HasTransform8X8),
            ["cqm"] = "flat",
            ["chroma-qp-offset"] = Number(pps.ChromaQpOffsets.Cb),
            ["constrained-intra"] = Flag(pps.HasConstrainedIntraPrediction),
            // It would take 1 to 4 off the chroma offset, as the preset has it.
            ["psy"] = "0",
            // A source without deblocking control has the filter on and at 0.
            ["no-deblock"] = "0",
            ["deblock"] = "0,0",
            ["sps-id"] = Number(FreeId(configuration)),
        };
        AddSignal(parameters, sps);
        var profile = sps.ProfileIdc switch { 66 => "baseline", 77 => "main", _ => "high" };
        return new EncoderSettings(profile, sps.Signal is { FullRange: true } ? "yuvj420p" : "yuv420p", parameters);
    }

    // What the pictures mean does not reach a translated slice, but whoever reads the encoder's own parameter sets.
    private static void AddSignal(Dictionary<string, string> parameters, SequenceParameterSet sps)
    {
        if (sps.SampleAspectRatio != (1, 1))
        {
            parameters["sar"] = $"{Number(sps.SampleAspectRatio.Width)}/{Number(sps.SampleAspectRatio.Height)}";
        }

        if (sps.Signal is not { } signal)
        {
            return;
        }

        parameters["range"] = signal.FullRange ? "pc" : "tv";
        AddName("videoformat", Formats, signal.Format);
        AddName("colorprim", Primaries, signal.Primaries);
        AddName("transfer", Transfers, signal.Transfer);
        AddName("colormatrix", Matrices, signal.Matrix);

        void AddName(string parameter, string[] names, int number)
        {
            if (names.ElementAtOrDefault(number) is { Length: > 0 } name)
            {
                parameters[parameter] = name;
            }
        }
    }

    /// <summary>So that the encoder's parameter sets could stand beside the source's; x264 gives both of its own the same.</summary>
    private static int FreeId(AvcConfiguration configuration) =>
        Enumerable.Range(0, 32).FirstOrDefault(
            id => !configuration.ParameterSets.Any(sets => sets.Sps.Id == id || sets.Pps.Id == id));

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Flag(bool value) => value ? "1" : "0";
}
