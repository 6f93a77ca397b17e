using LiveClip.Core.Samples;
using Xunit;
using static LiveClip.Tests.Samples.ParameterSetBits;

namespace LiveClip.Tests.Samples;

public class SliceTranslatorTests
{
    private const int IdrPicId = 40_000;

    public static TheoryData<string, string, int> Sources() => new()
    {
        { "main", "cabac=0:bframes=2:keyint=30:min-keyint=30:scenecut=0", 0 },
        { "high", "bframes=3:b-pyramid=normal:weightp=2:ref=4:keyint=30:min-keyint=30:scenecut=0", 0 },
        { "high", "bframes=0:slices=4:rc-lookahead=0:mbtree=0:keyint=30:min-keyint=30:scenecut=0", 2 },
        { "baseline", "ref=2:keyint=30:min-keyint=30:scenecut=0", 2 },
        { "high", "8x8dct=0:chroma-qp-offset=4:constrained-intra=1:qp=30:bframes=1:keyint=30:min-keyint=30:scenecut=0", 0 },
        { "high", "cabac=0:weightp=1:bframes=1:keyint=30:min-keyint=30:scenecut=0", 0 },
    };

    [Theory]
    [MemberData(nameof(Sources))]
    public void Heads_of_any_length_before_untouched_pictures_decode_to_what_both_were(
        string profile, string x264Params, int pictureOrderType)
    {
        var source = EncodedPictures.Make(profile, x264Params);
        var hashes = source.Hashes();
        var settings = SliceTranslator.EncoderSettingsFor(source.Configuration, out _)!;
        var head = EncodedPictures.Again(source, settings, from: 10, count: 20);
        var headHashes = head.Hashes();
        var translator = Translator(head, source.Configuration);

        // Head after head in one stream, each of one more picture and with the source's second and third group of pictures behind it.
        var second = source.Samples.Index().Where(indexed => indexed.Item.IsSync).ElementAt(1).Index;
        var copied = source.Samples.Skip(second).Select(sample => sample.Data).ToList();
        var stream = new List<ReadOnlyMemory<byte>>();
        var expected = new List<string>();
        for (var count = 1; count <= 20; count++)
        {
            stream.AddRange(Translate(translator, head, count));
            stream.AddRange(copied);
            expected.AddRange([.. headHashes[..count], .. hashes[second..]]);
        }

        Assert.Equal(90, hashes.Length);
        Assert.Equal(pictureOrderType, source.Configuration.Sps.PicOrderCntType);
        Assert.Equal(expected, EncodedPictures.Decode(source.Configuration, stream));
    }

    [Fact]
    public void Counts_turn_over_in_a_head_that_is_longer_than_they_are()
    {
        var source = EncodedPictures.Make("high", "bframes=1:b-pyramid=none:ref=1:keyint=4:min-keyint=4:scenecut=0", 80);
        Assert.Equal((4, 4), (source.Configuration.Sps.FrameNumBits, source.Configuration.Sps.PicOrderCntLsbBits));
        var settings = SliceTranslator.EncoderSettingsFor(source.Configuration, out _)!;
        var head = EncodedPictures.Again(source, settings, from: 0, count: 80);

        var decoded = EncodedPictures.Decode(source.Configuration, Translate(Translator(head, source.Configuration), head, 80));

        Assert.Equal(80, decoded.Length);
        Assert.Equal(head.Hashes(), decoded);
    }

    public static TheoryData<string, string, byte[]> Foreign() => new()
    {
        // pic_order_cnt_type 0 with 16 bits, and what a picture parameter set may ask of slice headers.
        { "all at once", Ue(0) + Ue(12), Pps(true, true, references0: 3, weighted: true, 1, qp: 10, chromaQp: -12, "111") },
        { "CAVLC", Ue(0) + Ue(0), Pps(false, true, references0: 16, weighted: true, 0, qp: 51, chromaQp: 12, "101") },
        { "no deblocking control", Ue(2), Pps(true, true, references0: 1, weighted: false, 2, qp: 26, chromaQp: 0, "000") },
        { "no deblocking control, CAVLC", Ue(2), Pps(false, false, references0: 2, weighted: true, 2, qp: 30, chromaQp: 1, "010") },
    };

