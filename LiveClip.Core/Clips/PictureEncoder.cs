using LiveClip.Core.Ffmpeg;
using LiveClip.Core.Samples;

namespace LiveClip.Core.Clips;

/// <summary>
/// Encodes the pictures of a plan's encoded parts anew, all in one ffmpeg run, and rewrites them as if the source's own encoder had made
/// them, so that they stand beside copied ones under the one decoder configuration of the recording.
/// </summary>
public sealed class PictureEncoder(FfmpegRunner ffmpeg)
{
    private static readonly TimeSpan LeastDeadline = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan MostDeadline = TimeSpan.FromMinutes(15);

    /// <summary>Of a clip that is being cut now; more does not make the few pictures come sooner.</summary>
    private static readonly int Threads = Math.Clamp(Environment.ProcessorCount, 1, 4);

    /// <summary>What cannot be matched: the clip then has to be encoded as a whole.</summary>
    internal static string? WhyNot(SourceRun run) =>
        SliceTranslator.EncoderSettingsFor(run.Configuration!, out var why) is null ? why : null;

    /// <param name="parts">All of one codec configuration.</param>
    /// <param name="idrPicIds">Of each part's first picture: another one than those of the IDR pictures around it.</param>
    /// <returns>Each part's pictures in the order in which they are shown, which is that in which they are decoded.</returns>
    /// <exception cref="SampleFormatException">The encoder's pictures cannot stand among those of the source.</exception>
    /// <exception cref="FfmpegException">ffmpeg failed.</exception>
    internal async Task<IReadOnlyList<IReadOnlyList<ReadOnlyMemory<byte>>>> EncodeAsync(
        IReadOnlyList<RunPart> parts, IReadOnlyList<int> idrPicIds, CancellationToken cancellationToken)
    {
        var source = parts[0].Run.Configuration!;
        var settings = SliceTranslator.EncoderSettingsFor(source, out var why)
            ?? throw new SampleFormatException("seq_parameter_set", 0, $"cannot be matched: {why}");
        await using var feed = PictureFeed.Of(parts);
        using var output = new MemoryStream();
        await ffmpeg.RunAsync(
            FfmpegArguments.EncodePictures(new PictureEncoding(feed.Parts, FrameRateOf(parts[0].Run))
            {
                Profile = settings.Profile,
                PixelFormat = settings.PixelFormat,
                // Of a noisy 1080p the same likeness (SSIM 0.956 against 0.961) as superfast at half the bits, in four fifths of the time.
                Preset = "ultrafast",
                X264Params = $"{settings.X264Params}:aq-mode=1:{RateLimit(parts[0].Run, times: 2)}",
                Threads = Threads,
            }),
            DeadlineFor(parts),
            feed,
            output,
            cancellationToken);
        return Translate(output.GetBuffer().AsMemory(0, (int)output.Length), parts, idrPicIds, source);
    }

    /// <summary>
    /// All pictures of some runs as one stream of its own, of the first run's size: what is left where they cannot stand beside each other
    /// or beside copied ones.
    /// </summary>
    /// <param name="parts">Each a run.</param>
    /// <param name="path">A file that is not there when it is over.</param>
    /// <exception cref="SampleFormatException">The encoder made something else than was asked for.</exception>
    /// <exception cref="FfmpegException">ffmpeg failed.</exception>
    internal async Task<EncodedFile> EncodeWholeAsync(IReadOnlyList<RunPart> parts, string path, CancellationToken cancellationToken)
    {
        var encoded = new EncodedFile(path);
        try
        {
            var first = parts[0].Run;
            var expected = 0;
            foreach (var part in parts)
            {
                // A run of its own each: another size in the middle of a stream would make ffmpeg count pictures anew.
                await using var feed = PictureFeed.Of([part]);
                await ffmpeg.RunAsync(
                    FfmpegArguments.EncodePictures(WholeEncoding(feed, part.Run, first)),
                    DeadlineFor([part]),
                    feed,
                    encoded,
                    cancellationToken);
                encoded.EndStream();
                expected += part.Part.Frames;
                if (encoded.Count != expected)
                {
                    throw new SampleFormatException("slice_header", 0, $"{encoded.Count} pictures were encoded, not {expected}");
                }
            }

            return encoded;
        }
        catch
        {
            await encoded.DisposeAsync();
            throw;
        }
    }

