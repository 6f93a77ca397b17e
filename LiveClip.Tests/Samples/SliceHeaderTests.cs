using LiveClip.Core.Samples;
using Xunit;
using static LiveClip.Tests.Samples.ParameterSetBits;

namespace LiveClip.Tests.Samples;

public class SliceHeaderTests
{
    public static TheoryData<string, string, string> Streams() => new()
    {
        { "high", "bframes=3:b-pyramid=normal:ref=4:weightp=2:weightb=1:keyint=30", "B Modifications Markings Weights CABAC" },
        { "main", "cabac=0:bframes=2:b-pyramid=strict:weightp=1:ref=3:keyint=20", "B Markings Weights" },
        { "high", "cabac=0:8x8dct=1:bframes=3:direct=temporal:ref=6:keyint=45:min-keyint=45", "B" },
        { "high", "open-gop=1:bframes=3:b-pyramid=normal:ref=4:keyint=15:min-keyint=15:scenecut=0", "B Modifications Markings CABAC" },
        { "high", "bframes=0:slices=4:ref=3:keyint=30:sliced-threads=0", "CABAC Slices" },
        { "high", "bframes=16:b-adapt=0:b-pyramid=normal:ref=16:slices=3:keyint=250", "B CABAC Slices" },
        { "baseline", "keyint=10:ref=2", "" },
        { "high", "bframes=2:deblock=-2,3:constrained-intra=1:chroma-qp-offset=-5:qp=40:keyint=30", "B CABAC" },
        { "high", "bframes=2:no-deblock=1:intra-refresh=1:keyint=30", "CABAC" },
    };

    [Theory]
    [MemberData(nameof(Streams))]
    public void Every_slice_that_x264_writes_is_written_again_bit_by_bit(string profile, string x264Params, string features)
    {
        var pictures = EncodedPictures.Make(profile, x264Params, preset: "medium");
        var seen = new SortedSet<string>();
        var count = 0;
        foreach (var slice in pictures.Slices)
        {
            var header = SliceHeader.Parse(slice.Bytes.Span, pictures.Configuration);
            var sets = pictures.Configuration.ParameterSetsNamed(header.PictureParameterSetId);
            Assert.Equal(Convert.ToHexString(slice.Bytes.Span), Convert.ToHexString(header.Rewrite(slice.Bytes.Span, sets)));
            count++;
            seen.UnionWith(new[]
            {
                (header.Type == SliceType.B, "B"), (header.Modifications0 is not null, "Modifications"),
                (header.Markings is { Count: > 0 }, "Markings"),
                (header.Weights?.List0.Any(weight => weight.Luma is not null) == true, "Weights"),
                (sets.Pps.IsCabac, "CABAC"), (header.FirstMacroblock > 0, "Slices"),
            }.Where(feature => feature.Item1).Select(feature => feature.Item2));
        }

        Assert.True(count >= 90);
        Assert.Superset(new SortedSet<string>(features.Split(' ', StringSplitOptions.RemoveEmptyEntries)), seen);
    }