    [Theory]
    [MemberData(nameof(Foreign))]
    public void Headers_have_what_other_encoders_ask_for(string name, string pictureOrder, byte[] pps)
    {
        var source = Configuration(Sps(pictureOrder), pps);
        var settings = SliceTranslator.EncoderSettingsFor(source, out var why);
        Assert.True(settings is not null, $"{name}: {why}");
        var head = EncodedPictures.Again(EncodedPictures.Make("high", "qp=10", 40), settings, 0, 40);
        var translator = Translator(head, source);
        Assert.Equal(head.Hashes(), EncodedPictures.Decode(source, Translate(translator, head, 40)));
    }

    [Fact]
    public void Deblocking_that_the_source_cannot_tell_is_refused()
    {
        var source = Configuration(Sps(Ue(2)), Pps(true, false, 1, false, 0, 26, 0, "000"));
        var settings = SliceTranslator.EncoderSettingsFor(source, out _)!;
        settings = settings with { Parameters = new Dictionary<string, string>(settings.Parameters) { ["deblock"] = "1,1" } };
        var head = EncodedPictures.Again(EncodedPictures.Make("high", "", 2), settings, 0, 2);
        var error = Assert.Throws<SampleFormatException>(() => Translate(Translator(head, source), head, 2).ToList());
        Assert.Equal("disable_deblocking_filter_idc", error.Field);
    }

    [Theory]
    [InlineData("ultrafast")]
    [InlineData("medium")]
    [InlineData("slow")]
    public void Any_preset_comes_out_as_the_settings_say(string preset)
    {
        var source = EncodedPictures.Make("high", "bframes=2:keyint=30", preset: "medium");
        var settings = SliceTranslator.EncoderSettingsFor(source.Configuration, out _)!;
        var head = EncodedPictures.Again(source, settings, from: 3, count: 5, preset);
        var translated = Translate(Translator(head, source.Configuration), head, 5);
        Assert.Equal(head.Hashes(), EncodedPictures.Decode(source.Configuration, translated));
    }

    [Fact]
    public void Settings_are_those_of_the_source()
    {
        var source = EncodedPictures.Make(
            "high", "8x8dct=0:cabac=1:chroma-qp-offset=3:psy=0:constrained-intra=1:level=4.1:colorprim=bt709:transfer=smpte170m:"
            + "colormatrix=bt470bg:videoformat=pal:sar=4/3:bframes=0", 2, filter: "format=yuvj420p");
        var settings = SliceTranslator.EncoderSettingsFor(source.Configuration, out var why)!;
        Assert.Null(why);
        Assert.Equal(("main", "yuvj420p"), (settings.Profile, settings.PixelFormat)); // x264 calls High without 8×8 transforms Main
        string[] expected =
        [
            "level-idc=41", "cabac=1", "8x8dct=0", "chroma-qp-offset=3", "constrained-intra=1", "sps-id=1", "range=pc", "videoformat=pal",
            "colorprim=bt709", "transfer=smpte170m", "colormatrix=bt470bg", "sar=4/3",
        ];
        Assert.Superset(expected.ToHashSet(), settings.X264Params.Split(':').ToHashSet());

        // The encoder's own sets say the same of the light.
        var (sps, again) = (source.Configuration.Sps, EncodedPictures.Again(source, settings, from: 0, count: 1).Configuration.Sps);
        Assert.Equal((sps.Signal, sps.SampleAspectRatio, 1), (again.Signal, again.SampleAspectRatio, again.Id));
    }