    private static PictureEncoding WholeEncoding(PictureFeed feed, SourceRun run, SourceRun first)
    {
        var rate = FrameRateOf(first);
        var (own, sps) = (run.Configuration!.Sps, first.Configuration!.Sps);
        var (width, height) = (sps.Width & ~1, sps.Height & ~1);
        var fits = (own.Width, own.Height) == (width, height);
        var (sar, sarHeight) = sps.SampleAspectRatio;
        return new PictureEncoding(feed.Parts, rate)
        {
            Profile = "high",
            PixelFormat = sps.Signal is { FullRange: true } ? "yuvj420p" : "yuv420p",
            Preset = "veryfast",
            X264Params = "bframes=0:open-gop=0:slices=1:sliced-threads=0:repeat-headers=1:annexb=1:aud=0"
                + $":keyint={(2 * rate.Numerator) / rate.Denominator}:{RateLimit(first, times: 3)}",
            Filter = (fits ? "" : $"scale={width}:{height}:force_original_aspect_ratio=decrease:force_divisible_by=2,")
                + (fits ? "" : $"pad={width}:{height}:-1:-1,")
                + $"setsar={sar}/{sarHeight},",
            Threads = Threads,
        };
    }

    private static List<IReadOnlyList<ReadOnlyMemory<byte>>> Translate(
        ReadOnlyMemory<byte> stream, IReadOnlyList<RunPart> parts, IReadOnlyList<int> idrPicIds, AvcConfiguration source)
    {
        var units = AnnexB.Split(stream).ToList();
        var translator = SliceTranslator.TryCreate(
            FirstOf(units, NalUnitType.SequenceParameterSet), FirstOf(units, NalUnitType.PictureParameterSet), source, out var why)
            ?? throw new SampleFormatException("seq_parameter_set", 0, $"does not match: {why}");
        var slices = units.FindAll(unit => unit.Type is NalUnitType.IdrSlice or NalUnitType.NonIdrSlice);
        var expected = parts.Sum(piece => piece.Part.Frames);
        if (slices.Count != expected)
        {
            throw new SampleFormatException("slice_header", stream.Length, $"{slices.Count} pictures were encoded, not {expected}");
        }

        var encoded = new List<IReadOnlyList<ReadOnlyMemory<byte>>>();
        foreach (var (piece, idrPicId) in parts.Zip(idrPicIds))
        {
            var pictures = slices.GetRange(encoded.Sum(part => part.Count), piece.Part.Frames);
            if (pictures.FindIndex(picture => picture.Type == NalUnitType.IdrSlice) != 0
                || pictures.FindLastIndex(picture => picture.Type == NalUnitType.IdrSlice) != 0)
            {
                throw new SampleFormatException("nal_unit_type", 0, "a part does not begin with its only IDR picture");
            }

            encoded.Add([.. pictures.Select((picture, i) => AnnexB.ToSample(
                translator.Translate(picture.Bytes.Span, i, 2 * i, idrPicId), source.LengthSize))]);
        }

        return encoded;
    }

    private static ReadOnlySpan<byte> FirstOf(List<NalUnit> units, NalUnitType type) =>
        units.Find(unit => unit.Type == type) is { Bytes.IsEmpty: false } found
            ? found.Bytes.Span
            : throw new SampleFormatException("nal_unit_type", 0, $"the encoder sent no {type}");

    /// <summary>For the encoder's rate control only: times are not its business.</summary>
    private static (uint Numerator, uint Denominator) FrameRateOf(SourceRun run)
    {
        var times = run.Lead.Select(picture => picture.Sample.PresentationTime).Order().ToList();
        if (PictureGrid.Find([times], times, run.Configuration!.Sps.FrameRate) is { } grid)
        {
            return (grid.Rate.Numerator, grid.Rate.Denominator);
        }

        var perSecond = (times.Count - 1) * 90_000.0 / Math.Max(1, times[^1] - times[0]);
        return ((uint)Math.Clamp(perSecond * 1000, 1000, 240_000), 1000);
    }

    /// <summary>So many times the source's rate at most, with room for a first picture twice as large as any of the source.</summary>
    private static string RateLimit(SourceRun run, int times)
    {
        var lead = run.Lead;
        var seconds = Math.Max(0.1, (lead[^1].Sample.DecodeTime + lead[^1].Sample.Duration - lead[0].Sample.DecodeTime) / 90_000.0);
        var kilobits = (long)Math.Clamp(lead.Sum(picture => (long)picture.Sample.Size) * 8 / 1000 / seconds * times, 1_000, 200_000);
        var buffer = Math.Max(kilobits / 3, lead.Max(picture => (long)picture.Sample.Size) * 2 * 8 / 1000);
        return $"vbv-maxrate={kilobits}:vbv-bufsize={buffer}";
    }

    private static TimeSpan DeadlineFor(IReadOnlyList<RunPart> parts)
    {
        var ticks = parts.Sum(piece => piece.Part.End - piece.Run.OnTimeline(piece.Run.Lead[piece.Part.First].Sample.PresentationTime));
        var deadline = LeastDeadline + (20 * Timescale.Video.ToTimeSpan(ticks));
        return deadline < MostDeadline ? deadline : MostDeadline;
    }
}