    [Fact]
    public void Numbers_are_those_of_the_pictures()
    {
        var pictures = EncodedPictures.Make("high", "bframes=3:b-pyramid=normal:keyint=30:min-keyint=30:scenecut=0", 60);
        var order = pictures.ScreenOrder;
        var idrPicIds = new List<int>();
        var (decoded, shown, counted) = (0, 0, 0);
        foreach (var sample in pictures.Samples)
        {
            var header = SliceHeader.Parse(pictures.SlicesOf(sample).First().Bytes.Span, pictures.Configuration);
            if (header.IsIdr)
            {
                idrPicIds.Add(header.IdrPicId);
                (shown, counted) = (order[decoded], 0);
            }

            var sps = pictures.Configuration.Sps;
            Assert.Equal(2 * (order[decoded] - shown) & ((1 << sps.PicOrderCntLsbBits) - 1), header.PicOrderCntLsb);
            Assert.Equal(counted & ((1 << sps.FrameNumBits) - 1), header.FrameNum);
            counted += header.RefIdc != 0 ? 1 : 0;
            decoded++;
        }

        Assert.Equal(2, idrPicIds.Distinct().Count());
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, true)]
    [InlineData(1, false)]
    [InlineData(2, false)]
    public void What_x264_never_writes_is_read_as_it_was_written(int pictureOrderType, bool cabac)
    {
        var rest = pictureOrderType switch { 0 => Ue(4), 1 => "0" + Se(-1) + Se(1) + Ue(1) + Se(2), _ => "" };
        var pictureOrder = Ue(pictureOrderType) + rest;
        var sets = Configuration(Sps(pictureOrder), Pps(cabac, true, 2, true, 1, 20, 0, "111")).ParameterSets[0];
        byte[] smallest = [0x65, 0x88, 0x84, 0x00, 0x21, 0xA0, 0x42, 0x08, 0x84, 0x21, 0x08, 0x42, 0x10, 0x84, 0x21, 0x80];
        var random = new Random(17);
        for (var i = 0; i < 500; i++)
        {
            var type = (SliceType)random.Next(3);
            var isIdr = type == SliceType.I && random.Next(2) == 0;
            var (count0, count1) = (type == SliceType.I ? 0 : random.Next(1, 17), type == SliceType.B ? random.Next(1, 17) : 0);
            var overrides = type != SliceType.I && ((count0, count1) != (2, type == SliceType.B ? 1 : 0) || random.Next(2) == 0);
            var refIdc = isIdr ? 3 : random.Next(4);
            var header = new SliceHeader
            {
                UnitType = isIdr ? NalUnitType.IdrSlice : NalUnitType.NonIdrSlice,
                RefIdc = refIdc,
                FirstMacroblock = random.Next(240),
                TypeCode = (int)type + (5 * random.Next(2)),
                PictureParameterSetId = 7,
                FrameNum = random.Next(1 << 13),
                IdrPicId = isIdr ? random.Next(65_536) : 0,
                PicOrderCntLsb = pictureOrderType == 0 ? random.Next(256) : 0,
                DeltaPicOrderCntBottom = pictureOrderType == 0 ? random.Next(-9, 9) : 0,
                DeltaPicOrderCnt = pictureOrderType == 1 ? (random.Next(-9, 9), random.Next(-9, 9)) : (0, 0),
                RedundantPicCnt = random.Next(128),
                HasSpatialDirectPrediction = type == SliceType.B && random.Next(2) == 0,
                OverridesReferenceCounts = overrides,
                ReferenceCount0 = count0,
                ReferenceCount1 = count1,
                Modifications0 = type == SliceType.I ? null : Modifications(),
                Modifications1 = type == SliceType.B ? Modifications() : null,
                Weights = type == SliceType.I
                    ? null
                    : new PredictionWeights(random.Next(8), random.Next(8), Weights(count0), Weights(count1)),
                NoOutputOfPriorPictures = isIdr && random.Next(2) == 0,
                IsLongTermReference = isIdr && random.Next(2) == 0,
                Markings = isIdr || refIdc == 0 ? null : Markings(),
                CabacInitIdc = cabac && type != SliceType.I ? random.Next(3) : 0,
                QpDelta = random.Next(-20, 32),
                DisableDeblockingFilterIdc = 2 * random.Next(2),
                DeblockingOffsets = (random.Next(-6, 7), random.Next(-6, 7)),
            };
            var slice = header.Rewrite(smallest, sets);
            var read = SliceHeader.Parse(slice, sets);
            Assert.EquivalentWithExclusions(header, read, nameof(SliceHeader.DataPosition));
            Assert.Equal(slice, read.Rewrite(slice, sets));
        }

        List<ReferenceListModification>? Modifications() => random.Next(3) == 0
            ? null
            : [.. Some(4, () => new ReferenceListModification(random.Next(3), (uint)random.Next(32)))];

        List<ReferenceMarking>? Markings() => random.Next(3) == 0
            ? null
            : [.. Some(5, () => random.Next(1, 7)).Select(operation => new ReferenceMarking(
                operation,
                operation == ReferenceMarking.AllUnused ? 0 : (uint)random.Next(16),
                operation == ReferenceMarking.ToLongTerm ? (uint)random.Next(16) : 0))];

        List<PredictionWeight> Weights(int count) => [.. Enumerable.Range(0, count).Select(_ => new PredictionWeight(
            random.Next(2) == 0 ? Weight() : null, random.Next(2) == 0 ? (Weight(), Weight()) : null))];

        WeightAndOffset Weight() => new(random.Next(-128, 128), random.Next(-128, 128));

        IEnumerable<T> Some<T>(int most, Func<T> make) => Enumerable.Range(0, random.Next(most)).Select(_ => make());
    }

    [Fact]
    public void Interlaced_pictures_are_refused_in_words()
    {
        var pictures = EncodedPictures.Make("high", "interlaced=1", 3);
        var error = Assert.Throws<SampleFormatException>(
            () => SliceHeader.Parse(pictures.Slices.First().Bytes.Span, pictures.Configuration));
        Assert.Equal("frame_mbs_only_flag", error.Field);
        Assert.EndsWith("is 0: interlaced pictures are not taken apart", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_slice_of_other_parameter_sets_is_refused()
    {
        var pictures = EncodedPictures.Make("high", "sps-id=3", 2);
        var others = EncodedPictures.Make("high", "keyint=1", 2);
        var slice = pictures.Slices.First();
        Assert.Equal(3, SliceHeader.Parse(slice.Bytes.Span, pictures.Configuration).PictureParameterSetId);
        Assert.Equal("pic_parameter_set_id", Refused(() => SliceHeader.Parse(slice.Bytes.Span, others.Configuration)));
        Assert.Equal(
            "pic_parameter_set_id", Refused(() => SliceHeader.Parse(slice.Bytes.Span, others.Configuration.ParameterSets[0])));
    }

    [Theory]
    [InlineData(0x09, "nal_unit_type")] // an access unit delimiter
    [InlineData(0x02, "nal_unit_type")] // a data partition
    [InlineData(0x05, "slice_type")] // an IDR picture that nothing refers to
    public void What_is_no_slice_of_a_frame_is_refused(byte firstByte, string field)
    {
        var pictures = EncodedPictures.Make("high", "keyint=30", 2);
        byte[] slice = [firstByte, .. pictures.Slices.First().Bytes.Span[1..]];
        Assert.Equal(field, Refused(() => SliceHeader.Parse(slice, pictures.Configuration)));
    }

    [Theory]
    [InlineData("high", "bframes=3:b-pyramid=normal:ref=4:weightp=2:keyint=30")]
    [InlineData("main", "cabac=0:bframes=2:weightp=1:keyint=20")]
    public void Cut_off_or_changed_anywhere_it_is_read_or_refused(string profile, string x264Params)
    {
        var pictures = EncodedPictures.Make(profile, x264Params, 40);
        var random = new Random(5);
        foreach (var slice in pictures.Slices)
        {
            var bytes = slice.Bytes.Span[..Math.Min(slice.Bytes.Length, 64)].ToArray();
            for (var length = 0; length <= bytes.Length; length++)
            {
                Rewritten(bytes.AsMemory(0, length), pictures.Configuration);
            }

            for (var i = 0; i < 200; i++)
            {
                var changed = (byte[])bytes.Clone();
                for (var changes = random.Next(1, 4); changes > 0; changes--)
                {
                    changed[random.Next(Math.Min(24, changed.Length))] = (byte)random.Next(256);
                }

                Rewritten(changed, pictures.Configuration);
            }
        }

        static void Rewritten(ReadOnlyMemory<byte> slice, AvcConfiguration configuration) => Refusal.OfSample(() =>
        {
            var header = SliceHeader.Parse(slice.Span, configuration);
            header.Rewrite(slice.Span, configuration.ParameterSetsNamed(header.PictureParameterSetId));
        });
    }

    private static string Refused(Action parse) => Assert.Throws<SampleFormatException>(parse).Field;
}