    [Theory]
    [InlineData("high10", "", "format=yuv420p10le", "its samples have 10 bits")]
    [InlineData("high422", "", "format=yuv422p", "its chroma format is not 4:2:0")]
    [InlineData("high", "interlaced=1", "null", "its pictures may be interlaced")]
    [InlineData("high", "cqm=jvt", "null", "it has scaling matrices")]
    [InlineData("high", "crop-rect=16,0,0,0", "null", "its pictures are cropped at the left or at the top")]
    [InlineData("high", "crop-rect=0,0,0,60", "null", "its pictures of 320×120 are coded as 320×192")]
    public void What_cannot_be_matched_is_refused_in_words(string profile, string x264Params, string filter, string reason)
    {
        var source = EncodedPictures.Make(profile, x264Params, 2, filter: filter).Configuration;
        Assert.Null(SliceTranslator.EncoderSettingsFor(source, out var why));
        Assert.Equal(reason, why);
        var other = EncodedPictures.Make("high", "", 1).Configuration;
        Assert.Null(SliceTranslator.TryCreate(other.SequenceParameterSets[0].Span, other.PictureParameterSets[0].Span, source, out why));
        Assert.Equal(reason, why);
    }

    [Theory]
    [InlineData("high", "cabac=0", "null", "the encoder's entropy coding is CAVLC")]
    [InlineData("high", "8x8dct=0", "null", "the encoder writes no 8×8 transforms")]
    [InlineData("high", "chroma-qp-offset=1", "null", "the encoder's chroma quantizers are (1, 1), not (0, 0)")]
    [InlineData("high", "constrained-intra=1", "null", "the encoder's intra prediction is constrained, or not, unlike the source's")]
    [InlineData("high", "weightp=1", "null", "the encoder weights its references")]
    [InlineData("high", "ref=5", "null", "the encoder keeps 5 references, more than 2")]
    [InlineData("high", "level=5", "null", "the encoder's level is 50, above 40")]
    [InlineData("high", "cqm=jvt", "null", "the encoder scales or bypasses the transform")]
    [InlineData("high", "", "scale=320:192", "the encoder's pictures are (320, 192, 320, 192, (0, 0)), not (320, 180, 320, 192, (0, 0))")]
    public void An_encoder_that_was_told_something_else_is_refused_in_words(string profile, string x264Params, string filter, string reason)
    {
        const string Told = "psy=0:weightp=0:ref=2:bframes=0:level=4:cabac=1:8x8dct=1:";
        var source = EncodedPictures.Make(profile, Told, 3).Configuration;
        var encoder = EncodedPictures.Make(profile, Told + x264Params, 3, filter: filter).Configuration;
        var (sps, pps) = (encoder.SequenceParameterSets[0], encoder.PictureParameterSets[0]);
        Assert.Null(SliceTranslator.TryCreate(sps.Span, pps.Span, source, out var why));
        Assert.Equal(reason, why);
    }

    [Fact]
    public void Slices_that_depend_on_more_than_the_picture_before_are_refused()
    {
        var source = EncodedPictures.Make("high", "bframes=2:weightp=0:keyint=30", 8);
        var translator = Translator(source, source.Configuration);
        var fields = new HashSet<string>();
        foreach (var slice in source.Slices.Skip(1))
        {
            Refused(() => translator.Translate(slice.Bytes.Span, 1, 2, 0));
        }

        Assert.Contains("slice_type", fields);
        Assert.Throws<ArgumentException>(() => translator.Translate(source.Slices.First().Bytes.Span, 1, 0, 0));

        void Refused(Action translate)
        {
            try
            {
                translate();
            }
            catch (SampleFormatException error)
            {
                fields.Add(error.Field);
            }
        }
    }

    private static SliceTranslator Translator(EncodedPictures encoder, AvcConfiguration source)
    {
        var translator = SliceTranslator.TryCreate(
            encoder.Configuration.SequenceParameterSets[0].Span, encoder.Configuration.PictureParameterSets[0].Span,
            source, out var why);
        Assert.True(translator is not null, why);
        return translator;
    }

    private static IEnumerable<ReadOnlyMemory<byte>> Translate(SliceTranslator translator, EncodedPictures head, int count) =>
        head.Samples.Take(count).Select((sample, i) => EncodedPictures.Join(
            head.SlicesOf(sample).Select(slice => translator.Translate(slice.Bytes.Span, i, 2 * i, IdrPicId))));
}
